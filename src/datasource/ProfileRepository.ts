import { Context, Effect, HashMap, Layer, Option, Redacted, Ref, Schema } from "effect"
import { Database } from "../database/Database.ts"
import { type DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import { othersTurn } from "../steps/Steps.ts"
import { Tenant } from "../tenant/TenantContext.ts"
import { Catalog, SkippedTable, Table, tableId, type TableName } from "./Catalog.ts"
import type { TableRows } from "./Copies.ts"
import { Credentials } from "./Credentials.ts"
import { decoder, decodeRows, listToJson, toJson } from "./Rows.ts"
import { TableProfile, withoutValues } from "./TableProfile.ts"

/** Stores what was last read of a tenant's datasources. */
export interface ProfileRepositoryService {
  /** Replaces a datasource's catalog, and deletes the profiles of tables that are no longer in it. */
  readonly saveCatalog: (datasourceId: string, catalog: Catalog) => Effect.Effect<void, DatabaseError, Tenant>
  readonly catalog: (datasourceId: string) => Effect.Effect<Option.Option<Catalog>, DatabaseError, Tenant>
  /**
   * Replaces a table's profile, or the reason why there is none. Until `release`, its values are stored encrypted with the key of
   * `Credentials`.
   */
  readonly saveProfile: (
    datasourceId: string,
    profile: TableProfile | SkippedTable
  ) => Effect.Effect<void, DatabaseError, Tenant>
  /**
   * The profiles by schema and table, in byte order. Values that cannot be decrypted are left out with a warning, and the profile is
   * `reduced`.
   */
  readonly profiles: (datasourceId: string) => Effect.Effect<ReadonlyArray<TableProfile>, DatabaseError, Tenant>
  /** The row counts of `profiles`, which decrypts nothing. */
  readonly rows: (datasourceId: string) => Effect.Effect<ReadonlyArray<TableRows>, DatabaseError, Tenant>
  /**
   * At the end of a run: deletes the encrypted values of all tables of the datasource, and replaces profiles by those in `profiles`, which
   * are stored unencrypted.
   */
  readonly release: (
    datasourceId: string,
    profiles: ReadonlyArray<TableProfile>
  ) => Effect.Effect<void, DatabaseError, Tenant>
  /** Tables that were not read, with the reason, by schema and table. */
  readonly skipped: (datasourceId: string) => Effect.Effect<ReadonlyArray<SkippedTable>, DatabaseError, Tenant>
}

/** Stores catalogs and profiles per tenant and datasource, so that a resumed workflow does not read them again. */
export class ProfileRepository extends Context.Tag("workflow-infra/datasource/ProfileRepository")<
  ProfileRepository,
  ProfileRepositoryService
>() {
  /** In PostgreSQL, on the work pool, under row-level security. */
  static readonly layer: Layer.Layer<ProfileRepository, never, Database | Credentials> = Layer.effect(
    ProfileRepository,
    Effect.suspend(() => sqlRepository)
  )

  /** In this process, for tests. */
  static readonly layerMemory: Layer.Layer<ProfileRepository> = Layer.effect(
    ProfileRepository,
    Effect.suspend(() => memoryRepository)
  )
}

const decodeCatalogs = decodeRows(
  Schema.Struct({ catalog: Schema.Struct({ ...Catalog.fields, tables: Schema.Array(Schema.Unknown) }) })
)
const decodeTables = decodeRows(Table)
const decodeProfiles = decodeRows(
  Schema.Struct({ profile: TableProfile, sealed: Schema.NullOr(Schema.Uint8ArrayFromSelf) })
)
const decodeProfile = decoder(Schema.parseJson(TableProfile))
const decodeTableRows = decodeRows(TableProfile.pick("schema", "table", "rows"))
const decodeSkipped = decodeRows(Schema.Struct({ skipped: SkippedTable }))

const catalogToJson = ({ tables, ...rest }: Catalog): Effect.Effect<string> =>
  Effect.map(listToJson(tables), (list) => `${toJson(rest).slice(0, -1)},"tables":${list}}`)

const sqlRepository = Effect.gen(function* () {
  const { engine, work: sql } = yield* Database
  const { decrypt, encrypt } = yield* Credentials

  const open = (datasourceId: string, profile: TableProfile, sealed: Uint8Array) =>
    decrypt("values", datasourceId, sealed).pipe(
      Effect.map((text) => decodeProfile(Redacted.value(text))),
      Effect.catchTag("CredentialsError", ({ message }) =>
        Effect.logWarning(`values are not read again: ${message}`).pipe(Effect.as(profile))
      )
    )

  return ProfileRepository.of({
    saveCatalog: Effect.fn("ProfileRepository.saveCatalog")(function* (datasourceId, catalog) {
      const { projectId } = yield* Tenant
      const json = yield* catalogToJson(catalog)
      yield* sql`INSERT INTO ${engine}.catalogs (project_id, datasource_id, catalog)
          VALUES (${projectId}, ${datasourceId}, ${json}::jsonb)
          ON CONFLICT (project_id, datasource_id) DO UPDATE SET catalog = EXCLUDED.catalog, read_at = EXCLUDED.read_at`
      // Table names are taken from the stored catalog, because that of a large database should be sent only once.
      yield* sql`DELETE FROM ${engine}.table_profiles p
          WHERE p.project_id = ${projectId} AND p.datasource_id = ${datasourceId}
            AND (p.schema_name, p.table_name) NOT IN (SELECT t."schema", t."table" FROM ${engine}.catalogs c,
              jsonb_to_recordset(c.catalog -> 'tables') AS t("schema" text, "table" text)
            WHERE c.project_id = ${projectId} AND c.datasource_id = ${datasourceId})`
    }, orDatabaseError),

    catalog: (datasourceId) =>
      Tenant.pipe(
        Effect.flatMap(
          ({ projectId }) => sql`SELECT catalog FROM ${engine}.catalogs
            WHERE project_id = ${projectId} AND datasource_id = ${datasourceId}`
        ),
        Effect.flatMap(decodeCatalogs),
        Effect.flatMap(([row]) =>
          row === undefined
            ? Effect.succeedNone
            : Effect.map(decodeTables(row.catalog.tables), (tables) => Option.some({ ...row.catalog, tables }))
        ),
        orDatabaseError,
        Effect.withSpan("ProfileRepository.catalog")
      ),

    saveProfile: Effect.fn("ProfileRepository.saveProfile")(function* (datasourceId, profile) {
      const { projectId } = yield* Tenant
      const skipped = "reason" in profile
      const sealed = skipped
        ? null
        : Buffer.from(yield* encrypt("values", datasourceId, Redacted.make(toJson(profile))))
      const shown = toJson(skipped ? profile : withoutValues(profile))
      yield* sql`INSERT INTO ${engine}.table_profiles
          (project_id, datasource_id, schema_name, table_name, profile, sealed)
        VALUES (${projectId}, ${datasourceId}, ${profile.schema}, ${profile.table}, ${shown}::jsonb, ${sealed})
        ON CONFLICT (project_id, datasource_id, schema_name, table_name) DO UPDATE
          SET profile = EXCLUDED.profile, sealed = EXCLUDED.sealed, profiled_at = EXCLUDED.profiled_at`
    }, orDatabaseError),

    profiles: (datasourceId) =>
      Tenant.pipe(
        Effect.flatMap(
          ({ projectId }) => sql`SELECT profile, sealed FROM ${engine}.table_profiles
            WHERE project_id = ${projectId} AND datasource_id = ${datasourceId} AND NOT profile ? 'reason'
            ORDER BY schema_name, table_name`
        ),
        Effect.flatMap(decodeProfiles),
        Effect.flatMap(
          Effect.forEach(({ profile, sealed }) =>
            sealed === null ? Effect.succeed(profile) : Effect.zipLeft(open(datasourceId, profile, sealed), othersTurn)
          )
        ),
        orDatabaseError,
        Effect.withSpan("ProfileRepository.profiles")
      ),

    rows: (datasourceId) =>
      Tenant.pipe(
        Effect.flatMap(
          ({
            projectId
          }) => sql`SELECT schema_name AS "schema", table_name AS "table", (profile ->> 'rows')::float8 AS rows
            FROM ${engine}.table_profiles
            WHERE project_id = ${projectId} AND datasource_id = ${datasourceId} AND NOT profile ? 'reason'
            ORDER BY schema_name, table_name`
        ),
        Effect.flatMap(decodeTableRows),
        orDatabaseError,
        Effect.withSpan("ProfileRepository.rows")
      ),

    release: Effect.fn("ProfileRepository.release")(function* (datasourceId, profiles) {
      const { projectId } = yield* Tenant
      const json = yield* listToJson(profiles)
      yield* sql`UPDATE ${engine}.table_profiles p SET sealed = NULL, profile = coalesce(
          (SELECT k FROM jsonb_array_elements(${json}::jsonb) k
            WHERE k ->> 'schema' = p.schema_name AND k ->> 'table' = p.table_name), p.profile)
        WHERE project_id = ${projectId} AND datasource_id = ${datasourceId} AND NOT profile ? 'reason'`
    }, orDatabaseError),

    skipped: (datasourceId) =>
      Tenant.pipe(
        Effect.flatMap(
          ({
            projectId
          }) => sql`SELECT s AS skipped FROM ${engine}.catalogs, jsonb_array_elements(catalog -> 'skipped') s
              WHERE project_id = ${projectId} AND datasource_id = ${datasourceId}
            UNION ALL SELECT profile FROM ${engine}.table_profiles
              WHERE project_id = ${projectId} AND datasource_id = ${datasourceId} AND profile ? 'reason'`
        ),
        Effect.flatMap(decodeSkipped),
        Effect.map((rows) => rows.map(({ skipped }) => skipped).toSorted(byName)),
        orDatabaseError,
        Effect.withSpan("ProfileRepository.skipped")
      )
  })
})

const memoryRepository = Effect.gen(function* () {
  const catalogs = yield* Ref.make(HashMap.empty<string, Catalog>())
  const profiles = yield* Ref.make(HashMap.empty<string, ReadonlyArray<TableProfile | SkippedTable>>())
  const keyOf = (datasourceId: string) => Effect.map(Tenant, ({ projectId }) => `${projectId} ${datasourceId}`)
  const allOf = (datasourceId: string) =>
    Effect.flatMap(keyOf(datasourceId), (key) =>
      Effect.map(Ref.get(profiles), (all) => Option.getOrElse(HashMap.get(all, key), () => []))
    )
  const change = (
    key: string,
    f: (all: ReadonlyArray<TableProfile | SkippedTable>) => ReadonlyArray<TableProfile | SkippedTable>
  ) => Ref.update(profiles, (all) => HashMap.set(all, key, f(Option.getOrElse(HashMap.get(all, key), () => []))))
  const profilesOf = (datasourceId: string) =>
    Effect.map(allOf(datasourceId), (all) => all.flatMap((each) => ("reason" in each ? [] : [each])))
  return ProfileRepository.of({
    saveCatalog: (datasourceId, catalog) =>
      Effect.flatMap(keyOf(datasourceId), (key) => {
        const present = new Set(catalog.tables.map(tableId))
        return Effect.zipRight(
          Ref.update(catalogs, HashMap.set(key, catalog)),
          change(key, (all) => all.filter((each) => present.has(tableId(each))))
        )
      }),
    catalog: (datasourceId) =>
      Effect.flatMap(keyOf(datasourceId), (key) => Effect.map(Ref.get(catalogs), HashMap.get(key))),
    saveProfile: (datasourceId, profile) =>
      Effect.flatMap(keyOf(datasourceId), (key) =>
        change(key, (all) => [...all.filter((other) => !isSameTable(other, profile)), profile].toSorted(byName))
      ),
    profiles: profilesOf,
    rows: (datasourceId) =>
      Effect.map(profilesOf(datasourceId), (all) => all.map(({ rows, schema, table }) => ({ schema, table, rows }))),
    release: (datasourceId, kept) =>
      Effect.flatMap(keyOf(datasourceId), (key) =>
        change(key, (all) =>
          all.map((each) =>
            "reason" in each ? each : (kept.find((other) => isSameTable(each, other)) ?? withoutValues(each))
          )
        )
      ),
    skipped: (datasourceId) =>
      Effect.gen(function* () {
        const catalog = HashMap.get(yield* Ref.get(catalogs), yield* keyOf(datasourceId))
        const known = Option.match(catalog, { onNone: () => [], onSome: ({ skipped }) => skipped })
        return [...known, ...(yield* allOf(datasourceId)).flatMap((each) => ("reason" in each ? [each] : []))].toSorted(
          byName
        )
      })
  })
})

const isSameTable = (a: TableName, b: TableName) => a.schema === b.schema && a.table === b.table

const byName = (a: TableName, b: TableName) =>
  Buffer.compare(Buffer.from(a.schema), Buffer.from(b.schema)) ||
  Buffer.compare(Buffer.from(a.table), Buffer.from(b.table))
