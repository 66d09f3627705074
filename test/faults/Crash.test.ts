import { expect, layer } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { SessionLock } from "../../src/workflow/SessionLock.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { reaches } from "../fixtures/TestWorkflows.ts"
import * as Ledger from "./Ledger.ts"
import * as Server from "./Server.ts"

/** The database with the ledger's tables, and one long-lived server beside those that are killed, with its session lock. */
const survivor = WorkflowInfra.layerWith(TestInfra.quick).pipe(
  Layer.provide(SessionLock.layer),
  Layer.provideMerge(Layer.effectDiscard(Effect.orDie(Ledger.create)).pipe(Layer.provideMerge(TestInfra.database)))
)

const TASKS = 8

/** A killed server's workflow, which it had the time to bring to its standstill, and the project it belongs to. */
const startedElsewhere = (standstill: string, millis = 0) =>
  Effect.gen(function* () {
    const projectId = yield* TestInfra.project
    const server = yield* Server.run({
      LEDGER_PROJECT: projectId,
      LEDGER_CONFIG: JSON.stringify({ tasks: TASKS, millis }),
      LEDGER_STANDSTILL: standstill
    })
    const id = yield* server.says("started")
    return { projectId, server, id }
  })

/** Every task's effect is there once, under epochs that never go back. */
const expectEveryTaskOnce = (id: string) =>
  Effect.gen(function* () {
    const rows = yield* Ledger.entries("ledger", id)
    expect(rows.map(({ task }) => task).toSorted((a, b) => a - b)).toEqual(Array.from({ length: TASKS }, (_, n) => n))
    const epochs = rows.map(({ epoch }) => epoch)
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
    return rows
  })

layer(survivor, { timeout: "60 seconds", excludeTestServices: true })("a process that dies", (it) => {
  for (const [at, committed] of [
    ["before the commit", 3],
    ["after the commit", 4]
  ] as const) {
    it.scoped(`${at} of a task leaves its effect there exactly once when another process has gone on`, () =>
      Effect.gen(function* () {
        const { id, projectId, server } = yield* startedElsewhere(`${at}:3`)
        yield* server.says("standstill")
        yield* server.kill
        expect(Ledger.tasksOf(yield* Ledger.entries("ledger", id)).size).toBe(committed)
        const infra = yield* WorkflowInfra
        yield* infra.register(Ledger.ledger())
        yield* reaches(infra, { id, projectId }, "completed")
        const rows = yield* expectEveryTaskOnce(id)
        expect(rows.filter(({ epoch }) => epoch === 1).length).toBe(committed)
        // What was completed is not run again.
        const again = (yield* Ledger.entries("executions", id)).filter(({ epoch }) => epoch > 1)
        expect(Math.min(...again.map(({ task }) => task))).toBe(committed)
      })
    )
  }

  it.scoped(
    "in the middle of its work loses nothing: every task completes, and what was completed does not run again",
    () =>
      Effect.gen(function* () {
        const { id, projectId, server } = yield* startedElsewhere("", 200)
        yield* eventually("some tasks are committed", Ledger.entries("ledger", id), (rows) => rows.length >= 3)
        yield* server.kill
        const before = Ledger.tasksOf(yield* Ledger.entries("ledger", id))
        const infra = yield* WorkflowInfra
        yield* infra.register(Ledger.ledger())
        const workflow = yield* reaches(infra, { id, projectId }, "completed")
        yield* expectEveryTaskOnce(id)
        const again = (yield* Ledger.entries("executions", id)).filter(({ epoch }) => epoch > 1)
        expect(again.filter(({ task }) => before.has(task))).toEqual([])
        expect(workflow.attempt).toBe(0)
        const tasks = Option.getOrThrow(yield* infra.loadQueue(projectId, id))
        expect(tasks.map(({ status }) => status)).toEqual(Array.from({ length: TASKS }, () => "completed"))
      })
  )

  it.scoped("that is asked to end by SIGTERM hands its workflow on and exits", () =>
    Effect.gen(function* () {
      const { id, projectId, server } = yield* startedElsewhere("after the commit:3")
      yield* server.says("standstill")
      yield* server.signal("SIGTERM")
      yield* server.ended
      const infra = yield* WorkflowInfra
      const released = yield* infra.get(projectId, id)
      expect([released.state, released.attempt]).toEqual(["pending", 0])
      yield* infra.register(Ledger.ledger())
      yield* reaches(infra, { id, projectId }, "completed")
      yield* expectEveryTaskOnce(id)
    })
  )
})
