import { Context, Effect, HashMap, Layer, Option, Ref, Schema } from "effect"
import { Database } from "../database/Database.ts"
import { type DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import { Tenant } from "../tenant/TenantContext.ts"
import { Catalog } from "./Catalog.ts"
import { TableProfile } from "./TableProfile.ts"

/** What was last read of a tenant's datasources. */
export interface ProfileRepositoryService {
  /** Keeps a datasource's catalog, in the place of the one before; profiles of tables that are no longer in it are dropped. */
  readonly saveCatalog: (datasourceId: string, catalog: Catalog) => Effect.Effect<void, DatabaseError, Tenant>
  readonly catalog: (datasourceId: string) => Effect.Effect<Option.Option<Catalog>, DatabaseError, Tenant>
  /** Keeps a table's profile, in the place of the one before. */
  readonly saveProfile: (datasourceId: string, profile: TableProfile) => Effect.Effect<void, DatabaseError, Tenant>
  /** By schema and table, in byte order. */
  readonly profiles: (datasourceId: string) => Effect.Effect<ReadonlyArray<TableProfile>, DatabaseError, Tenant>
}

/** Where catalogs and profiles are kept: per tenant and datasource, so that a workflow that is resumed does not read them again. */
export class ProfileRepository extends Context.Tag("workflow-infra/datasource/ProfileRepository")<
  ProfileRepository,
  ProfileRepositoryService
>() {
  /** In PostgreSQL, on the work pool, under row-level security. */
  static readonly layer: Layer.Layer<ProfileRepository, never, Database> = Layer.effect(
    ProfileRepository,
    Effect.suspend(() => sqlRepository)
  )

  /** In this process, for tests. */
  static readonly layerMemory: Layer.Layer<ProfileRepository> = Layer.effect(
    ProfileRepository,
    Effect.suspend(() => memoryRepository)
  )
}

const CatalogRow = Schema.Struct({ catalog: Catalog })
const ProfileRow = Schema.Struct({ profile: TableProfile })

/** As JSON that jsonb takes: it has no NUL, and no half of a character. */
const toJson = (value: Catalog | TableProfile): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "string" ? part.replace(/[\0\p{Surrogate}]/gu, "\uFFFD") : part
  )

const sqlRepository = Effect.map(Database, ({ work: sql }) =>
  ProfileRepository.of({
    saveCatalog: Effect.fn("ProfileRepository.saveCatalog")(function* (datasourceId, catalog) {
      const { projectId } = yield* Tenant
      const json = toJson(catalog)
      yield* sql`INSERT INTO engine.catalogs (project_id, datasource_id, catalog)
          VALUES (${projectId}, ${datasourceId}, ${json}::jsonb)
          ON CONFLICT (project_id, datasource_id) DO UPDATE SET catalog = EXCLUDED.catalog, read_at = EXCLUDED.read_at`
      yield* sql`DELETE FROM engine.table_profiles p
          WHERE p.project_id = ${projectId} AND p.datasource_id = ${datasourceId} AND NOT EXISTS (
            SELECT FROM jsonb_to_recordset(${json}::jsonb -> 'tables') AS t("schema" text, "table" text)
            WHERE t."schema" = p.schema_name AND t."table" = p.table_name)`
    }, orDatabaseError),

    catalog: (datasourceId) =>
      Tenant.pipe(
        Effect.flatMap(
          ({ projectId }) => sql`SELECT catalog FROM engine.catalogs
            WHERE project_id = ${projectId} AND datasource_id = ${datasourceId}`
        ),
        Effect.flatMap((rows) => Effect.orDie(Schema.decodeUnknown(Schema.Array(CatalogRow))(rows))),
        Effect.map(([row]) => Option.map(Option.fromNullable(row), ({ catalog }) => catalog)),
        orDatabaseError,
        Effect.withSpan("ProfileRepository.catalog")
      ),

    saveProfile: (datasourceId, profile) =>
      Tenant.pipe(
        Effect.flatMap(
          ({ projectId }) => sql`INSERT INTO engine.table_profiles
              (project_id, datasource_id, schema_name, table_name, profile)
            VALUES (${projectId}, ${datasourceId}, ${profile.schema}, ${profile.table}, ${toJson(profile)}::jsonb)
            ON CONFLICT (project_id, datasource_id, schema_name, table_name)
              DO UPDATE SET profile = EXCLUDED.profile, profiled_at = EXCLUDED.profiled_at`
        ),
        Effect.asVoid,
        orDatabaseError,
        Effect.withSpan("ProfileRepository.saveProfile")
      ),

    profiles: (datasourceId) =>
      Tenant.pipe(
        Effect.flatMap(
          ({ projectId }) => sql`SELECT profile FROM engine.table_profiles
            WHERE project_id = ${projectId} AND datasource_id = ${datasourceId} ORDER BY schema_name, table_name`
        ),
        Effect.flatMap((rows) => Effect.orDie(Schema.decodeUnknown(Schema.Array(ProfileRow))(rows))),
        Effect.map((rows) => rows.map(({ profile }) => profile)),
        orDatabaseError,
        Effect.withSpan("ProfileRepository.profiles")
      )
  })
)

const memoryRepository = Effect.gen(function* () {
  const catalogs = yield* Ref.make(HashMap.empty<string, Catalog>())
  const profiles = yield* Ref.make(HashMap.empty<string, ReadonlyArray<TableProfile>>())
  const keyOf = (datasourceId: string) => Effect.map(Tenant, ({ projectId }) => `${projectId} ${datasourceId}`)
  const change = (key: string, f: (all: ReadonlyArray<TableProfile>) => ReadonlyArray<TableProfile>) =>
    Ref.update(profiles, (all) => HashMap.set(all, key, f(Option.getOrElse(HashMap.get(all, key), () => []))))
  return ProfileRepository.of({
    saveCatalog: (datasourceId, catalog) =>
      Effect.flatMap(keyOf(datasourceId), (key) => {
        const present = new Set(catalog.tables.map((table) => JSON.stringify([table.schema, table.table])))
        return Effect.zipRight(
          Ref.update(catalogs, HashMap.set(key, catalog)),
          change(key, (all) => all.filter(({ schema, table }) => present.has(JSON.stringify([schema, table]))))
        )
      }),
    catalog: (datasourceId) =>
      Effect.flatMap(keyOf(datasourceId), (key) => Effect.map(Ref.get(catalogs), HashMap.get(key))),
    saveProfile: (datasourceId, profile) =>
      Effect.flatMap(keyOf(datasourceId), (key) =>
        change(key, (all) => [...all.filter((other) => !isSameTable(other, profile)), profile].toSorted(byName))
      ),
    profiles: (datasourceId) =>
      Effect.flatMap(keyOf(datasourceId), (key) =>
        Effect.map(Ref.get(profiles), (all) => Option.getOrElse(HashMap.get(all, key), () => []))
      )
  })
})

const isSameTable = (a: TableProfile, b: TableProfile) => a.schema === b.schema && a.table === b.table

const byName = (a: TableProfile, b: TableProfile) =>
  Buffer.compare(Buffer.from(a.schema), Buffer.from(b.schema)) ||
  Buffer.compare(Buffer.from(a.table), Buffer.from(b.table))
