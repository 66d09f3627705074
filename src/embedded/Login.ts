import { Data, Duration, Effect, Predicate, Redacted, Schedule } from "effect"
import * as Pg from "pg"
import type { Cluster } from "./Cluster.ts"
import { diagnose, wrongPassword } from "./Diagnosis.ts"
import { urlOf } from "./Settings.ts"

/** How long a server that reports "ready" may take to accept a login: milliseconds, except on an overloaded machine. */
const LOGIN_TIMEOUT = Duration.minutes(1)

/** The pause between two attempts. */
const LOGIN_RETRY = Duration.millis(100)

/** SQLSTATEs that a retry cannot overcome: all but connection (08), resources (53), and starting up or shutting down (57P). `EPIPE` is none. */
const REFUSAL = /^(?!08|53|57P|EPIPE)[0-9A-Z]{5}$/

/** SQLSTATE `invalid_password`. */
const WRONG_PASSWORD = "28P01"

/** The message when no attempt was answered: that of a broken connection says nothing about the data. */
const UNANSWERED = `nobody was let in within ${Duration.format(LOGIN_TIMEOUT)}`

/** A failed attempt: the error's code (empty where it has none), and its message with the detail. */
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
 * Logs in as the superuser and out again, to check that the server accepts connections, that the password file belongs to
 * this cluster, and that the database opens. Retries for one minute while the server does not answer. Fails with `Password`
 * when the password is refused, and otherwise with what `diagnose` finds in the server's message.
 */
export const login = Effect.fn("Login.login")(function* (cluster: Cluster, port: number) {
  const attempt = Effect.tryPromise({
    try: async (signal) => {
      const client = new Pg.Client({
        connectionString: Redacted.value(urlOf(cluster, port)),
        application_name: "workflow-infra start",
        connectionTimeoutMillis: Duration.toMillis(LOGIN_TIMEOUT)
      })
      // An "error" event without a listener would end the process. The pending call fails by itself.
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
