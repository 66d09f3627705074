import { Context, Effect, HashMap, Layer, Option, Redacted, Ref, Schema } from "effect"
import { Database } from "../database/Database.ts"
import { type DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import { turns } from "../steps/Steps.ts"
import { Tenant } from "../tenant/TenantContext.ts"
import { Catalog, SkippedTable, Table, tableId, type TableName } from "./Catalog.ts"
import type { TableRows } from "./Copies.ts"
import { Credentials } from "./Credentials.ts"
import { Marks, NO_MARKS, unmoved } from "./Movement.ts"
import { decoder, decodeRows, listToJson, toJson } from "./Rows.ts"
import { TableProfile, withoutValues } from "./TableProfile.ts"

/** How many of a datasource's tables a run did not read again, because they had not moved since. */
export const Unchanged = Schema.Struct({ tables: Schema.Int, of: Schema.Int, since: Schema.DateFromSelf })
/** @see Unchanged */
export type Unchanged = typeof Unchanged.Type

/** Stores what was last read of a tenant's datasources. */
export interface ProfileRepositoryService {
  /**
   * Replaces a datasource's catalog, and deletes the profiles of tables that are no longer in it, and earlier readings of tables that have
   * moved since: whose mark in `marks` is another one. By default nothing is known of any.
   */
  readonly saveCatalog: (
    datasourceId: string,
    catalog: Catalog,
    marks?: Marks
  ) => Effect.Effect<void, DatabaseError, Tenant>
  /** The marks of the tables when the catalog was read. */
  readonly marks: (datasourceId: string) => Effect.Effect<Marks, DatabaseError, Tenant>
  /** The tables that had not moved at the last reading of the catalog, since the one before; none where all had. */
  readonly unchanged: (datasourceId: string) => Effect.Effect<Option.Option<Unchanged>, DatabaseError, Tenant>
  /** Forgets all earlier readings of the datasource: the next run reads every table. */
  readonly forgetReadings: (datasourceId: string) => Effect.Effect<void, DatabaseError, Tenant>
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
   * Reads the profiles, and returns an effect that opens them: by schema and table, in byte order. Values that cannot be decrypted are left
   * out with a warning, and the profile is `reduced`. Thousands of tables take longer to open, while others work, than a transaction may
   * idle: open them outside of it.
   */
  readonly profiles: (
    datasourceId: string
  ) => Effect.Effect<Effect.Effect<ReadonlyArray<TableProfile>>, DatabaseError, Tenant>
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
const decodeMarks = decodeRows(Schema.Struct({ marks: Marks }))
const decodeUnchanged = decodeRows(Unchanged)
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

  const openAll = Effect.fnUntraced(function* (datasourceId: string, rows: ReadonlyArray<unknown>) {
    const turn = yield* turns
    return yield* Effect.forEach(yield* decodeProfiles(rows), ({ profile, sealed }) =>
      sealed === null ? Effect.succeed(profile) : Effect.zipLeft(open(datasourceId, profile, sealed), turn)
    )
  })

  const marksIn = Effect.fnUntraced(function* (datasourceId: string) {
    const { projectId } = yield* Tenant
    const rows = yield* sql`SELECT marks FROM ${engine}.catalogs
      WHERE project_id = ${projectId} AND datasource_id = ${datasourceId} AND marks <> '{}'`
    const [row] = yield* decodeMarks(rows)
    return row?.marks ?? NO_MARKS
  })

  return ProfileRepository.of({
    saveCatalog: Effect.fn("ProfileRepository.saveCatalog")(function* (datasourceId, catalog, marks = NO_MARKS) {
      const { projectId } = yield* Tenant
      const json = yield* catalogToJson(catalog)
      const known = JSON.stringify(unmoved(yield* marksIn(datasourceId), marks))
      // An answer that was not used in the run before is not asked for any more.
      yield* sql`DELETE FROM ${engine}.readings r USING ${engine}.catalogs c
        WHERE r.project_id = ${projectId} AND r.datasource_id = ${datasourceId}
          AND c.project_id = r.project_id AND c.datasource_id = r.datasource_id
          AND (r.used_in < c.generation OR NOT r.tables <@ ARRAY(SELECT jsonb_array_elements_text(${known}::jsonb)))`
      yield* sql`INSERT INTO ${engine}.catalogs AS c (project_id, datasource_id, catalog, marks)
          VALUES (${projectId}, ${datasourceId}, ${json}::jsonb, ${JSON.stringify(marks)}::jsonb)
          ON CONFLICT (project_id, datasource_id) DO UPDATE SET catalog = EXCLUDED.catalog, read_at = EXCLUDED.read_at,
            marks = EXCLUDED.marks, generation = c.generation + 1, unchanged = jsonb_array_length(${known}::jsonb),
            unchanged_since = c.read_at`
      // Table names are taken from the stored catalog, because that of a large database should be sent only once.
      yield* sql`DELETE FROM ${engine}.table_profiles p
          WHERE p.project_id = ${projectId} AND p.datasource_id = ${datasourceId}
            AND (p.schema_name, p.table_name) NOT IN (SELECT t."schema", t."table" FROM ${engine}.catalogs c,
              jsonb_to_recordset(c.catalog -> 'tables') AS t("schema" text, "table" text)
            WHERE c.project_id = ${projectId} AND c.datasource_id = ${datasourceId})`
    }, orDatabaseError),

    marks: (datasourceId) => Effect.withSpan(orDatabaseError(marksIn(datasourceId)), "ProfileRepository.marks"),

    unchanged: (datasourceId) =>
      Tenant.pipe(
        Effect.flatMap(
          ({
            projectId
          }) => sql`SELECT unchanged AS tables, jsonb_array_length(catalog -> 'tables') AS of, unchanged_since AS since
            FROM ${engine}.catalogs WHERE project_id = ${projectId} AND datasource_id = ${datasourceId} AND unchanged > 0`
        ),
        Effect.flatMap(decodeUnchanged),
        Effect.map(([row]) => Option.fromNullable(row)),
        orDatabaseError,
        Effect.withSpan("ProfileRepository.unchanged")
      ),

    forgetReadings: Effect.fn("ProfileRepository.forgetReadings")(function* (datasourceId) {
      const { projectId } = yield* Tenant
      yield* sql`DELETE FROM ${engine}.readings WHERE project_id = ${projectId} AND datasource_id = ${datasourceId}`
      yield* sql`UPDATE ${engine}.catalogs SET marks = '{}', generation = generation + 1
        WHERE project_id = ${projectId} AND datasource_id = ${datasourceId}`
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
        Effect.map((rows) => openAll(datasourceId, rows)),
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
    // Nothing is remembered of earlier runs: each reads every table.
    marks: () => Effect.succeed(NO_MARKS),
    unchanged: () => Effect.succeedNone,
    forgetReadings: () => Effect.void,
    catalog: (datasourceId) =>
      Effect.flatMap(keyOf(datasourceId), (key) => Effect.map(Ref.get(catalogs), HashMap.get(key))),
    saveProfile: (datasourceId, profile) =>
      Effect.flatMap(keyOf(datasourceId), (key) =>
        change(key, (all) => [...all.filter((other) => !isSameTable(other, profile)), profile].toSorted(byName))
      ),
    profiles: (datasourceId) => Effect.map(profilesOf(datasourceId), (all) => Effect.succeed(all)),
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
