import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Either, TestClock } from "effect"
import { DatabaseError } from "../../src/database/DatabaseError.ts"
import { RELEASED, WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { defaults } from "../../src/workflow/WorkflowSettings.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { endless, kind as kindOf, look, ownershipOf } from "../fixtures/TestWorkflows.ts"

describe("rows and fibers that do not match", () => {
  const calm = { ...defaults, pollInterval: Duration.seconds(5) }
  const lost = new DatabaseError({ message: "the answer was lost", code: null, retryable: true })

  /** A repository whose first answers to one operation are lost, though what was asked for is done. */
  const losing = (operation: "insert" | "claim", answers: number) =>
    Effect.map(WorkflowRepository, (repository) => {
      let left = answers
      const answer = <A, E>(effect: Effect.Effect<A, E>) =>
        Effect.filterOrFail(
          effect,
          () => left-- <= 0,
          () => lost
        )
      return operation === "insert"
        ? {
            ...repository,
            insert: (...args: Parameters<typeof repository.insert>) => answer(repository.insert(...args))
          }
        : { ...repository, claim: (...args: Parameters<typeof repository.claim>) => answer(repository.claim(...args)) }
    })

  it.scoped("a workflow whose claim was committed and not answered runs all the same", () =>
    Effect.gen(function* () {
      const starter = yield* TestInfra.start({ ...calm, maxActiveWorkflows: 0 })
      const { id } = yield* (yield* starter.register(endless("endless"))).start({ projectId: "project", config: null })
      const infra = yield* Effect.provideServiceEffect(TestInfra.start(calm), WorkflowRepository, losing("claim", 1))
      const runs: Array<number> = []
      yield* infra.register(kindOf("endless", ({ workflow }) => Effect.sync(() => runs.push(workflow.epoch))))
      yield* TestClock.adjust("1 minute")
      // Claimed in epoch 2 and given back in 3, because nothing of it ran here.
      expect(runs).toEqual([4])
      expect((yield* look("project", id)).state).toBe("completed")
    }).pipe(Effect.provide(TestInfra.memory))
  )

  it.scoped("a workflow whose start was committed and never answered runs all the same", () =>
    Effect.gen(function* () {
      const infra = yield* Effect.provideServiceEffect(
        TestInfra.start(calm),
        WorkflowRepository,
        losing("insert", Number.POSITIVE_INFINITY)
      )
      const runs: Array<string> = []
      const kind = yield* infra.register(kindOf("brief", ({ workflow }) => Effect.sync(() => runs.push(workflow.id))))
      const start = yield* Effect.fork(Effect.either(kind.start({ projectId: "project", config: null })))
      yield* TestClock.adjust("1 minute")
      expect(yield* start).toEqual(Either.left(lost))
      expect(runs.length).toBe(1)
    }).pipe(Effect.provide(TestInfra.memory))
  )

  it.scoped("a run whose row is somebody else's, or gone, stops by itself", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const infra = yield* TestInfra.start({ ...calm, maxActiveWorkflows: 1 })
      let stopped = false
      const kind = yield* infra.register(
        kindOf("silent", () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => void (stopped = true))))
      )
      const workflow = yield* kind.start({ projectId: "project", config: null })
      yield* repository.end(ownershipOf(workflow), { ...RELEASED, state: "paused", unfinishedTasks: "paused" })
      yield* TestClock.adjust("30 seconds")
      expect(stopped).toBe(true)
    }).pipe(Effect.provide(TestInfra.memory))
  )
})
