import { expect, layer } from "@effect/vitest"
import { Effect, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { look } from "../fixtures/TestWorkflows.ts"
import * as Faults from "./Faults.ts"
import { expectCompleted, expectSound, reaches } from "./Invariants.ts"
import * as Ledger from "./Ledger.ts"
import * as Server from "./Server.ts"

/** When the lease that a server has now ends, by the database's clock. */
const leaseEnd = (serverId: string) =>
  Effect.gen(function* () {
    const { work: sql } = yield* Database
    const [row] = yield* sql<{ end: Date }>`
      SELECT expires_at AS "end" FROM engine.server_instances WHERE id = ${serverId}`
    return row === undefined ? yield* Effect.dieMessage("the server has no lease") : row.end
  })

/** A server with a workflow of this many tasks, at work on the third. */
const atWork = (tasks: number, millis: number, settings: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const projectId = yield* TestInfra.project
    const owner = yield* Server.run(settings)
    const id = yield* owner.start({ projectId, config: { tasks, millis } })
    yield* eventually("it is at work", Ledger.entries("ledger", id), (rows) => rows.length >= 2)
    return { owner, ownerId: String(yield* owner.ask({ ask: "serverId" })), workflow: { id, projectId } }
  })

/** Whoever worked before `end` had stopped by then, and who came after began after it: also outside of every fence. */
const expectOneAtATime = (workflowId: string, pid: number, end: Date) =>
  Effect.gen(function* () {
    const rows = yield* Ledger.entries("executions", workflowId)
    const before = rows.filter((row) => row.pid === pid).map(({ at }) => at.getTime())
    const after = rows.filter((row) => row.pid !== pid).map(({ at }) => at.getTime())
    expect(after.length).toBeGreaterThan(0)
    expect(Math.max(...before)).toBeLessThan(end.getTime())
    expect(Math.min(...after)).toBeGreaterThan(end.getTime())
  })

layer(Faults.Survivors.layer(Server.NO_LOCK), { timeout: "60 seconds", excludeTestServices: true })(
  "connections",
  (it) => {
    it.scoped(
      "6: heartbeat connection blackholed, sockets open: the owner stops itself before expiry; never two owners",
      () =>
        Effect.gen(function* () {
          const { owner, ownerId, workflow } = yield* atWork(40, 100, Server.NO_LOCK)
          yield* owner.proxy.blackhole("control")
          const { workflow: ended } = yield* Effect.gen(function* () {
            // What was in flight has arrived or never will.
            const end = yield* eventually(
              "its beats have ended",
              leaseEnd(ownerId),
              (at) => at.getTime() < Date.now() + 4_000
            )
            yield* eventually("it has stopped", owner.ask({ ask: "active" }), (active) => active === 0)
            const result = yield* expectCompleted(workflow, 40)
            yield* expectOneAtATime(workflow.id, owner.pid, end)
            return result
          })
          expect(ended.attempt).toBe(0)
          // Where the network is whole again, it is a server like any other.
          yield* owner.proxy.heal
          const projectId = yield* TestInfra.project
          const id = yield* owner.start({ projectId, config: { tasks: 2, millis: 0 } })
          yield* expectCompleted({ id, projectId }, 2)
          yield* Server.expectNoLeak(owner)
        }).pipe(Faults.soundly)
    )

    it.scoped("7: a heartbeat succeeds, slowly: the deadline counts from when it was sent", () =>
      Effect.gen(function* () {
        const { owner, ownerId, workflow } = yield* atWork(1_000, 100, {
          ...Server.NO_LOCK,
          WORKFLOW_HEARTBEAT_INTERVAL: "100 millis",
          WORKFLOW_HEARTBEAT_TIMEOUT: "3 seconds"
        })
        // An answer is later than the two seconds that an owner stops before its lease ends.
        yield* owner.proxy.delay("control", 2_500)
        const first = yield* leaseEnd(ownerId)
        yield* eventually("slow beats succeed", leaseEnd(ownerId), (end) => end.getTime() > first.getTime() + 3_000)
        yield* owner.proxy.blackhole("control")
        yield* eventually("it has stopped", owner.ask({ ask: "active" }), (active) => active === 0)
        const end = yield* leaseEnd(ownerId)
        yield* eventually("another works on it", Ledger.entries("ledger", workflow.id), (rows) =>
          rows.some(({ pid }) => pid !== owner.pid)
        )
        yield* Effect.flatMap(WorkflowRepository, ({ request }) => request(workflow.projectId, workflow.id, "cancel"))
        yield* reaches(workflow, "failed")
        yield* expectSound(workflow, (yield* Ledger.entries("ledger", workflow.id)).length)
        yield* expectOneAtATime(workflow.id, owner.pid, end)
      }).pipe(Faults.soundly)
    )

    it.scoped("9: pg_terminate_backend on every session, between and inside tasks: nothing lost, nothing doubled", () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        const survivors = yield* Faults.Survivors
        const workflows = yield* Effect.forEach(
          Array.from({ length: 20 }, (_, n) => survivors[n % 2 === 0 ? 0 : 1]),
          (survivor) =>
            Effect.gen(function* () {
              const projectId = yield* TestInfra.project
              return { projectId, id: yield* survivor.start({ projectId, config: { tasks: 10, millis: 30 } }) }
            })
        )
        const terminate = Effect.gen(function* () {
          const ports = yield* Effect.forEach(survivors, ({ proxy }) => proxy.ports)
          return yield* sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE client_port = ANY(${ports.flat()}::int[]) AND datname = current_database()`
        })
        const written = Effect.map(sql<{ n: number }>`SELECT count(*)::int AS n FROM ledger`, ([row]) => row?.n ?? 0)
        for (let round = 0; round < 4 * Faults.ROUNDS; round++) {
          // Inside a task: its transaction has written all, and stands before its COMMIT.
          const inside = yield* survivors[0].proxy.intercept('INTO "ledger"', "COMMIT", "hold")
          if (round < 4) yield* inside
          yield* eventually("there are sessions to end", terminate, ({ length }) => length > 0)
          yield* survivors[0].proxy.heal
          const before = yield* written
          if (round < 4) yield* eventually("work goes on", written, (now) => now > before)
        }
        yield* Effect.forEach(workflows, (workflow) => expectCompleted(workflow, 10), { concurrency: 4 })
      }).pipe(Faults.soundly)
    )

    for (const how of ["cut before", "cut after"] as const) {
      it.scoped(`10: the connection dies around COMMIT (${how} it): the task's effect is there once`, () =>
        Effect.gen(function* () {
          const [owner] = yield* Faults.Survivors
          for (let round = 0; round < Faults.ROUNDS; round++) {
            const projectId = yield* TestInfra.project
            yield* owner.ask({ ask: "hold", points: ["execute:3"] })
            const id = yield* owner.start({ projectId, config: { tasks: 6, millis: 0 } })
            yield* eventually("it stands at the fourth task", Ledger.entries("ledger", id), (rows) => rows.length === 3)
            const dead = yield* owner.proxy.intercept('INTO "ledger"', "COMMIT", how)
            yield* owner.ask({ ask: "go", how: "on" })
            yield* dead
            yield* expectCompleted({ id, projectId }, 6)
          }
        }).pipe(Faults.soundly)
      )
    }

    it.scoped("10: the connection dies around a start, and around an end: one workflow, one end", () =>
      Effect.gen(function* () {
        const [owner] = yield* Faults.Survivors
        for (const how of ["cut before", "cut after"] as const) {
          const projectId = yield* TestInfra.project
          const starting = yield* owner.proxy.intercept("", 'INTO "engine".workflows', how)
          yield* owner.ask({ ask: "hold", points: ["end"] })
          const id = yield* owner.start({ projectId, config: { tasks: 2, millis: 0 } })
          yield* starting
          yield* eventually("its tasks are done", Ledger.entries("ledger", id), (rows) => rows.length === 2)
          const ending = yield* owner.proxy.intercept("", "SET state = n.state", how)
          yield* owner.ask({ ask: "go", how: "on" })
          yield* ending
          const { workflow } = yield* expectCompleted({ id, projectId }, 2)
          expect(workflow.epoch).toBe(2)
        }
      }).pipe(Faults.soundly)
    )

    it.scoped(
      "11: the connections that requests are polled over half open, without LISTEN: noticed, nothing missed",
      () =>
        Effect.gen(function* () {
          const repository = yield* WorkflowRepository
          const { owner, workflow } = yield* atWork(1_000, 50, {
            ...Server.NO_LOCK,
            WORKFLOW_HEARTBEAT_INTERVAL: "5 seconds"
          })
          // Every connection that requests and beats go over is dead and does not show it.
          yield* owner.proxy.forget("control")
          yield* repository.request(workflow.projectId, workflow.id, "cancel")
          const ended = yield* reaches(workflow, "failed")
          expect(ended.errorMessage).toEqual(Option.some("cancelled"))
          // It has noticed: what it is asked now, it hears.
          const projectId = yield* TestInfra.project
          const id = yield* owner.start({ projectId, config: { tasks: 1_000, millis: 50 } })
          const before = yield* look(projectId, id)
          yield* owner.ask({ ask: "pause", projectId, workflowId: id })
          const paused = yield* reaches({ id, projectId }, "paused")
          expect(paused.epoch).toBe(before.epoch + 1)
          const done = yield* Ledger.entries("ledger", id)
          yield* expectSound({ id, projectId }, done.length)
          yield* Server.expectNoLeak(owner)
        }).pipe(Faults.soundly)
    )

    it.scoped("11: LISTEN socket half open: noticed, listened again, nothing missed", () =>
      Effect.gen(function* () {
        const repository = yield* WorkflowRepository
        // It does not poll: what it is not told it does not know.
        const { owner, workflow } = yield* atWork(1_000, 50, { WORKFLOW_POLL_INTERVAL: "1 hour" })
        yield* owner.proxy.forget("listener")
        yield* repository.request(workflow.projectId, workflow.id, "pause")
        yield* reaches(workflow, "paused")
        // Listened again: this is told there, not found.
        const projectId = yield* TestInfra.project
        const id = yield* owner.start({ projectId, config: { tasks: 1_000, millis: 50 } })
        yield* eventually("it is at work", Ledger.entries("ledger", id), (rows) => rows.length >= 1)
        yield* owner.ask({ ask: "cancel", projectId, workflowId: id })
        yield* reaches({ id, projectId }, "failed")
        yield* Server.expectNoLeak(owner)
      }).pipe(Faults.soundly)
    )
  }
)
