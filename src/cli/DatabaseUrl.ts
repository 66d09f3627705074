import { Config, Effect, Option, type Redacted } from "effect"
import { DatabaseError } from "../database/DatabaseError.ts"
import * as DatasourceUrl from "../datasource/DatasourceUrl.ts"
import { UsageError } from "./Failure.ts"

/** Where our own tables are, as `DATABASE_URL` says it. */
export interface DatabaseUrl {
  readonly url: Redacted.Redacted
  /** `host:port/database`. */
  readonly display: string
  readonly user: string
}

const isGiven = Config.map(Config.withDefault(Config.string("DATABASE_URL"), ""), (url) => url !== "")

/** From `DATABASE_URL`; none where it is not set, and a `UsageError` of one line where it is no URL of a PostgreSQL. */
export const databaseUrl = Effect.gen(function* () {
  if (!(yield* isGiven)) return Option.none<DatabaseUrl>()
  const url = yield* Config.redacted("DATABASE_URL")
  const { display, user } = yield* Effect.mapError(
    DatasourceUrl.parse(url),
    ({ message }) => new UsageError({ message: message.replace("The datasource URL", "DATABASE_URL") })
  )
  return Option.some<DatabaseUrl>({ url, display, user })
})

/** Says of what goes wrong with it which database it is. */
export const naming =
  (display: string) =>
  <E extends { readonly _tag: string }>(error: E | DatabaseError): E | DatabaseError =>
    error instanceof DatabaseError
      ? new DatabaseError({ ...error, message: `DATABASE_URL (${display}): ${error.message}` })
      : error
