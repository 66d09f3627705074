import { Context, Data, Duration, Effect, Layer, Option, RcMap, Redacted, Schema, type Scope } from "effect"
import { Database } from "../database/Database.ts"
import { type DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import { uuidv7 } from "../database/Uuid.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import { Credentials, type CredentialsError } from "./Credentials.ts"
import * as Datasource from "./Datasource.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import * as DatasourceUrl from "./DatasourceUrl.ts"
import * as Readings from "./Readings.ts"
import { decoder, decodeRows, encoder } from "./Rows.ts"

/** An unused pool is kept open for this long, for the next task of the workflow. */
const IDLE_TIME = Duration.seconds(30)

/** The registered options for reading a datasource: `CatalogOptions`, and `gentle` of `DatasourceOptions`. */
export const DatasourceSettings = Schema.Struct({
  schemas: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  exclude: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  mostTables: Schema.optionalWith(Schema.Int.pipe(Schema.positive()), { exact: true }),
  views: Schema.optionalWith(Schema.Boolean, { exact: true }),
  gentle: Schema.optionalWith(Schema.Boolean, { exact: true }),
  foreign: Schema.optionalWith(Schema.Boolean, { exact: true })
})
/** @see DatasourceSettings */
export type DatasourceSettings = typeof DatasourceSettings.Type

/** A registered datasource, without its URL. */
export const RegisteredDatasource = Schema.Struct({
  id: Schema.UUID,
  name: Schema.String,
  settings: DatasourceSettings
})
/** @see RegisteredDatasource */
export type RegisteredDatasource = typeof RegisteredDatasource.Type

/** The project has no datasource of that id. */
export class DatasourceNotFound extends Schema.TaggedError<DatasourceNotFound>()("DatasourceNotFound", {
  datasourceId: Schema.String
}) {
  override get message(): string {
    return `There is no datasource ${this.datasourceId} in this project`
  }
}

/** How a datasource is registered. */
export interface Registration {
  /** Unique in its project; by default `host:port/database`. */
  readonly name?: string
  /** `postgres://user:password@host:port/database?sslmode=…`. */
  readonly url: Redacted.Redacted
  /** By default all tables, without views and foreign tables. */
  readonly settings?: DatasourceSettings
}

/** Registers and opens datasources. Each method runs short transactions of its project; none stays open while a datasource is read. */
export interface DatasourcesService {
  /**
   * Registers a datasource, or replaces the URL and settings of the one with this name. Does not connect. Fails with `DatasourceError`
   * ("malformed-url") if the URL is not valid.
   */
  readonly register: (
    projectId: string,
    registration: Registration
  ) => Effect.Effect<RegisteredDatasource, DatasourceError | DatabaseError>
  readonly get: (
    projectId: string,
    id: string
  ) => Effect.Effect<RegisteredDatasource, DatasourceNotFound | DatabaseError>
  /** All datasources of a project, by name. */
  readonly list: (projectId: string) => Effect.Effect<ReadonlyArray<RegisteredDatasource>, DatabaseError>
  /**
   * Removes a datasource with all that was found in it and decided about it. Workflows of it that have not ended will fail: whoever
   * calls this looks for them first.
   */
  readonly remove: (projectId: string, id: string) => Effect.Effect<void, DatasourceNotFound | DatabaseError>
  /**
   * Opens a datasource, which asks nothing over tables that have not moved since an earlier run (see `Readings`); with `remember: false`
   * everything is asked, and no answer is kept. Callers share one pool per datasource, URL and settings, which is closed 30 seconds after the
   * last scope.
   */
  readonly open: (
    projectId: string,
    id: string,
    options?: { readonly remember?: boolean }
  ) => Effect.Effect<
    Datasource.Datasource,
    DatasourceNotFound | DatasourceError | CredentialsError | DatabaseError,
    Scope.Scope
  >
}

/** The registered datasources of all projects. */
export class Datasources extends Context.Tag("workflow-infra/datasource/Datasources")<
  Datasources,
  DatasourcesService
>() {
  /** Stores them in our database, with encrypted URLs. */
  static readonly layer = Layer.scoped(
    Datasources,
    Effect.suspend(() => make)
  )
}

const StoredDatasource = Schema.Struct({
  ...RegisteredDatasource.fields,
  connection: Schema.Uint8ArrayFromSelf
})

const decodeStored = decodeRows(StoredDatasource)

/** The key of a pool: strings, because `Data.struct` compares only primitives by value. */
interface PoolKey {
  readonly id: string
  readonly connection: string
  readonly settings: string
}

const settingsJson = Schema.parseJson(DatasourceSettings)
const encodeSettings = encoder(settingsJson)
const decodeSettings = decoder(settingsJson)

const make = Effect.gen(function* () {
  const { engine, work: sql } = yield* Database
  const { withProject } = yield* TenantContext
  const credentials = yield* Credentials
  // Picked: the whole context would bring this layer's scope, and what an opening leaves for its own scope's end would wait for this one's.
  const context = Context.pick(
    Database,
    Credentials,
    TenantContext
  )(yield* Effect.context<Database | Credentials | TenantContext>())
  // A process with another key may register the same datasource meanwhile; its URL cannot be decrypted here, but ours is known.
  const registeredHere = new Map<string, Redacted.Redacted>()
  const decrypt = (id: string, encrypted: Uint8Array) =>
    Effect.catchAll(credentials.decrypt("url", id, encrypted), (error) =>
      Effect.mapError(Option.fromNullable(registeredHere.get(id)), () => error)
    )

  // Another URL or other settings are another key, and so another pool.
  const pools = yield* RcMap.make({
    lookup: ({ connection, id, settings }: PoolKey) =>
      Effect.flatMap(decrypt(id, Buffer.from(connection, "base64")), (url) => {
        const { gentle = false, ...selection } = decodeSettings(settings)
        return Datasource.make({ url, gentle, selection })
      }),
    idleTimeToLive: IDLE_TIME
  })

  const find = (projectId: string, id: string) =>
    Effect.gen(function* () {
      if (!Schema.is(Schema.UUID)(id)) return yield* new DatasourceNotFound({ datasourceId: id })
      const [row] = yield* sql`SELECT id, name, settings, connection FROM ${engine}.datasources
        WHERE project_id = ${projectId} AND id = ${id}`.pipe(orDatabaseError, Effect.flatMap(decodeStored))
      return row ?? (yield* new DatasourceNotFound({ datasourceId: id }))
    }).pipe(withProject(projectId))

  const register = Effect.fn("Datasources.register")(function* (projectId: string, registration: Registration) {
    const { display } = yield* DatasourceUrl.parse(registration.url)
    const name = registration.name ?? display
    const settings = registration.settings ?? {}
    const fresh = yield* uuidv7
    const encrypted = Buffer.from(yield* credentials.encrypt("url", fresh, registration.url))
    return yield* Effect.gen(function* () {
      yield* sql`INSERT INTO ${engine}.datasources (project_id, id, name, connection, settings)
        VALUES (${projectId}, ${fresh}, ${name}, ${encrypted}, ${JSON.stringify(settings)}::jsonb)
        ON CONFLICT (project_id, name) DO NOTHING`
      const rows = yield* sql`SELECT id, name, settings, connection FROM ${engine}.datasources
        WHERE project_id = ${projectId} AND name = ${name} FOR UPDATE`
      const [row] = yield* decodeStored(rows)
      if (row === undefined) return yield* Effect.dieMessage(`datasource "${name}" vanished while it was registered`)
      const known = yield* Effect.option(credentials.decrypt("url", row.id, row.connection))
      const connection =
        Option.isSome(known) && Redacted.value(known.value) === Redacted.value(registration.url)
          ? row.connection
          : yield* credentials.encrypt("url", row.id, registration.url)
      yield* sql`UPDATE ${engine}.datasources
        SET connection = ${Buffer.from(connection)}, settings = ${JSON.stringify(settings)}::jsonb
        WHERE project_id = ${projectId} AND id = ${row.id}`
      registeredHere.set(row.id, registration.url)
      return { id: row.id, name, settings }
    }).pipe(orDatabaseError, withProject(projectId))
  })

  const open: DatasourcesService["open"] = Effect.fn("Datasources.open")(function* (
    projectId,
    id,
    { remember = true } = {}
  ) {
    const { connection, settings } = yield* find(projectId, id)
    const key = Data.struct({
      id,
      connection: Buffer.from(connection).toString("base64"),
      settings: encodeSettings(settings)
    })
    // RcMap would keep the failure of `lookup` for later callers. An interrupted caller does not come here: others still use the pool.
    const datasource = yield* Effect.tapErrorCause(RcMap.get(pools, key), () => RcMap.invalidate(pools, key))
    if (!remember) return datasource
    return datasource.remembering(yield* Effect.provide(Readings.make(projectId, id), context))
  })

  return Datasources.of({
    register,
    get: Effect.fn("Datasources.get")((projectId: string, id: string) =>
      Effect.map(find(projectId, id), ({ name, settings }) => ({ id, name, settings }))
    ),
    list: Effect.fn("Datasources.list")((projectId: string) =>
      sql`SELECT id, name, settings, connection FROM ${engine}.datasources WHERE project_id = ${projectId}
        ORDER BY name COLLATE "C"`.pipe(
        orDatabaseError,
        Effect.flatMap(decodeStored),
        Effect.map((rows) => rows.map(({ id, name, settings }) => ({ id, name, settings }))),
        withProject(projectId)
      )
    ),
    remove: Effect.fn("Datasources.remove")((projectId: string, id: string) =>
      Effect.zipRight(
        find(projectId, id),
        sql`DELETE FROM ${engine}.datasources WHERE project_id = ${projectId} AND id = ${id}`
      ).pipe(
        Effect.tap(() => Effect.sync(() => registeredHere.delete(id))),
        Effect.asVoid,
        orDatabaseError,
        withProject(projectId)
      )
    ),
    open
  })
})
