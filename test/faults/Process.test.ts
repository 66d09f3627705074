import { expect, layer } from "@effect/vitest"
import { Effect, Option } from "effect"
import { fileURLToPath } from "node:url"
import { Database } from "../../src/database/Database.ts"
import { eventually } from "../fixtures/eventually.ts"
import { look } from "../fixtures/TestWorkflows.ts"
import * as Faults from "./Faults.ts"
import { committed, expectCompleted, expectSound, type Named, reaches, startOn } from "./Invariants.ts"
import * as Ledger from "./Ledger.ts"
import * as Server from "./Server.ts"

const TASKS = 8
/** From the death of a server until another one works on what it had, in milliseconds. */
const TAKEN_OVER_WITHIN = 4_000

const shiftedClock = fileURLToPath(new URL("./shiftedClock.ts", import.meta.url))

/** The database's time. */
const databaseTime = Effect.flatMap(Database, ({ work: sql }) =>
  Effect.map(sql<{ now: Date }>`SELECT clock_timestamp() AS now`, ([row]) => row?.now.getTime() ?? 0)
)

/** When work on a workflow began again under a later epoch, by the database's clock. */
const goneOn = ({ id }: Named, epoch: number) =>
  Effect.map(
    eventually("another server works on it", Ledger.entries("executions", id), (rows) =>
      rows.some((row) => row.epoch > epoch)
    ),
    (rows) => Math.min(...rows.filter((row) => row.epoch > epoch).map(({ at }) => at.getTime()))
  )

layer(Faults.Survivors.layer({ WORKFLOW_HEARTBEAT_INTERVAL: "30 seconds", WORKFLOW_HEARTBEAT_TIMEOUT: "5 seconds" }), {
  timeout: "60 seconds",
  excludeTestServices: true
})("a process with session locks and leases of 105 seconds", (it) => {
  it.scoped("14: SIGKILL of one server: 0 lost; taken over within 4 s", () =>
    Effect.gen(function* () {
      const owner = yield* Server.run({
        WORKFLOW_HEARTBEAT_INTERVAL: "30 seconds",
        WORKFLOW_HEARTBEAT_TIMEOUT: "5 seconds"
      })
      const workflows = yield* Effect.forEach(Array.from({ length: 10 }), () =>
        startOn(owner, { tasks: TASKS, millis: 100 })
      )
      yield* Effect.forEach(workflows, (workflow) => committed(workflow, 2))
      const killed = yield* databaseTime
      yield* owner.kill
      for (const workflow of workflows) {
        expect((yield* goneOn(workflow, 1)) - killed).toBeLessThan(TAKEN_OVER_WITHIN)
        const { workflow: ended } = yield* expectCompleted(workflow, TASKS)
        expect(ended.attempt).toBe(0)
      }
    }).pipe(Faults.soundly)
  )

  for (const [point, done] of [
    ["commit:3", 3],
    ["execute:4", 4]
  ] as const) {
    it.scoped(`14: SIGKILL at ${point}: what was committed does not run again, what was not runs, once`, () =>
      Effect.gen(function* () {
        const owner = yield* Server.run({ LEDGER_HOLD: point, WORKFLOW_HEARTBEAT_INTERVAL: "30 seconds" })
        const workflow = yield* startOn(owner, { tasks: TASKS, millis: 0 })
        yield* owner.reached(point)
        // What executed before has been committed where it can be; what stands still in its commit keeps its group with it.
        const { length: committed } = yield* eventually(
          "what can be committed is",
          Ledger.entries("ledger", workflow.id),
          (written) => point !== "execute:4" || written.length === done
        )
        expect(committed).toBeLessThanOrEqual(done)
        yield* owner.kill
        const { rows } = yield* expectCompleted(workflow, TASKS)
        expect(rows.filter(({ epoch }) => epoch === 1).length).toBe(committed)
        const again = (yield* Ledger.entries("executions", workflow.id)).filter(({ epoch }) => epoch > 1)
        expect(again.map(({ task }) => task)).toEqual(
          Array.from({ length: TASKS - committed }, (_, n) => committed + n)
        )
      }).pipe(Faults.soundly)
    )
  }

  it.scoped(
    "17: a poison task (throws, never settles, a result that does not serialise): it fails or is ended, siblings go on",
    () =>
      Effect.gen(function* () {
        const [survivor] = yield* Faults.Survivors
        const sibling = yield* startOn(survivor, { tasks: 20, millis: 50 })
        for (const [poison, message] of [
          ["throws", /^Entry 0: poison$/],
          ["does not serialise", /^Entry 0: .*BigInt/]
        ] as const) {
          const workflow = yield* startOn(survivor, { tasks: 4, millis: 10, poison })
          const ended = yield* reaches(workflow, "failed")
          expect(Option.getOrThrow(ended.errorMessage)).toMatch(message)
          yield* expectSound(workflow, 0)
        }
        const endless = yield* startOn(survivor, { tasks: 4, millis: 10, poison: "never settles" })
        yield* expectCompleted(sibling, 20)
        yield* survivor.ask({ ask: "cancel", projectId: endless.projectId, workflowId: endless.id })
        yield* reaches(endless, "failed")
        yield* expectSound(endless, 0)
      }).pipe(Faults.soundly)
  )
})

layer(Faults.Survivors.layer(Server.NO_LOCK), { timeout: "60 seconds", excludeTestServices: true })(
  "a process with leases of 4.5 seconds",
  (it) => {
    it.scoped(
      "15: the event loop blocked for twice the lease: another takes over; the resumed loop writes nothing",
      () =>
        Effect.gen(function* () {
          const owner = yield* Server.run(Server.NO_LOCK)
          const workflow = yield* startOn(owner, { tasks: 30, millis: 100 })
          yield* committed(workflow, 3)
          yield* owner.ask({ ask: "block", millis: 9_000 })
          const resumed = yield* Effect.fork(owner.ask({ ask: "active" }))
          yield* goneOn(workflow, 1)
          yield* resumed
          yield* eventually("its fibers have ended", owner.ask({ ask: "active" }), (active) => active === 0)
          const { rows } = yield* expectCompleted(workflow, 30)
          const taker = rows.findIndex(({ pid }) => pid !== owner.pid)
          expect(rows.slice(taker).filter(({ pid }) => pid === owner.pid)).toEqual([])
          yield* Server.expectNoLeak(owner)
        }).pipe(Faults.soundly)
    )

    it.scoped(
      "15: frozen (SIGSTOP) for longer than the lease, inside a task: another takes over; thawed, it writes nothing",
      () =>
        Effect.gen(function* () {
          const owner = yield* Server.run(Server.NO_LOCK)
          const workflow = yield* startOn(owner, { tasks: 30, millis: 100 })
          yield* committed(workflow, 3)
          yield* owner.signal("SIGSTOP")
          yield* goneOn(workflow, 1)
          yield* owner.signal("SIGCONT")
          yield* eventually("its fibers have ended", owner.ask({ ask: "active" }), (active) => active === 0)
          const { rows } = yield* expectCompleted(workflow, 30)
          const taker = rows.findIndex(({ pid }) => pid !== owner.pid)
          expect(rows.slice(taker).filter(({ pid }) => pid === owner.pid)).toEqual([])
          yield* Server.expectNoLeak(owner)
        }).pipe(Faults.soundly)
    )

    it.scoped("18: process clock off by 10 min either way: no early expiry, no late one", () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        const minutes = 10 * 60_000
        const run = (offset: number) => Server.run({ ...Server.NO_LOCK, CLOCK_OFFSET: String(offset) }, [shiftedClock])
        const servers = yield* Effect.all([run(minutes), run(-minutes)], { concurrency: 2 })
        for (const owner of servers) {
          // Longer than a lease: nobody takes it as long as its owner lives.
          const workflow = yield* startOn(owner, { tasks: 60, millis: 100 })
          const serverId = String(yield* owner.ask({ ask: "serverId" }))
          yield* committed(workflow, 50)
          const still = yield* look(workflow.projectId, workflow.id)
          expect([still.epoch, still.ownerId]).toEqual([1, Option.some(serverId)])
          yield* owner.kill
          const [row] = yield* sql<{ end: Date }>`
            SELECT expires_at AS "end" FROM engine.server_instances WHERE id = ${serverId}`
          const end = row?.end.getTime() ?? Number.NaN
          // And when it is dead, from the end of its lease on, and soon then.
          expect(yield* goneOn(workflow, 1)).toBeGreaterThanOrEqual(end)
          yield* expectCompleted(workflow, 60)
        }
      }).pipe(Faults.soundly)
    )
  }
)
