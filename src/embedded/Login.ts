import { Duration, Effect, Predicate, Redacted, Schedule } from "effect"
import * as Pg from "pg"
import type { Cluster } from "./Cluster.ts"
import { diagnose, wrongPassword } from "./Diagnosis.ts"
import { urlOf } from "./Settings.ts"

/** How long a server that says it is ready may take to let us in, on a machine that has other work. */
const LOGIN_TIMEOUT = Duration.minutes(1)

const LOGIN_RETRY = Duration.millis(100)

/** The server's own codes (SQLSTATE), but for those of one that is away, full, or on its way up or down. */
const REFUSAL = /^(?!08|53|57P)[0-9A-Z]{5}$/

const WRONG_PASSWORD = "28P01"

/** Said instead of a broken connection's own words, which tell nothing about the data. */
const UNANSWERED = `nobody was let in within ${Duration.format(LOGIN_TIMEOUT)}`

const codeOf = (error: unknown): string =>
  Predicate.hasProperty(error, "code") && Predicate.isString(error.code) ? error.code : ""

/** What the server said, with the detail that names the cause. */
const textOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  const detail = Predicate.hasProperty(error, "detail") && Predicate.isString(error.detail) ? ` ${error.detail}` : ""
  return message + detail
}

/**
 * Logs in as the superuser and out again: the only proof that the server takes connections, that the password is this
 * cluster's, and that its database can be opened. A server that does not answer is asked again for a minute. Fails with
 * `Password` where it refuses ours, and with what it said otherwise.
 */
export const login = Effect.fn("Login.login")(function* (cluster: Cluster, port: number) {
  const attempt = Effect.tryPromise({
    try: async (signal) => {
      const client = new Pg.Client({
        connectionString: Redacted.value(urlOf(cluster, port)),
        application_name: "workflow-infra start",
        connectionTimeoutMillis: Duration.toMillis(LOGIN_TIMEOUT)
      })
      // A connection that breaks fails what is asked of it; as an event without a listener it would end the process.
      client.on("error", () => {})
      signal.addEventListener("abort", () => void client.end().catch(() => {}))
      await client.connect()
      await client.query("SELECT 1").finally(() => client.end())
    },
    catch: (error) => error
  })
  yield* attempt.pipe(
    Effect.retry({
      while: (error) => !REFUSAL.test(codeOf(error)),
      schedule: Schedule.spaced(LOGIN_RETRY).pipe(Schedule.upTo(LOGIN_TIMEOUT))
    }),
    Effect.mapError((error) =>
      codeOf(error) === WRONG_PASSWORD
        ? wrongPassword(cluster.folder, "does not fit these data", error)
        : diagnose(cluster, REFUSAL.test(codeOf(error)) ? textOf(error) : UNANSWERED, error)
    )
  )
})
