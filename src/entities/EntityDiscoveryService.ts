import { Context, Effect, Layer, Option } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { type Catalog, type SkippedTable, tableId } from "../datasource/Catalog.ts"
import { type CopiedTables, copiesOf } from "../datasource/Copies.ts"
import { type DatasourceNotFound, Datasources } from "../datasource/Datasources.ts"
import { notesOf, type TableNotes } from "../datasource/Notes.ts"
import { ProfileRepository, type Unchanged } from "../datasource/ProfileRepository.ts"
import type { TableProfile } from "../datasource/TableProfile.ts"
import type { DiscoveryTarget } from "../discovery/DiscoveryWorkflow.ts"
import { stepwise } from "../steps/Steps.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import type { StartError } from "../workflow/Registered.ts"
import { WorkflowInfra } from "../workflow/WorkflowInfra.ts"
import type { Workflow } from "../workflow/WorkflowState.ts"
import type { WorkflowQueries } from "../workflow/WorkflowStatus.ts"
import type { Entity } from "./Entity.ts"
import { type EntityCounts, EntityRepository } from "./EntityRepository.ts"
import { entityWorkflow, stored } from "./EntityWorkflow.ts"
import { identify } from "./Identification.ts"
import type { Reference } from "./References.ts"

export {
  Entity,
  EntityOccurrence,
  EntityVerdict,
  isEntity,
  isUnread,
  NOT_READ,
  rowsInWords,
  tablesNotRead
} from "./Entity.ts"
export { ENTITY_WORKFLOW } from "./EntityWorkflow.ts"
export type { EntityCounts } from "./EntityRepository.ts"
export type { Reference } from "./References.ts"

/** What `EntityDiscoveryService` can do. */
export interface EntityDiscoveryServiceShape extends WorkflowQueries<EntityCounts> {
  /**
   * Starts finding out what a datasource is about. Returns when the workflow is stored; it goes on by itself. Tables that have not moved
   * since an earlier run are not read again, unless `fresh`: what was read is kept encrypted until they do, unless `forget`.
   */
  readonly startDiscovery: (
    target: DiscoveryTarget & { readonly fresh?: boolean; readonly forget?: boolean }
  ) => Effect.Effect<Workflow, StartError | DatasourceNotFound>
  /** Every table of the datasource and what it stands for, by schema and table; empty before the first discovery has completed. */
  readonly entities: (projectId: string, datasourceId: string) => Effect.Effect<ReadonlyArray<Entity>, DatabaseError>
  /** The schema as it was last read; none before the first discovery. */
  readonly catalog: (projectId: string, datasourceId: string) => Effect.Effect<Option.Option<Catalog>, DatabaseError>
  /** Tables that could not be read at the last attempt, and why, by schema and table. */
  readonly skipped: (
    projectId: string,
    datasourceId: string
  ) => Effect.Effect<ReadonlyArray<SkippedTable>, DatabaseError>
  /** How many tables the last discovery did not read again; none where it read all. */
  readonly unchanged: (
    projectId: string,
    datasourceId: string
  ) => Effect.Effect<Option.Option<Unchanged>, DatabaseError>
  /** What limits the counts of tables, such as row-level security, by schema and table. */
  readonly notes: (projectId: string, datasourceId: string) => Effect.Effect<ReadonlyArray<TableNotes>, DatabaseError>
  /** Figures of tables and columns, by schema and table: after an ontology was built, with the values that it quotes and no others. */
  readonly profiles: (
    projectId: string,
    datasourceId: string
  ) => Effect.Effect<ReadonlyArray<TableProfile>, DatabaseError>
  /**
   * Removes the values that the last discovery has stored, encrypted. The ontology workflow does so when it completes; call this if none
   * is going to be built.
   */
  readonly forgetValues: (target: DiscoveryTarget) => Effect.Effect<void, DatabaseError>
  /** Removes what is kept, encrypted, of what earlier runs read: the next discovery reads every table. */
  readonly forgetReadings: (target: DiscoveryTarget) => Effect.Effect<void, DatabaseError>
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

const make = Effect.gen(function* () {
  const infra = yield* WorkflowInfra
  const tenants = yield* TenantContext
  const { withProject } = tenants
  const datasources = yield* Datasources
  const read = yield* ProfileRepository
  const repository = yield* EntityRepository

  const registered = yield* infra.register(yield* entityWorkflow)

  const count = ({ datasourceId, projectId }: Workflow) =>
    Option.match(datasourceId, {
      onNone: () => Effect.succeed({ tables: 0, entities: 0, occurrences: 0 }),
      onSome: (id) => withProject(projectId)(repository.counts(id))
    })

  return EntityDiscoveryService.of({
    startDiscovery: Effect.fn("EntityDiscoveryService.startDiscovery")(function* (options) {
      const { datasourceId, forget = false, fresh = false, projectId } = options
      yield* datasources.get(projectId, datasourceId)
      if (fresh || forget) yield* withProject(projectId)(read.forgetReadings(datasourceId))
      const config = { datasourceId, forget }
      return yield* registered.start({ projectId, datasourceId, exclusiveKey: datasourceId, config })
    }),
    ...registered.queries(count),
    entities: (projectId, datasourceId) => withProject(projectId)(repository.list(datasourceId)),
    catalog: (projectId, datasourceId) => withProject(projectId)(read.catalog(datasourceId)),
    skipped: (projectId, datasourceId) => withProject(projectId)(read.skipped(datasourceId)),
    unchanged: (projectId, datasourceId) => withProject(projectId)(read.unchanged(datasourceId)),
    notes: (projectId, datasourceId) =>
      Effect.map(stored(read, tenants)(projectId, datasourceId), ({ catalog, profiles }) => {
        const byTable = new Map(profiles.map((profile) => [tableId(profile), profile]))
        const tables = Option.match(catalog, { onNone: () => [], onSome: ({ tables }) => tables })
        return tables.flatMap((table): ReadonlyArray<TableNotes> => {
          const notes = notesOf(table, byTable.get(tableId(table)))
          return notes.length === 0 ? [] : [{ schema: table.schema, table: table.table, notes }]
        })
      }),
    profiles: (projectId, datasourceId) => Effect.flatten(withProject(projectId)(read.profiles(datasourceId))),
    forgetValues: ({ datasourceId, projectId }) => withProject(projectId)(read.release(datasourceId, [])),
    forgetReadings: ({ datasourceId, projectId }) => withProject(projectId)(read.forgetReadings(datasourceId)),
    copies: Effect.fn("EntityDiscoveryService.copies")(function* (projectId, datasourceId) {
      const catalog = yield* withProject(projectId)(read.catalog(datasourceId))
      if (Option.isNone(catalog)) return []
      const rows = yield* withProject(projectId)(read.rows(datasourceId))
      return (yield* stepwise(() => copiesOf(catalog.value, rows))).all
    }),
    reviseOccurrences: Effect.fn("EntityDiscoveryService.reviseOccurrences")(function* (target) {
      const { datasourceId, projectId, references } = target
      yield* Effect.gen(function* () {
        const { catalog, profiles } = yield* stored(read, tenants)(projectId, datasourceId)
        const known = yield* repository.list(datasourceId)
        if (Option.isNone(catalog)) return
        const keys = new Map(known.map((entity) => [tableId(entity), entity.keyColumns]))
        const revised = yield* stepwise(() => identify({ catalog: catalog.value, profiles, keys, references }))
        yield* repository.replace(datasourceId, revised)
      }).pipe(withProject(projectId))
    })
  })
})
