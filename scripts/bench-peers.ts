import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Scope } from "effect"
import { parseArgs } from "node:util"
import { digits, median, range, table } from "./bench-infra/Figures.ts"
import { describe, drop, fresh, server } from "./bench-infra/Server.ts"
import { type Engine, ENGINES, install, type Running, start } from "./bench-peers/Engines.ts"
import type { Measured } from "./bench-peers/Protocol.ts"
import { MARKS, recover } from "./bench-peers/Recovery.ts"

/**
 * Compares our engine with pg-boss, graphile-worker and DBOS: `node --import tsx scripts/bench-peers.ts [--rounds 5] [--only tasks,inserts,
 * workflows,recover,watchers] [--engines ours,dbos] [--tasks 10000] [--workflows 1000] [--killed 50] [--limit 60] [--url URL]`.
 *
 * Each engine runs in two variants: "as it comes" with its defaults, "tuned" as its documentation recommends for speed. Each variant has a
 * process of its own, which lives for all rounds, so that its code is compiled by the JIT. The engine inside is opened and closed for each
 * measurement, so that idle engines do not disturb others. Each measurement has a fresh database on the same server. The order rotates by
 * round, and the first round is not counted. The time is from the first start (or insert) until everything is completed in the
 * database, which is checked.
 *
 * `--url` or BENCH_DATABASE_URL is a superuser's URL; by default an embedded server is started. `--limit` is in seconds: an engine that is
 * not done by then is measured by what it has done.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: "tasks,inserts,workflows,recover,watchers" },
    engines: { type: "string", default: "ours,pg-boss,graphile-worker,dbos" },
    tasks: { type: "string", default: "10000" },
    workflows: { type: "string", default: "1000" },
    killed: { type: "string", default: "50" },
    limit: { type: "string", default: "60" },
    url: { type: "string" }
  }
})
const rounds = Number(values.rounds)
const limit = Number(values.limit)
const engines = ENGINES.filter(({ name }) => values.engines.split(",").includes(name))
const wanted = values.only.split(",")

/** By default pg-boss works a job every two seconds, so that all jobs would take hours. Its limit, in seconds, is this or `--limit`. */
const SLOW_LIMIT = 10
const limitOf = (engine: Engine) =>
  engine.name === "pg-boss" && engine.variant === "as it comes" ? Math.min(SLOW_LIMIT, limit) : limit

/** The results of an engine in one variant: an entry for each round that counts, or a problem. */
interface Results {
  readonly engine: Engine
  /** The engine's name in the table. */
  readonly label: string
  /** In the row's unit: tasks per second, say. */
  readonly figures: Array<number>
  readonly measured: Array<Measured>
  readonly problems: Array<string>
}

const results = (engine: Engine, label: string = engine.name): Results => ({
  engine,
  label,
  figures: [],
  measured: [],
  problems: []
})

/** Calls `measure` for each of `all` in every round. The order rotates by one per round. Rounds of warm-up do not count. */
const inTurns = <A, R>(
  all: ReadonlyArray<A>,
  measure: (one: A, counts: boolean) => Effect.Effect<void, never, R>,
  warmUps = 1
) =>
  Effect.gen(function* () {
    for (let round = 1 - warmUps; round <= rounds; round++) {
      const at = (round + warmUps) % Math.max(1, all.length)
      for (const one of [...all.slice(at), ...all.slice(0, at)]) yield* measure(one, round > 0)
    }
  })

/** Asks an engine to measure a row on a fresh database. Its process starts at its first request, and again after a failure. */
const makeProcesses = (url: string) =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const processes = new Map<Engine, Running>()
    let asked = 0
    return (engine: Engine, row: "tasks" | "inserts" | "workflows", n: number, watchers = 0) =>
      Effect.gen(function* () {
        yield* fresh(url, engine.database)
        const running = processes.get(engine) ?? (yield* Scope.extend(start(engine, url), scope))
        processes.set(engine, running)
        const request = { id: ++asked, row, n, limit: limitOf(engine), watchers }
        return yield* Effect.tapError(running.ask(request), () =>
          Effect.zipRight(
            running.kill,
            Effect.sync(() => processes.delete(engine))
          )
        )
      }).pipe(Effect.ensuring(drop(url, engine.database)))
  })

const sorted = (all: ReadonlyArray<Results>) =>
  all.toSorted((a, b) => Number(a.engine.variant === "tuned") - Number(b.engine.variant === "tuned"))

/** The median, over the rounds, of our figure divided by theirs in the same variant; NaN for our own. */
const ratioOf = (theirs: Results, all: ReadonlyArray<Results>) => {
  const ours = all.find(({ engine }) => engine.isOurs && engine.variant === theirs.engine.variant)
  if (ours === undefined || theirs.engine.isOurs) return Number.NaN
  return median(
    theirs.figures.flatMap((figure, round) => {
      const own = ours.figures[round]
      return own === undefined ? [] : [own / figure]
    })
  )
}

/** A row's table, and a line for each engine that has the better figure. */
const report = (title: string, unit: string, all: ReadonlyArray<Results>, moreIsBetter: boolean, row: string) => {
  const lines = sorted(all).map((one) => {
    const percentiles = one.measured.some(({ p50 }) => p50 !== undefined)
    const each = (of: (measured: Measured) => number | undefined) => {
      const known = one.measured.flatMap((measured) => of(measured) ?? [])
      return known.length === 0 ? "–" : digits(median(known))
    }
    const unfinished = one.measured.filter(({ seconds }) => seconds >= limitOf(one.engine)).length
    return [
      one.label,
      one.engine.variant,
      digits(median(one.figures)),
      range(one.figures),
      digits(ratioOf(one, all)),
      percentiles ? `${each(({ p50 }) => p50)} / ${each(({ p99 }) => p99)}` : "–",
      unfinished > 0 ? "–" : each(({ done, statements }) => (done === 0 ? undefined : statements / done)),
      [
        ...(unfinished > 0 ? [`time was up in ${unfinished} rounds: ${each(({ done }) => done)} done`] : []),
        ...new Set(one.problems),
        ...(one.engine.notes[row] === undefined ? [] : [one.engine.notes[row]])
      ].join("; ")
    ]
  })
  const head = ["engine", "variant", unit, "min–max", "ours ÷ theirs", "start p50 / p99 ms", "statements each", ""]
  const losses = all.flatMap((one) => {
    const ratio = ratioOf(one, all)
    const isLoss = moreIsBetter ? ratio < 1 : ratio > 1
    return isLoss
      ? [
          `LOSS  ${title}: ours ${one.engine.variant} has ${digits(ratio)} of ${one.engine.name}'s ${unit} ${one.engine.variant}`
        ]
      : []
  })
  return ["", title, table([head, ...lines]), ...losses].join("\n")
}

type Ask = Effect.Effect.Success<ReturnType<typeof makeProcesses>>

/** Adds to an engine's results what it does per second in this round, or why it failed. */
const measureSpeed = (into: Results, counts: boolean, asked: ReturnType<Ask>) =>
  asked.pipe(
    Effect.map((measured) => {
      if (!counts || measured === undefined) return
      into.measured.push(measured)
      into.figures.push(measured.done / measured.seconds)
    }),
    Effect.catchAll(({ message }) => Effect.sync(() => into.problems.push(`FAILED: ${message}`))),
    Effect.asVoid
  )

const program = Effect.gen(function* () {
  yield* install
  const url = yield* server(values.url)
  const ask = yield* makeProcesses(url)
  yield* Console.log(
    `Node.js ${process.version}; ${yield* describe(url)}; median of ${rounds} rounds after one that is not counted`
  )

  /** How many tasks or workflows each engine does per second. */
  const throughput = (row: "tasks" | "inserts" | "workflows", n: number) =>
    Effect.gen(function* () {
      const all = engines.map((engine) => results(engine))
      yield* inTurns(all, (one, counts) => measureSpeed(one, counts, ask(one.engine, row, n)))
      return all
    })

  const tasks = Number(values.tasks)
  const workflows = Number(values.workflows)
  if (wanted.includes("tasks")) {
    const title = `${tasks} tasks that do nothing, visible in the database`
    yield* Console.log(report(title, "tasks/s", yield* throughput("tasks", tasks), true, "tasks"))
  }
  if (wanted.includes("inserts")) {
    const title = `${tasks} tasks of one INSERT each, exactly once`
    yield* Console.log(report(title, "tasks/s", yield* throughput("inserts", tasks), true, "inserts"))
  }
  if (wanted.includes("workflows")) {
    const title = `${workflows} workflows (or jobs) of one task, started 16 at a time`
    yield* Console.log(report(title, "workflows/s", yield* throughput("workflows", workflows), true, "workflows"))
  }
  if (wanted.includes("recover")) yield* killed(url)
  if (wanted.includes("watchers")) yield* watched(ask, tasks)
})

/**
 * The row "recover": a process with workflows is killed. Seconds until another process has begun the first of them, and until all are
 * done. Every round starts new processes, so there is no warm-up. An engine that was too slow once is not measured again.
 */
const killed = (url: string) =>
  Effect.gen(function* () {
    const n = Number(values.killed)
    const first = engines.map((engine) => results(engine))
    const whole = engines.map((engine) => results(engine))
    const missed = `not within ${limit} s`
    yield* inTurns(
      engines.map((engine, at) => ({ engine, at })),
      ({ at, engine }) =>
        Effect.gen(function* () {
          if (whole[at]?.problems.includes(missed) === true) return
          yield* fresh(url, engine.database, MARKS)
          const recovered = yield* recover(engine, url, n, limit)
          for (const [into, seconds] of [
            [first[at], recovered.first],
            [whole[at], recovered.all]
          ] as const) {
            if (seconds === undefined) into?.problems.push(missed)
            else into?.figures.push(seconds)
          }
        }).pipe(
          Effect.catchAll(({ message }) =>
            Effect.sync(() => [first[at], whole[at]].forEach((into) => into?.problems.push(`FAILED: ${message}`)))
          ),
          Effect.ensuring(drop(url, engine.database))
        ),
      0
    )
    const title = `${n} workflows of 10 × 500 ms whose process is killed`
    yield* Console.log(
      report(`${title}: until another process has begun the first`, "seconds", first, false, "recover")
    )
    yield* Console.log(report(`${title}: until all are done`, "seconds", whole, false, "recover"))
  })

/** The row "watchers", for our engine only: how much five watchers slow a workflow down. */
const watched = (ask: Ask, tasks: number) =>
  Effect.gen(function* () {
    const ours = engines.filter(({ isOurs }) => isOurs)
    const all = ours.flatMap((engine) =>
      WATCHERS.map((watchers) => ({ watchers, ...results(engine, `${watchers} watchers`) }))
    )
    yield* inTurns(all, (one, counts) => measureSpeed(one, counts, ask(one.engine, "tasks", tasks, one.watchers)))
    yield* Console.log(report(`ours: ${tasks} tasks, followed by infra.changes`, "tasks/s", all, true, "watchers"))
    for (const { variant } of ours) {
      const [without, withAll] = all.filter(({ engine }) => engine.variant === variant)
      const ratios = (withAll?.figures ?? []).map((figure, round) => figure / (without?.figures[round] ?? Number.NaN))
      yield* Console.log(`${variant}: with 5 watchers ${digits(median(ratios))} of the speed without`)
    }
  })

/** Numbers of watchers that are compared. */
const WATCHERS = [0, 5]

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(NodeContext.layer)))
