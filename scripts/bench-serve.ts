import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Cause, Console, Effect } from "effect"
import { parseArgs } from "node:util"
import { measure } from "./bench-infra/Measure.ts"
import type { Family } from "./bench-infra/Row.ts"
import { describe, drop, server } from "./bench-infra/Server.ts"
import { clientRows } from "./bench-serve/Clients.ts"
import { lists } from "./bench-serve/Lists.ts"

/**
 * What the HTTP API costs: `node --import tsx scripts/bench-serve.ts [--only lists,clients] [--workflows 100000,1000000] [--rounds 5]
 * [--url URL]`.
 *
 * A row's sides are measured in turns, round after round, and the first round is not counted. `--url`, or BENCH_DATABASE_URL, is a
 * superuser's; by default an embedded server starts and ends with this. A million workflows need 6 GB of disk.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    workflows: { type: "string", default: "100000" },
    only: { type: "string", default: "lists,clients" },
    url: { type: "string" }
  }
})

const families: Readonly<Record<string, Family>> = {
  lists: lists(values.workflows.split(",").map(Number)),
  clients: clientRows
}

/** What rows leave behind on a server that is not ours alone. */
const DATABASES = ["bench_serve_lists", "bench_serve_clients"]

const program = Effect.gen(function* () {
  const url = yield* server(values.url)
  yield* Console.log(
    `Node.js ${process.version}; ${yield* describe(url)}; median (min–max) of ${values.rounds} rounds after one that is not counted`
  )
  for (const name of values.only.split(",")) {
    const family = families[name]
    if (family === undefined)
      return yield* Effect.dieMessage(`there is no row "${name}": ${Object.keys(families).join(", ")}`)
    for (const make of family(url)) {
      yield* Effect.gen(function* () {
        yield* Console.log(yield* measure(yield* make, Number(values.rounds)))
      }).pipe(
        Effect.scoped,
        Effect.catchAllCause((cause) => Console.log(`\n${name} FAILED: ${Cause.pretty(cause)}`))
      )
    }
  }
  yield* Effect.forEach(DATABASES, (database) => drop(url, database), { discard: true })
})

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(NodeContext.layer)))
