import { Context, Effect, Layer } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { WorkflowInfra } from "../../src/index.ts"
import * as Engine from "./Engine.ts"
import { heldKind } from "./HeldKind.ts"
import type { Family, Row } from "./Row.ts"
import { fresh, numberOf, session } from "./Server.ts"

/** How long workflows are without an owner when their process has gone. */

const WORKFLOWS = 20
/** Long enough for an observer to be sure of what it sees of others (5 s), as every server is that has run for a while. */
const SETTLED = "6 seconds"
/** The lease, which is waited for where the lock is no help, is 105 s by default. */
const WITHIN = "3 minutes"

const program = fileURLToPath(new URL("../bench-infra-server.ts", import.meta.url))

const server = (url: string) =>
  Effect.acquireRelease(
    Effect.sync((): ChildProcess =>
      spawn(process.execPath, ["--import", "tsx", program], {
        stdio: ["ignore", "ignore", "inherit", "ipc"],
        env: { ...process.env, DATABASE_URL: url }
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

const row = (address: string) =>
  Effect.gen(function* () {
    const url = yield* fresh(address, "bench_infra_takeover")
    const context = yield* Layer.build(Engine.layer(url))
    const infra = Context.get(context, WorkflowInfra)
    yield* infra.register(heldKind)
    const own = yield* session(url)
    yield* Effect.sleep(SETTLED)

    const taken = (signal: NodeJS.Signals) =>
      Effect.gen(function* () {
        const child = yield* server(url)
        child.send(WORKFLOWS)
        yield* Effect.async<void>((resume) => {
          child.once("message", () => resume(Effect.void))
          child.once("exit", (status) => resume(Effect.dieMessage(`the server ended with ${status}`)))
        })
        const mine = numberOf(own, "SELECT count(*) FROM engine.workflows WHERE owner_id = $1", [
          yield* infra.serverInstanceId
        ])
        const before = yield* mine
        const from = performance.now()
        child.kill(signal)
        yield* Engine.eventually(
          "the first has an owner again",
          Effect.map(mine, (n) => n > before),
          WITHIN
        )
        const first = (performance.now() - from) / 1000
        yield* Engine.eventually(
          "all have an owner again",
          Effect.map(mine, (n) => n >= before + WORKFLOWS),
          WITHIN
        )
        return { first, all: (performance.now() - from) / 1000 }
      })

    const result: Row = {
      title: `${WORKFLOWS} workflows whose process goes: until another has claimed them`,
      columns: { first: "the first, s", all: "all, s" },
      sides: [
        { label: "released (SIGTERM)", measure: taken("SIGTERM") },
        { label: "crashed (SIGKILL)", measure: taken("SIGKILL") }
      ],
      judge: () => ["the plan's way is not measured: it has no takeover before a heartbeat is overdue, three of 30 s"]
    }
    return result
  })

/** The row of takeovers. */
export const takeover: Family = (address) => [row(address)]
