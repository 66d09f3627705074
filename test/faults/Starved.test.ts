import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { availableParallelism, setPriority } from "node:os"
import { Database } from "../../src/database/Database.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as Faults from "./Faults.ts"
import { committed, expectCompleted, startOn } from "./Invariants.ts"
import * as Ledger from "./Ledger.ts"
import * as Server from "./Server.ts"

/** Processes that do nothing but compute, for each core. */
const LOAD = 5
/**
 * Whom the load is for, in the short form: the processes that have this priority too, and those of other tests less so. In the long
 * form it is for everybody, the database included.
 */
const NICE = Faults.isLong ? 0 : 5
const TASKS = Faults.isLong ? 150 : 20
const WORKFLOWS = 4
/** How many beats a lease lives through, at the least. */
const BEATS = Faults.isLong ? 20 : 3

/** Keeps the machine busy until the scope closes. */
const busy = Effect.forEach(Array.from({ length: LOAD * availableParallelism() }), () =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const spinning = spawn(process.execPath, ["-e", "while (true);"], { stdio: "ignore" })
      if (spinning.pid !== undefined) setPriority(spinning.pid, NICE)
      return spinning
    }),
    (spinning) => Effect.sync(() => spinning.kill("SIGKILL"))
  )
)

/** Leases of 15 s, renewed every 2. */
const RENEWED = { WORKFLOW_HEARTBEAT_INTERVAL: "2 seconds", WORKFLOW_HEARTBEAT_TIMEOUT: "3 seconds" }
/** Leases of 3 s: shorter than the computing. */
const SHORT = { WORKFLOW_HEARTBEAT_INTERVAL: "500 millis", WORKFLOW_HEARTBEAT_TIMEOUT: "500 millis" }

layer(Faults.database, { timeout: "60 seconds", excludeTestServices: true })("a machine that is busy", (it) => {
  it.scoped(
    `33: at load ${LOAD} for each core: no lease is lost, and nothing is taken over`,
    () =>
      Effect.gen(function* () {
        const server = Server.run(RENEWED)
        const servers = yield* Effect.all([server, server], { concurrency: "unbounded" })
        const ids = yield* Effect.forEach(servers, ({ ask }) => ask({ ask: "serverId" }))
        for (const { pid } of servers) yield* Effect.sync(() => setPriority(pid, NICE))
        yield* busy
        const workflows = yield* Effect.forEach(Array.from({ length: WORKFLOWS }), (_, n) =>
          startOn(servers[n % 2 === 0 ? 0 : 1], { tasks: TASKS, millis: 100 })
        )
        for (const workflow of workflows) {
          const { workflow: ended } = yield* expectCompleted(workflow, TASKS)
          expect([ended.attempt, ended.epoch]).toEqual([0, 2])
        }
        const { work: sql } = yield* Database
        yield* eventually(
          "leases are renewed",
          sql`SELECT id FROM engine.server_instances WHERE last_heartbeat > started_at + ${2 * BEATS} * interval '1 second'`,
          ({ length }) => length === servers.length
        )
        expect(yield* Effect.forEach(servers, ({ ask }) => ask({ ask: "serverId" }))).toEqual(ids)
        for (const { output } of servers) expect(yield* output).not.toContain("lease lost")
      }).pipe(Faults.soundly),
    Faults.isLong ? 600_000 : 180_000
  )
})

layer(Faults.Survivors.layer(SHORT), { timeout: "60 seconds", excludeTestServices: true })(
  "a task that computes",
  (it) => {
    it.scoped(
      "33: for 5 s, longer than a lease: another takes over; what it then commits is not written, and its process goes on under a new lease",
      () =>
        Effect.gen(function* () {
          for (let round = 0; round < Faults.ROUNDS; round++) {
            const owner = yield* Server.run(SHORT)
            const before = yield* owner.ask({ ask: "serverId" })
            const sibling = yield* startOn(owner, { tasks: 30, millis: 100 })
            yield* committed(sibling, 1)
            const workflow = yield* startOn(owner, { tasks: 10, millis: 100, poison: "computes" })
            for (const [named, tasks, one] of [
              [workflow, 10, "the one that computes"],
              [sibling, 30, "the one beside it"]
            ] as const) {
              const { rows } = yield* expectCompleted(named, tasks)
              const taker = rows.findIndex(({ pid }) => pid !== owner.pid)
              expect([one, taker >= 0]).toEqual([one, true])
              expect(rows.slice(taker).filter(({ pid }) => pid === owner.pid)).toEqual([])
            }
            // It began, and what it has computed is nobody's.
            const begun = yield* Ledger.entries("executions", workflow.id)
            expect(begun.filter(({ task }) => task === 0).map(({ pid }) => pid === owner.pid)).toEqual([true, false])
            yield* eventually("its fibers have ended", owner.ask({ ask: "active" }), (active) => active === 0)
            yield* eventually("it says so", owner.output, (output) => output.includes("lease lost"))
            yield* eventually("it is well again", owner.health, ({ status }) => status === "alive")
            expect(yield* owner.ask({ ask: "serverId" })).not.toBe(before)
            const next = yield* startOn(owner, { tasks: 3, millis: 10 })
            yield* committed(next, 3)
            expect((yield* expectCompleted(next, 3)).rows.map(({ pid }) => pid)).toEqual([
              owner.pid,
              owner.pid,
              owner.pid
            ])
            yield* Server.expectNoLeak(owner)
            yield* owner.kill
          }
        }).pipe(Faults.soundly),
      Faults.isLong ? 600_000 : 180_000
    )
  }
)
