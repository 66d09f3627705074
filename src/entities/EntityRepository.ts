import { Context, Effect, HashMap, Layer, Option, Ref, Schema } from "effect"
import { Database } from "../database/Database.ts"
import { type DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import { decoder, decodeRows, listToJson } from "../datasource/Rows.ts"
import { Tenant } from "../tenant/TenantContext.ts"
import { Entity, isEntity } from "./Entity.ts"

/** How much is known about a datasource. */
export const EntityCounts = Schema.Struct({
  /** Tables with a verdict. */
  tables: Schema.Int,
  /** Tables that stand for a thing. */
  entities: Schema.Int,
  /** Columns that refer to one of these tables. */
  occurrences: Schema.Int
})
/** @see EntityCounts */
export type EntityCounts = typeof EntityCounts.Type

/** What is stored about the tables of a tenant's datasources. */
export interface EntityRepositoryService {
  /** Puts `entities` in the place of everything known about the datasource. A reader sees what was there before, or all of them. */
  readonly replace: (
    datasourceId: string,
    entities: ReadonlyArray<Entity>
  ) => Effect.Effect<void, DatabaseError, Tenant>
  /** Everything known about the datasource, by schema and table in byte order; empty where nothing was discovered yet. */
  readonly list: (datasourceId: string) => Effect.Effect<ReadonlyArray<Entity>, DatabaseError, Tenant>
  /** The same, counted. */
  readonly counts: (datasourceId: string) => Effect.Effect<EntityCounts, DatabaseError, Tenant>
}

const decodeEntities = decodeRows(Entity)
const decodeCounts = decoder(Schema.Tuple(EntityCounts))

const sqlRepository = Effect.map(Database, ({ engine, work: sql }) => {
  const replace: EntityRepositoryService["replace"] = (datasourceId, entities) =>
    Effect.gen(function* () {
      const { projectId } = yield* Tenant
      const rows = yield* listToJson(entities)
      // Two that replace at once would both insert: the second waits here, and then replaces what the first has written.
      yield* sql`SELECT pg_advisory_xact_lock(hashtextextended(${`entities of ${datasourceId}`}, 0))`
      yield* sql`DELETE FROM ${engine}.entities WHERE project_id = ${projectId} AND datasource_id = ${datasourceId}`
      yield* sql`INSERT INTO ${engine}.entities (project_id, datasource_id, schema_name, table_name, verdict, reason, name,
          description, aliases, key_columns, key_declared, rows, sampled)
        SELECT ${projectId}::uuid, ${datasourceId}::uuid, e.*
        FROM jsonb_to_recordset(${rows}::jsonb) AS e("schema" text, "table" text, verdict text, reason text, name text,
          description text, aliases text[], "keyColumns" text[], "keyDeclared" boolean, rows bigint, sampled boolean)`
      yield* sql`INSERT INTO ${engine}.entity_occurrences (project_id, datasource_id, schema_name, table_name, from_schema,
          from_table, from_column, role, confidence)
        SELECT ${projectId}::uuid, ${datasourceId}::uuid, e."schema", e."table", o.*
        FROM jsonb_to_recordset(${rows}::jsonb) AS e("schema" text, "table" text, occurrences jsonb),
          jsonb_to_recordset(e.occurrences) AS o("schema" text, "table" text, "column" text, role text,
            confidence double precision)`
    }).pipe(orDatabaseError)

  return EntityRepository.of({
    replace,
    // One statement, so that it sees one state.
    list: (datasourceId) =>
      Tenant.pipe(
        Effect.flatMap(
          ({ projectId }) => sql`SELECT e.schema_name AS "schema", e.table_name AS "table", e.verdict, e.reason, e.name,
            e.description, e.aliases, e.key_columns AS "keyColumns", e.key_declared AS "keyDeclared",
            e.rows::float8 AS rows, e.sampled, COALESCE((
              SELECT json_agg(json_build_object('schema', o.from_schema, 'table', o.from_table, 'column', o.from_column,
                'role', o.role, 'confidence', o.confidence) ORDER BY o.from_schema, o.from_table, o.from_column)
              FROM ${engine}.entity_occurrences o WHERE o.project_id = e.project_id AND o.datasource_id = e.datasource_id
                AND o.schema_name = e.schema_name AND o.table_name = e.table_name), '[]'::json) AS occurrences
          FROM ${engine}.entities e WHERE e.project_id = ${projectId} AND e.datasource_id = ${datasourceId}
          ORDER BY e.schema_name, e.table_name`
        ),
        Effect.flatMap(decodeEntities),
        orDatabaseError
      ),
    counts: (datasourceId) =>
      Tenant.pipe(
        Effect.flatMap(
          ({ projectId }) => sql`SELECT count(*)::int AS tables,
            (count(*) FILTER (WHERE verdict IN ('entity', 'lookup')))::int AS entities,
            (SELECT count(*)::int FROM ${engine}.entity_occurrences
              WHERE project_id = ${projectId} AND datasource_id = ${datasourceId}) AS occurrences
          FROM ${engine}.entities WHERE project_id = ${projectId} AND datasource_id = ${datasourceId}`
        ),
        Effect.map((rows) => decodeCounts(rows)[0]),
        orDatabaseError
      )
  })
})

const memoryRepository = Effect.gen(function* () {
  const stored = yield* Ref.make(HashMap.empty<string, ReadonlyArray<Entity>>())
  const keyOf = (datasourceId: string) => Effect.map(Tenant, ({ projectId }) => `${projectId} ${datasourceId}`)
  const list: EntityRepositoryService["list"] = (datasourceId) =>
    Effect.flatMap(keyOf(datasourceId), (key) =>
      Effect.map(Ref.get(stored), (all) => Option.getOrElse(HashMap.get(all, key), () => []))
    )
  return EntityRepository.of({
    replace: (datasourceId, entities) =>
      Effect.flatMap(keyOf(datasourceId), (key) => Ref.update(stored, HashMap.set(key, entities))),
    list,
    counts: (datasourceId) =>
      Effect.map(list(datasourceId), (all) => ({
        tables: all.length,
        entities: all.filter(({ verdict }) => isEntity(verdict)).length,
        occurrences: all.reduce((sum, { occurrences }) => sum + occurrences.length, 0)
      }))
  })
})

/** Where entities are kept: per tenant and datasource. */
export class EntityRepository extends Context.Tag("workflow-infra/entities/EntityRepository")<
  EntityRepository,
  EntityRepositoryService
>() {
  /** In PostgreSQL, on the work pool, under row-level security. */
  static readonly layer: Layer.Layer<EntityRepository, never, Database> = Layer.effect(EntityRepository, sqlRepository)
  /** In this process, for tests. */
  static readonly layerMemory: Layer.Layer<EntityRepository> = Layer.effect(EntityRepository, memoryRepository)
}
