import { Duration, Effect, Schedule } from "effect"
import { numberOf, session, urlOf } from "../bench-infra/Server.ts"
import { type Engine, EngineFailed, start } from "./Engines.ts"
import type { Request } from "./Protocol.ts"

/** How often it is looked who has begun and ended what. */
const LOOK_AGAIN = Duration.millis(20)
/** Long enough for our observer to be sure of what it sees of others (5 s), as every server is that has run for a while. */
const SETTLED = Duration.seconds(6)
/** How long an engine may take until everything is at work. */
const BEGINNING = Duration.seconds(30)

/** Where the workflows say that they begin, and that they have ended. */
export const MARKS = [
  `CREATE TABLE bench_marks (pid int NOT NULL, workflow int NOT NULL, what text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  "GRANT INSERT ON bench_marks TO PUBLIC"
]

/** Seconds from the kill until the first workflow had begun elsewhere, and until all had ended; none where that did not happen. */
export interface Recovered {
  readonly first: number | undefined
  readonly all: number | undefined
}

/** Workflows run in one process, which is killed; how long until another has done them. On the engine's database, with the marks. */
export const recover = (engine: Engine, server: string, n: number, limit: number) =>
  Effect.gen(function* () {
    const request: Request = { id: 1, row: "run", n, limit, watchers: 0 }
    const look = yield* session(urlOf(server, engine.database))
    const stand = Effect.gen(function* () {
      const other = yield* start(engine, server)
      yield* other.ask({ ...request, row: "stand" })
      return other
    })
    const until = (deadline: Duration.Duration, query: string, values: ReadonlyArray<unknown>, wanted: number) =>
      Effect.repeat(numberOf(look, query, values), {
        until: (seen) => seen >= wanted,
        schedule: Schedule.intersect(Schedule.spaced(LOOK_AGAIN), Schedule.recurUpTo(deadline))
      }).pipe(Effect.zipRight(Effect.map(numberOf(look, query, values), (seen) => seen >= wanted)))

    const before = engine.standby === "before" ? yield* stand : undefined
    if (before !== undefined) yield* Effect.sleep(SETTLED)
    const first = yield* start(engine, server)
    yield* first.ask(request)
    const began = "SELECT count(DISTINCT workflow) FROM bench_marks WHERE what = 'began' AND pid = $1"
    if (!(yield* until(BEGINNING, began, [first.pid], n))) {
      return yield* new EngineFailed({ message: "its workflows did not all begin" })
    }
    const after = engine.standby === "after" ? yield* stand : undefined
    const killed = yield* numberOf(look, "SELECT extract(epoch FROM clock_timestamp())")
    yield* first.kill
    const other = before ?? after ?? (yield* stand)
    const ended = "SELECT count(DISTINCT workflow) FROM bench_marks WHERE what = 'ended'"
    const isDone = yield* until(Duration.seconds(limit), ended, [], n)
    const since = (text: string) =>
      Effect.map(numberOf(look, `SELECT extract(epoch FROM ${text}) - $1::float8`, [killed]), (seconds) =>
        Number.isFinite(seconds) ? seconds : undefined
      )
    const begun = yield* numberOf(look, began, [other.pid])
    const recovered: Recovered = {
      first: begun === 0 ? undefined : yield* since(`(SELECT min(at) FROM bench_marks WHERE pid = ${other.pid})`),
      all: isDone ? yield* since("(SELECT max(at) FROM bench_marks WHERE what = 'ended')") : undefined
    }
    return recovered
  }).pipe(Effect.scoped)
