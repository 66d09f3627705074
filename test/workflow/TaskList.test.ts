import { describe, expect, it, layer } from "@effect/vitest"
import { Duration, Effect, Layer, Option } from "effect"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { ghost, given, ownershipOf, task } from "../fixtures/TestWorkflows.ts"

/** A stored workflow of seven tasks, of which every third failed. */
const seven = Effect.fn(function* (projectId: string) {
  const repository = yield* WorkflowRepository
  const serverId = yield* uuidv7
  yield* ghost(serverId, Duration.minutes(5))
  const workflow = yield* repository.insert(given(yield* uuidv7, projectId, Option.some(serverId)))
  const tasks = Array.from({ length: 7 }, (_, n) =>
    task(`t${n}`, { ordinal: n, status: n % 3 === 0 ? "failed" : "completed" })
  )
  yield* repository.save(ownershipOf(workflow), { tasks, progress: Option.none() })
  return workflow.id
})

const pages = Effect.fn(function* (options: Parameters<(typeof WorkflowInfra)["Service"]["tasks"]>[0]) {
  const infra = yield* WorkflowInfra
  const seen: Array<ReadonlyArray<string>> = []
  let cursor: string | undefined
  do {
    const page = yield* infra.tasks({ ...options, cursor })
    seen.push(page.tasks.map(({ id }) => id))
    cursor = Option.getOrUndefined(page.next)
  } while (cursor !== undefined)
  return seen
})

const check = Effect.fn(function* (projectId: string, other: string) {
  const infra = yield* WorkflowInfra
  const workflowId = yield* seven(projectId)
  const all = { projectId, workflowId }
  expect(yield* pages({ ...all, limit: 3 })).toEqual([["t0", "t1", "t2"], ["t3", "t4", "t5"], ["t6"]])
  expect(yield* pages({ ...all, limit: 2, status: "failed" })).toEqual([["t0", "t3"], ["t6"]])
  expect(yield* pages({ ...all, status: ["running", "paused"] })).toEqual([[]])
  expect(yield* pages({ ...all, projectId: other })).toEqual([[]])
  expect(yield* pages({ ...all, workflowId: "nonsense" })).toEqual([[]])
  expect((yield* Effect.flip(infra.tasks({ ...all, cursor: "nonsense" })))._tag).toBe("InvalidCursor")
})

describe("The tasks of a workflow, in memory", () => {
  it.scoped("are listed a page at a time, by status, of the project only", () =>
    Effect.gen(function* () {
      yield* check(yield* uuidv7, yield* uuidv7)
    }).pipe(Effect.provide(Layer.provideMerge(TestInfra.server(), TestInfra.memory)))
  )
})

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("the tasks of a workflow", (it) => {
  it.scoped("are listed a page at a time, by status, of the project only", () =>
    Effect.gen(function* () {
      const projectId = yield* TestInfra.project
      yield* check(projectId, yield* TestInfra.project)
      const infra = yield* WorkflowInfra
      const beyond = { projectId, workflowId: yield* seven(projectId), cursor: "0_\u0000" }
      expect((yield* infra.tasks(beyond)).tasks).toEqual([])
    }).pipe(Effect.provide(TestInfra.server()))
  )

  it.scoped("go with servers that are listed, with what they run for a project", () =>
    Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const projectId = yield* TestInfra.project
      yield* seven(projectId)
      const servers = yield* infra.servers(projectId)
      expect(servers.filter(({ running }) => running > 0)).toMatchObject([{ host: "nowhere", pid: 0, running: 1 }])
      expect(servers.every(({ expiresAt, startedAt }) => expiresAt > startedAt)).toBe(true)
    }).pipe(Effect.provide(TestInfra.server()))
  )
})
