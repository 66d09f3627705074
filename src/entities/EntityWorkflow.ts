import { Effect, Option, Schema } from "effect"
import { tableId } from "../datasource/Catalog.ts"
import { Datasources } from "../datasource/Datasources.ts"
import { NO_MARKS } from "../datasource/Movement.ts"
import { passOver } from "../datasource/passOver.ts"
import { ProfileRepository, type ProfileRepositoryService } from "../datasource/ProfileRepository.ts"
import { DATASOURCE_RETRY, DiscoveryConfig, readingRun } from "../discovery/DiscoveryWorkflow.ts"
import { compositesToTry } from "../schema/Keys.ts"
import { schemaModel } from "../schema/SchemaModel.ts"
import { stepwise } from "../steps/Steps.ts"
import { TenantContext, type TenantContextService } from "../tenant/TenantContext.ts"
import * as WorkflowKind from "../workflow/WorkflowKind.ts"
import { ConcurrencyStrategy } from "../workqueue/ConcurrencyStrategy.ts"
import { EntityRepository } from "./EntityRepository.ts"
import { identify } from "./Identification.ts"
import { storableCatalog } from "./StorableCatalog.ts"

/** The kind of its workflows. */
export const ENTITY_WORKFLOW = "entities"

/** What its workflows are started with. */
const EntityConfig = Schema.Struct({
  ...DiscoveryConfig.fields,
  /** If true, this run stores no answers of the datasource for the next run, and deletes those that earlier runs stored. Default: false. */
  forget: Schema.optionalWith(Schema.Boolean, { default: () => false })
})

/** Tables scanned at once: fewer than a datasource has connections, so that others can connect. */
const TABLES_AT_ONCE = 3

/** The tasks besides those per table: the schema is read, and the tables are identified. */
const OTHER_TASKS = 2

/** What the earlier tasks have stored; a task never relies on another's memory. */
export const stored =
  (read: ProfileRepositoryService, { withProject }: TenantContextService) =>
  (projectId: string, datasourceId: string) =>
    Effect.all({ catalog: read.catalog(datasourceId), opened: read.profiles(datasourceId) }).pipe(
      withProject(projectId),
      Effect.flatMap(({ catalog, opened }) => Effect.map(opened, (profiles) => ({ catalog, profiles })))
    )

/** The workflow that finds out what a datasource's tables stand for, in steps: the schema, a profile per table, and the entities. */
export const entityWorkflow = Effect.gen(function* () {
  const tenants = yield* TenantContext
  const { withProject } = tenants
  const datasources = yield* Datasources
  const read = yield* ProfileRepository
  const repository = yield* EntityRepository
  const context = yield* Effect.context<Datasources | ProfileRepository>()

  return WorkflowKind.make(ENTITY_WORKFLOW, {
    config: EntityConfig,
    strategy: ConcurrencyStrategy.serialized({ dataConcurrency: TABLES_AT_ONCE }),
    retry: DATASOURCE_RETRY,
    run: Effect.fn("EntityWorkflow.run")(
      function* (workflow) {
        const { forget } = workflow.config
        const { queue } = workflow
        const { datasourceId, expect, lookAt, projectId, say, use } = yield* readingRun(workflow)
        const soFar = stored(read, tenants)(projectId, datasourceId)

        yield* expect(OTHER_TASKS)
        yield* say("reading the schema")
        yield* queue.enqueue({
          id: "catalog",
          name: "Read the schema",
          class: "data",
          execute: use((datasource) =>
            Effect.gen(function* () {
              const { settings } = yield* datasources.get(projectId, datasourceId)
              const before = yield* withProject(projectId)(read.marks(datasourceId))
              const found = yield* datasource.catalog(settings)
              const catalog = yield* stepwise(() => storableCatalog(found))
              yield* say("looking for what has changed")
              // Of a table without a mark nothing is kept.
              return { catalog, marks: forget ? NO_MARKS : yield* datasource.marks(catalog, before) }
            })
          ),
          commit: ({ catalog, marks }) => read.saveCatalog(datasourceId, catalog, marks)
        })
        yield* queue.wait

        const tables = Option.match((yield* soFar).catalog, { onNone: () => [], onSome: ({ tables }) => tables })
        yield* expect(tables.length + OTHER_TASKS)
        yield* lookAt(tables)
        yield* queue.wait

        yield* queue.enqueue({
          id: "identify",
          name: "Find out what the tables stand for",
          class: "data",
          execute: use((datasource) =>
            Effect.gen(function* () {
              yield* say("finding out what the tables stand for")
              const { catalog, profiles } = yield* soFar
              if (Option.isNone(catalog)) return []
              const keys = new Map<string, ReadonlyArray<string>>()
              const model = yield* stepwise(() => schemaModel({ catalog: catalog.value, profiles }))
              yield* Effect.forEach(
                yield* stepwise(() => compositesToTry(model)),
                ({ table, keys: candidates }) =>
                  Effect.findFirst(candidates, (columns) =>
                    datasource.uniqueness({ schema: table.schema, table: table.table, columns })
                  ).pipe(
                    passOver(table),
                    Effect.map((found) =>
                      Option.map(Option.flatten(Option.getRight(found)), (columns) => keys.set(tableId(table), columns))
                    )
                  ),
                { concurrency: TABLES_AT_ONCE, discard: true }
              )
              return yield* stepwise(() => identify({ catalog: catalog.value, profiles, keys }))
            })
          ),
          commit: (entities) => repository.replace(datasourceId, entities)
        })
        yield* queue.wait
        yield* say("done")
      },
      Effect.scoped,
      Effect.provide(context)
    )
  })
})
