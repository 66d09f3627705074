import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Cause, Console, Effect } from "effect"
import { parseArgs } from "node:util"
import { changes } from "./bench-infra/Changes.ts"
import { heartbeat } from "./bench-infra/Heartbeat.ts"
import { measure } from "./bench-infra/Measure.ts"
import * as Polling from "./bench-infra/Polling.ts"
import { queues } from "./bench-infra/Queues.ts"
import type { Family } from "./bench-infra/Row.ts"
import { describe, drop, recordStatements, server } from "./bench-infra/Server.ts"
import { start } from "./bench-infra/Start.ts"
import { takeover } from "./bench-infra/Takeover.ts"
import { isolation, watching } from "./bench-infra/Throughput.ts"

/**
 * What the infrastructure costs, beside the plan that it began as: `node --import tsx scripts/bench-infra.ts [--only heartbeat,start,
 * changes,takeover,polling,isolation,watchers,queues] [--rounds 5] [--active 10,1000,10000] [--url URL]`.
 *
 * The sides of a row are measured in turns on the same server, round after round, and the first round is not counted. Every figure is
 * the median, and from the least to the most. `--url`, or BENCH_DATABASE_URL, is a superuser's; by default an embedded server starts and
 * ends with this.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    active: { type: "string", default: "10,1000,10000" },
    only: { type: "string", default: "heartbeat,start,changes,takeover,polling,isolation,watchers,queues" },
    url: { type: "string" }
  }
})
const rounds = Number(values.rounds)

const families: Readonly<Record<string, Family>> = {
  heartbeat: heartbeat(values.active.split(",").map(Number)),
  start,
  changes,
  takeover,
  polling: Polling.polling,
  isolation,
  watchers: watching,
  queues
}

/** What rows leave behind on a server that is not ours alone. */
const DATABASES = ["heartbeat", "start", "changes"].flatMap((name) => [
  `bench_infra_${name}`,
  `bench_infra_${name}_plan`
])
const ALL_DATABASES = [
  ...DATABASES,
  ...Polling.DATABASES,
  "bench_infra_takeover",
  "bench_infra_watchers",
  "bench_infra_rls_on",
  "bench_infra_rls_off"
]

const program = Effect.gen(function* () {
  const url = yield* server(values.url)
  yield* recordStatements
  yield* Console.log(
    `Node.js ${process.version}; ${yield* describe(url)}; median (min–max) of ${rounds} rounds after one that is not counted`
  )
  for (const name of values.only.split(",")) {
    const family = families[name]
    if (family === undefined)
      return yield* Effect.dieMessage(`there is no row "${name}": ${Object.keys(families).join(", ")}`)
    for (const make of family(url)) {
      yield* Effect.gen(function* () {
        const row = yield* make
        yield* Console.log(yield* measure(row, rounds))
      }).pipe(
        Effect.scoped,
        Effect.catchAllCause((cause) => Console.log(`\n${name} FAILED: ${Cause.pretty(cause)}`))
      )
    }
  }
  yield* Effect.forEach(ALL_DATABASES, (database) => drop(url, database), { discard: true })
})

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(NodeContext.layer)))
