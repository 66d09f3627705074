import { layer as reactivity } from "@effect/experimental/Reactivity"
import { Effect, Either, Option } from "effect"
import { usesSessions } from "../database/Database.ts"
import { schemaConfig } from "../database/Installation.ts"
import {
  migrate as migrateDatabase,
  type Migrated,
  SCHEMA_VERSION,
  script,
  scriptFromNothing
} from "../database/Migrations.ts"
import * as Pool from "../database/Pool.ts"
import type { MigrateOptions } from "./Command.ts"
import { type DatabaseUrl, databaseUrl, naming } from "./DatabaseUrl.ts"
import { UsageError } from "./Failure.ts"
import { Screen } from "./Screen.ts"

const NO_URL = "migrate needs DATABASE_URL, which says where the database of our own tables is"
const NO_LOGIN = "migrate --sql needs DATABASE_URL, or --login NAME: the login that the program will use"

const connect = ({ display, url }: DatabaseUrl) =>
  Effect.gen(function* () {
    const sessions = yield* usesSessions
    return yield* Pool.make({ url, name: "workflow-infra migrate", connections: 1, settings: {}, sessions })
  }).pipe(Effect.mapError(naming(display)), Effect.provide(reactivity))

/** Makes our own tables, or brings them up to date, and says what it did. With `sql` it prints what an administrator runs instead. */
export const migrate = Effect.fn("migrate")(function* (options: MigrateOptions) {
  const screen = yield* Screen
  const schema = yield* schemaConfig
  const login = Option.getOrUndefined(options.login)
  const found = yield* databaseUrl
  if (Option.isNone(found)) {
    if (!options.sql) return yield* new UsageError({ message: NO_URL })
    if (login === undefined) return yield* new UsageError({ message: NO_LOGIN })
    return yield* Effect.flatMap(scriptFromNothing(schema, login), screen.print)
  }
  const database = found.value
  const named = naming(database.display)
  if (!options.sql) {
    const done = yield* Effect.flatMap(connect(database), (sql) =>
      Effect.mapError(migrateDatabase(sql, schema, login), named)
    )
    return yield* screen.print(report(schema, done))
  }
  const connected = yield* Effect.either(connect(database))
  if (Either.isRight(connected)) {
    return yield* Effect.flatMap(Effect.mapError(script(connected.right, schema, login), named), screen.print)
  }
  yield* screen.printError(`${connected.left.message}: the script begins with an empty database`)
  return yield* Effect.flatMap(scriptFromNothing(schema, login ?? database.user), screen.print)
}, Effect.scoped)

const report = (schema: string, { database, login, ran, separated }: Migrated) => {
  const migrations = ran.length === 0 ? "no migration to run" : `ran ${ran.join(", ")}`
  const copy = separated ? " The copy has roles of its own now: other logins of it need migrate --login NAME." : ""
  return `Schema "${schema}" in database "${database}" is at version ${SCHEMA_VERSION}: ${migrations}. The login "${login}" has every right it needs.${copy}`
}
