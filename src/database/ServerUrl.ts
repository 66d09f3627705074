import type { PgClientConfig } from "@effect/sql-pg/PgClient"
import { Effect, Redacted } from "effect"
import { DatabaseError } from "./DatabaseError.ts"

/** PostgreSQL's default port. */
const PORT = 5432

/**
 * The URL of the server and database that a `PgClient` was made for, from its URL, or else from its host, port, socket, login and
 * database. Fails with `DatabaseError` when the client has TLS options of its own, which a URL cannot express.
 */
export const urlOfClient = ({
  database,
  host,
  password,
  path,
  port,
  ssl,
  url,
  username
}: PgClientConfig): Effect.Effect<Redacted.Redacted, DatabaseError> => {
  if (typeof ssl === "object") {
    return new DatabaseError({
      message: "the PgClient has TLS options of its own, which no URL can say: use Database.layer with a url",
      code: null,
      retryable: false
    })
  }
  if (url !== undefined) return Effect.succeed(url)
  const login = [username, password === undefined ? undefined : Redacted.value(password)]
    .filter((part) => part !== undefined)
    .map(encodeURIComponent)
    .join(":")
  const parameters = new URLSearchParams()
  if (path !== undefined) parameters.set("host", path)
  // What node-postgres does for `ssl: true`.
  if (ssl === true) parameters.set("sslmode", "verify-full")
  const server = path === undefined ? `${host ?? "localhost"}:${port ?? PORT}` : ""
  return Effect.succeed(
    Redacted.make(
      `postgres://${login === "" ? "" : `${login}@`}${server}/${encodeURIComponent(database ?? "")}?${parameters.toString()}`
    )
  )
}
