import { Data, Duration, Effect, Predicate, Redacted, Schedule } from "effect"
import * as Pg from "pg"
import type { Cluster } from "./Cluster.ts"
import { diagnose, wrongPassword } from "./Diagnosis.ts"
import { urlOf } from "./Settings.ts"

/** How long a server that says it is ready may take to let us in, on a machine that has other work. */
const LOGIN_TIMEOUT = Duration.minutes(1)

const LOGIN_RETRY = Duration.millis(100)

/** The server's own codes (SQLSTATE), but for those of one that is away, full, or on its way up or down. */
const REFUSAL = /^(?!08|53|57P|EPIPE)[0-9A-Z]{5}$/

const WRONG_PASSWORD = "28P01"

/** Said instead of a broken connection's own words, which tell nothing about the data. */
const UNANSWERED = `nobody was let in within ${Duration.format(LOGIN_TIMEOUT)}`

/** An attempt that failed: the server's code, empty where it did not answer, and what it said with the detail. */
class Failure extends Data.TaggedError("Failure")<{
  readonly code: string
  readonly said: string
  readonly cause: unknown
}> {}

const failureOf = (cause: unknown): Failure => {
  const text = (name: "code" | "detail") => {
    const value = Predicate.isRecord(cause) ? cause[name] : undefined
    return Predicate.isString(value) ? value : ""
  }
  const message = cause instanceof Error ? cause.message : String(cause)
  return new Failure({ code: text("code"), said: `${message} ${text("detail")}`, cause })
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
    catch: failureOf
  })
  yield* attempt.pipe(
    Effect.retry({
      while: ({ code }) => !REFUSAL.test(code),
      schedule: Schedule.spaced(LOGIN_RETRY).pipe(Schedule.upTo(LOGIN_TIMEOUT))
    }),
    Effect.mapError(({ cause, code, said }) =>
      code === WRONG_PASSWORD
        ? wrongPassword(cluster.folder, "does not fit these data", cause)
        : diagnose(cluster, REFUSAL.test(code) ? said : UNANSWERED, cause)
    )
  )
})
