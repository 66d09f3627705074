import { Duration, Effect, Predicate, type Redacted } from "effect"
import type * as Pg from "pg"
import { DatabaseError } from "./DatabaseError.ts"
import * as Session from "./Session.ts"

/** How often each of two connections is asked for its server process: a busy pooler may give them different ones at first. Set by hand. */
const ROUNDS = 5
/** Time limit of the check. After it the URL counts as no pooler's, and the connections that follow report their own errors. Set by hand. */
const PATIENCE = Duration.seconds(3)

const processOf = (client: Pg.Client) =>
  Effect.map(
    Effect.tryPromise({
      try: () => client.query<{ pid: number }>("SELECT pg_catalog.pg_backend_pid() AS pid"),
      catch: DatabaseError.from
    }),
    ({ rows }) => rows[0]?.pid
  )

/**
 * Whether a pooler in transaction mode is certainly at this URL: two connections that are open at once have had the same server process.
 * False where nothing can be said, also where the server cannot be reached. Sets nothing on the connections. Without a pooler it is one
 * connection and one statement, because the server itself tells each connection its process.
 */
export const isInTransactionMode = (url: Redacted.Redacted): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    const name = "workflow-infra start"
    const one = yield* Session.connection(url, name)
    const told: unknown = Predicate.hasProperty(one, "processID") ? one.processID : undefined
    const first = yield* processOf(one)
    if (told === first) return false
    const other = yield* Session.connection(url, name)
    const [ones, others] = [new Set([first]), new Set<number | undefined>()]
    for (let round = 0; round < ROUNDS; round++) {
      others.add(yield* processOf(other))
      ones.add(yield* processOf(one))
    }
    return [...others].some((pid) => ones.has(pid))
  }).pipe(
    Effect.scoped,
    Effect.timeoutTo({ duration: PATIENCE, onSuccess: (is) => is, onTimeout: () => false }),
    Effect.orElseSucceed(() => false)
  )
