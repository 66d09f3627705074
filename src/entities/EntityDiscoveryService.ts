import { Context, Effect, Either, Layer, Option, RcRef, Schema } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { largestFirst, type SkippedTable, tableId } from "../datasource/Catalog.ts"
import { type CopiedTables, copiesOf } from "../datasource/Copies.ts"
import { type DatasourceNotFound, Datasources } from "../datasource/Datasources.ts"
import { notesOf, type TableNotes } from "../datasource/Notes.ts"
import { passOver } from "../datasource/passOver.ts"
import { ProfileRepository } from "../datasource/ProfileRepository.ts"
import { stepwise, turns } from "../steps/Steps.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import { type StartError, WorkflowInfra } from "../workflow/WorkflowInfra.ts"
import * as WorkflowKind from "../workflow/WorkflowKind.ts"
import type { Workflow } from "../workflow/WorkflowState.ts"
import type { WorkflowQueries } from "../workflow/WorkflowStatus.ts"
import { ConcurrencyStrategy } from "../workqueue/ConcurrencyStrategy.ts"
import { RetryPolicy } from "../workqueue/RetryPolicy.ts"
import type { Entity } from "./Entity.ts"
import { type EntityCounts, EntityRepository } from "./EntityRepository.ts"
import { identify } from "./Identification.ts"
import { compositesToTry } from "../schema/Keys.ts"
import { schemaModel } from "../schema/SchemaModel.ts"
import type { Reference } from "./References.ts"
import { withSafeComments } from "./SafeComments.ts"

export { Entity, EntityOccurrence, EntityVerdict, isEntity, isUnread, NOT_READ, rowsInWords } from "./Entity.ts"
export type { EntityCounts } from "./EntityRepository.ts"
export type { Reference } from "./References.ts"

/** The kind of its workflows. */
export const ENTITY_WORKFLOW = "entities"

/** Tables scanned at once: fewer than a datasource has connections, so that others can connect. */
const TABLES_AT_ONCE = 3

/** Retries for about a minute and a half: as long as a datasource may take to restart, and as a person is willing to wait for an error. */
export const DATASOURCE_RETRY = RetryPolicy.make({ retries: 6 })

/** What a discovery is about. */
export interface DiscoveryTarget {
  readonly projectId: string
  readonly datasourceId: string
}

/** What `EntityDiscoveryService` can do. */
export interface EntityDiscoveryServiceShape extends WorkflowQueries<EntityCounts> {
  /** Starts finding out what a datasource is about. Returns when the workflow is stored; it goes on by itself. */
  readonly startDiscovery: (target: DiscoveryTarget) => Effect.Effect<Workflow, StartError | DatasourceNotFound>
  /** Every table of the datasource and what it stands for, by schema and table; empty before the first discovery has completed. */
  readonly entities: (projectId: string, datasourceId: string) => Effect.Effect<ReadonlyArray<Entity>, DatabaseError>
  /** Tables that could not be read at the last attempt, and why, by schema and table. */
  readonly skipped: (
    projectId: string,
    datasourceId: string
  ) => Effect.Effect<ReadonlyArray<SkippedTable>, DatabaseError>
  /** What limits the counts of tables, such as row-level security, by schema and table. */
  readonly notes: (projectId: string, datasourceId: string) => Effect.Effect<ReadonlyArray<TableNotes>, DatabaseError>
  /**
   * Removes the values that the last discovery has stored, encrypted. The ontology workflow does so when it completes; call this if none
   * is going to be built.
   */
  readonly forgetValues: (target: DiscoveryTarget) => Effect.Effect<void, DatabaseError>
  /** Tables that are copies of others, of which only the originals are described; empty before the first discovery. */
  readonly copies: (
    projectId: string,
    datasourceId: string
  ) => Effect.Effect<ReadonlyArray<CopiedTables>, DatabaseError>
  /**
   * Replaces the references that names suggested by decided ones, and makes occurrences, verdicts and descriptions anew from what the last
   * discovery has stored. Joins the caller's transaction if it has one of this project.
   */
  readonly reviseOccurrences: (
    target: DiscoveryTarget & { readonly references: ReadonlyArray<Reference> }
  ) => Effect.Effect<void, DatabaseError>
}

/** Finds the things a database is about: every table with a verdict, a name, a description, its key and what refers to it. */
export class EntityDiscoveryService extends Context.Tag("workflow-infra/entities/EntityDiscoveryService")<
  EntityDiscoveryService,
  EntityDiscoveryServiceShape
>() {
  /** Registers its kind of workflow for as long as the layer lives. */
  static readonly layer = Layer.scoped(
    EntityDiscoveryService,
    Effect.suspend(() => make)
  )
}

const Config = Schema.Struct({ datasourceId: Schema.String })

const make = Effect.gen(function* () {
  const infra = yield* WorkflowInfra
  const { withProject } = yield* TenantContext
  const datasources = yield* Datasources
  const read = yield* ProfileRepository
  const repository = yield* EntityRepository

  /** What the earlier tasks have stored; a task never relies on another's memory. */
  const readSoFar = (datasourceId: string) =>
    Effect.gen(function* () {
      const catalog = yield* read.catalog(datasourceId)
      return { catalog, profiles: yield* read.profiles(datasourceId) }
    })

  const discovery = WorkflowKind.make(ENTITY_WORKFLOW, {
    config: Config,
    strategy: ConcurrencyStrategy.serialized({ dataConcurrency: TABLES_AT_ONCE }),
    retry: DATASOURCE_RETRY,
    run: Effect.fn("EntityDiscovery.run")(function* ({ config: { datasourceId }, progress, queue, workflow }) {
      const { projectId } = workflow
      // One connection for all tasks; one that could not be made is tried again by the next task.
      const connection = yield* RcRef.make({ acquire: datasources.open(projectId, datasourceId) })
      const open = RcRef.get(connection)
      const stored = withProject(projectId)(readSoFar(datasourceId))
      const turn = yield* turns

      yield* progress({ message: "reading the schema", done: 0, total: 2 })
      yield* queue.enqueue({
        id: "catalog",
        name: "Read the schema",
        class: "data",
        execute: Effect.gen(function* () {
          const { settings } = yield* datasources.get(projectId, datasourceId)
          const datasource = yield* open
          const catalog = yield* datasource.catalog(settings)
          return yield* stepwise(() => withSafeComments(catalog))
        }).pipe(Effect.scoped),
        commit: (catalog) => read.saveCatalog(datasourceId, catalog)
      })
      yield* queue.wait

      const tables = Option.match((yield* stored).catalog, { onNone: () => [], onSome: ({ tables }) => tables })
      const total = tables.length + 2
      const say = (message: string) =>
        Effect.flatMap(queue.counts, ({ completed }) => progress({ message, done: completed, total }))
      for (const table of largestFirst(tables)) {
        yield* turn
        yield* queue.enqueue({
          id: `profile:${tableId(table)}`,
          name: `Look at ${tableId(table)}`,
          class: "data",
          execute: say(`looking at ${tableId(table)}`).pipe(
            Effect.zipRight(Effect.flatMap(open, (datasource) => datasource.profile(table))),
            Effect.scoped,
            passOver(table)
          ),
          commit: (profile) => read.saveProfile(datasourceId, Either.merge(profile))
        })
      }
      yield* queue.wait

      yield* queue.enqueue({
        id: "identify",
        name: "Find out what the tables stand for",
        class: "data",
        execute: Effect.gen(function* () {
          yield* say("finding out what the tables stand for")
          const { catalog, profiles } = yield* stored
          if (Option.isNone(catalog)) return []
          const keys = new Map<string, ReadonlyArray<string>>()
          const model = yield* stepwise(() => schemaModel({ catalog: catalog.value, profiles }))
          const datasource = yield* open
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
        }).pipe(Effect.scoped),
        commit: (entities) => repository.replace(datasourceId, entities)
      })
      yield* queue.wait
      yield* say("done")
    }, Effect.scoped)
  })
  const registered = yield* infra.register(discovery)

  const count = ({ datasourceId, projectId }: Workflow) =>
    Option.match(datasourceId, {
      onNone: () => Effect.succeed({ tables: 0, entities: 0, occurrences: 0 }),
      onSome: (id) => withProject(projectId)(repository.counts(id))
    })

  return EntityDiscoveryService.of({
    startDiscovery: Effect.fn("EntityDiscoveryService.startDiscovery")(function* ({ datasourceId, projectId }) {
      yield* datasources.get(projectId, datasourceId)
      return yield* registered.start({ projectId, datasourceId, config: { datasourceId } })
    }),
    ...registered.queries(count),
    entities: (projectId, datasourceId) => withProject(projectId)(repository.list(datasourceId)),
    skipped: (projectId, datasourceId) => withProject(projectId)(read.skipped(datasourceId)),
    notes: (projectId, datasourceId) =>
      Effect.map(withProject(projectId)(readSoFar(datasourceId)), ({ catalog, profiles }) => {
        const byTable = new Map(profiles.map((profile) => [tableId(profile), profile]))
        const tables = Option.match(catalog, { onNone: () => [], onSome: ({ tables }) => tables })
        return tables.flatMap((table): ReadonlyArray<TableNotes> => {
          const notes = notesOf(table, byTable.get(tableId(table)))
          return notes.length === 0 ? [] : [{ schema: table.schema, table: table.table, notes }]
        })
      }),
    forgetValues: ({ datasourceId, projectId }) => withProject(projectId)(read.release(datasourceId, [])),
    copies: Effect.fn("EntityDiscoveryService.copies")(function* (projectId, datasourceId) {
      const catalog = yield* withProject(projectId)(read.catalog(datasourceId))
      if (Option.isNone(catalog)) return []
      const rows = yield* withProject(projectId)(read.rows(datasourceId))
      return (yield* stepwise(() => copiesOf(catalog.value, rows))).all
    }),
    reviseOccurrences: Effect.fn("EntityDiscoveryService.reviseOccurrences")(function* (target) {
      const { datasourceId, projectId, references } = target
      yield* Effect.gen(function* () {
        const { catalog, profiles } = yield* readSoFar(datasourceId)
        const known = yield* repository.list(datasourceId)
        if (Option.isNone(catalog)) return
        const keys = new Map(known.map((entity) => [tableId(entity), entity.keyColumns]))
        const revised = yield* stepwise(() => identify({ catalog: catalog.value, profiles, keys, references }))
        yield* repository.replace(datasourceId, revised)
      }).pipe(withProject(projectId))
    })
  })
})
