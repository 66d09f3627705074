import { Context, Data, Duration, Effect, Layer, Option, RcMap, Redacted, Schema, type Scope } from "effect"
import { Database } from "../database/Database.ts"
import { type DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import { uuidv7 } from "../database/Uuid.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import { Credentials, type CredentialsError } from "./Credentials.ts"
import * as Datasource from "./Datasource.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import * as DatasourceUrl from "./DatasourceUrl.ts"

/** A pool that nobody uses is kept this long: the next task of a workflow finds it open. */
const IDLE_TIME = Duration.seconds(30)

/** What of a datasource is looked at, as registered (see `CatalogOptions`), and whether gently (see `DatasourceOptions`). */
export const DatasourceSettings = Schema.Struct({
  schemas: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  exclude: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  views: Schema.optionalWith(Schema.Boolean, { exact: true }),
  gentle: Schema.optionalWith(Schema.Boolean, { exact: true }),
  foreign: Schema.optionalWith(Schema.Boolean, { exact: true })
})
/** @see DatasourceSettings */
export type DatasourceSettings = typeof DatasourceSettings.Type

/** A registered datasource, without its credentials. */
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
  /** By default everything but views and foreign tables. */
  readonly settings?: DatasourceSettings
}

/** What `Datasources` can do. Every method opens the project's own short transactions; none is held while a datasource is read. */
export interface DatasourcesService {
  /**
   * Makes a datasource known, or finds it by its name and brings its URL and settings up to date. It does not connect; fails with
   * `DatasourceError` where the URL cannot be one.
   */
  readonly register: (
    projectId: string,
    registration: Registration
  ) => Effect.Effect<RegisteredDatasource, DatasourceError | DatabaseError>
  readonly get: (
    projectId: string,
    id: string
  ) => Effect.Effect<RegisteredDatasource, DatasourceNotFound | DatabaseError>
  /** By name. */
  readonly list: (projectId: string) => Effect.Effect<ReadonlyArray<RegisteredDatasource>, DatabaseError>
  /** A connection to it: one pool per datasource and URL, shared by whoever has it open, and closed 30 s after the last. */
  readonly open: (
    projectId: string,
    id: string
  ) => Effect.Effect<
    Datasource.Datasource,
    DatasourceNotFound | DatasourceError | CredentialsError | DatabaseError,
    Scope.Scope
  >
}

/** The datasources of the projects: where they are, what of them is looked at, and how to get in. */
export class Datasources extends Context.Tag("workflow-infra/datasource/Datasources")<
  Datasources,
  DatasourcesService
>() {
  /** In our database, credentials encrypted. */
  static readonly layer = Layer.scoped(
    Datasources,
    Effect.suspend(() => make)
  )
}

const StoredDatasource = Schema.Struct({
  ...RegisteredDatasource.fields,
  connection: Schema.Uint8ArrayFromSelf
})

/** What tells one pool from another, as strings: they are compared by value. */
interface PoolKey {
  readonly id: string
  readonly connection: string
  readonly settings: string
}

const settingsJson = Schema.parseJson(DatasourceSettings)
const encodeSettings = Schema.encodeSync(settingsJson)
const decodeSettings = Schema.decodeSync(settingsJson)

const make = Effect.gen(function* () {
  const { engine, work: sql } = yield* Database
  const { withProject } = yield* TenantContext
  const credentials = yield* Credentials
  const decode = (rows: ReadonlyArray<unknown>) =>
    Effect.orDie(Schema.decodeUnknown(Schema.Array(StoredDatasource))(rows))

  // Another process with another key may register the same datasource while we work on it: what it stores, we cannot read.
  const registeredHere = new Map<string, Redacted.Redacted>()
  const decrypt = (id: string, encrypted: Uint8Array) =>
    Effect.catchAll(credentials.decrypt(id, encrypted), (error) =>
      Effect.mapError(Option.fromNullable(registeredHere.get(id)), () => error)
    )

  // Whoever changes the URL, the selection, or is gentle now, changes the key, and so gets a pool of its own.
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
        WHERE project_id = ${projectId} AND id = ${id}`.pipe(orDatabaseError, Effect.flatMap(decode))
      return row ?? (yield* new DatasourceNotFound({ datasourceId: id }))
    }).pipe(withProject(projectId))

  const register = Effect.fn("Datasources.register")(function* (projectId: string, registration: Registration) {
    const { display } = yield* DatasourceUrl.parse(registration.url)
    const name = registration.name ?? display
    const settings = registration.settings ?? {}
    const fresh = yield* uuidv7
    const encrypted = Buffer.from(yield* credentials.encrypt(fresh, registration.url))
    return yield* Effect.gen(function* () {
      yield* sql`INSERT INTO ${engine}.datasources (project_id, id, name, connection, settings)
        VALUES (${projectId}, ${fresh}, ${name}, ${encrypted}, ${JSON.stringify(settings)}::jsonb)
        ON CONFLICT (project_id, name) DO NOTHING`
      const rows = yield* sql`SELECT id, name, settings, connection FROM ${engine}.datasources
        WHERE project_id = ${projectId} AND name = ${name} FOR UPDATE`
      const [row] = yield* decode(rows)
      if (row === undefined) return yield* Effect.dieMessage(`datasource "${name}" vanished while it was registered`)
      const known = yield* Effect.option(credentials.decrypt(row.id, row.connection))
      const connection =
        Option.isSome(known) && Redacted.value(known.value) === Redacted.value(registration.url)
          ? row.connection
          : yield* credentials.encrypt(row.id, registration.url)
      yield* sql`UPDATE ${engine}.datasources
        SET connection = ${Buffer.from(connection)}, settings = ${JSON.stringify(settings)}::jsonb
        WHERE project_id = ${projectId} AND id = ${row.id}`
      registeredHere.set(row.id, registration.url)
      return { id: row.id, name, settings }
    }).pipe(orDatabaseError, withProject(projectId))
  })

  const open = Effect.fn("Datasources.open")(function* (projectId: string, id: string) {
    const { connection, settings } = yield* find(projectId, id)
    const key = Data.struct({
      id,
      connection: Buffer.from(connection).toString("base64"),
      settings: encodeSettings(settings)
    })
    // A pool that could not be made must not be remembered as such.
    return yield* Effect.tapErrorCause(RcMap.get(pools, key), () => RcMap.invalidate(pools, key))
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
        Effect.flatMap(decode),
        Effect.map((rows) => rows.map(({ id, name, settings }) => ({ id, name, settings }))),
        withProject(projectId)
      )
    ),
    open
  })
})
