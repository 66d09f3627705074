import { Config, Effect, Either, Option, Redacted } from "effect"
import { DatabaseError } from "../database/DatabaseError.ts"
import { read } from "../datasource/ConnectionString.ts"
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

/** Parameters that the driver of our own tables ignores: it would connect to another server or database than the URL says. */
const NOT_HONOURED = ["dbname", "hostaddr", "target_session_attrs", "channel_binding"]

/** Why the driver would misread a URL that libpq accepts; null if it would not. */
const misread = (url: string): string | null => {
  const [, query = ""] = url.split("?")
  const parameter = NOT_HONOURED.find((name) => query.split("&").some((pair) => pair.startsWith(`${name}=`)))
  if (parameter !== undefined) return `${parameter} is not read after its ?`
  if (!/^postgres(?:ql)?:/i.test(url)) return "it has to look like postgres://user:password@host:port/database"
  const host = Either.getOrElse(read(url), () => new Map<string, string>()).get("host") ?? ""
  return host.includes(",") ? "it can name one host only" : null
}

/** From `DATABASE_URL`; none where it is not set, and a `UsageError` of one line where it is no URL of a PostgreSQL. */
export const databaseUrl = Effect.gen(function* () {
  if (!(yield* isGiven)) return Option.none<DatabaseUrl>()
  const url = yield* Config.redacted("DATABASE_URL")
  const { display, user } = yield* Effect.mapError(
    DatasourceUrl.parse(url),
    ({ message }) => new UsageError({ message: message.replace("The datasource URL", "DATABASE_URL") })
  )
  const why = misread(Redacted.value(url).trim())
  if (why !== null) return yield* new UsageError({ message: `DATABASE_URL is not valid: ${why}` })
  return Option.some<DatabaseUrl>({ url, display, user })
})

/** Says of what goes wrong with it which database it is. */
export const naming =
  (display: string) =>
  <E extends { readonly _tag: string }>(error: E | DatabaseError): E | DatabaseError =>
    error instanceof DatabaseError
      ? new DatabaseError({ ...error, message: `DATABASE_URL (${display}): ${error.message}` })
      : error
