import { expect, layer } from "@effect/vitest"
import { Deferred, Duration, Effect, Option, Ref } from "effect"
import { uuidv7 } from "../../src/database/Uuid.ts"
import type { WorkflowRun } from "../../src/workflow/WorkflowKind.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { ghost, given, kind as kindOf, ownershipOf, reaches, task } from "../fixtures/TestWorkflows.ts"

/** Three tasks, of which the first completes at once and the others when they may; notes what ran. */
const threeTasks = (name: string, ran: Ref.Ref<ReadonlyArray<string>>, may: Deferred.Deferred<void>) =>
  kindOf(name, ({ queue }: WorkflowRun<null>) =>
    Effect.forEach(["first", "second", "third"], (id) =>
      queue.enqueue({
        id,
        name: id,
        class: "data",
        execute: Effect.zipRight(
          Ref.update(ran, (ids) => [...ids, id]),
          id === "first" ? Effect.void : Deferred.await(may)
        )
      })
    )
  )

/** Two servers that know the kind, a workflow of it that the first of them runs, and what its tasks have done. */
const running = (name: string) =>
  Effect.gen(function* () {
    const ran = yield* Ref.make<ReadonlyArray<string>>([])
    const may = yield* Deferred.make<void>()
    const owner = yield* TestInfra.start()
    const other = yield* TestInfra.start()
    const kind = yield* owner.register(threeTasks(name, ran, may))
    yield* other.register(threeTasks(name, ran, may))
    const workflow = yield* kind.start({ projectId: yield* TestInfra.project, exclusiveKey: "it", config: null })
    yield* Effect.repeat(Effect.delay(Ref.get(ran), "10 millis"), { until: (ids) => ids.includes("second") })
    const statuses = Effect.map(owner.loadQueue(workflow.projectId, workflow.id), (tasks) =>
      Option.getOrThrow(tasks).map(({ status }) => status)
    )
    return { owner, other, workflow, ran, may, statuses }
  })

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("control by id", (it) => {
  it.scoped("cancel from another server ends a running workflow, and its unfinished tasks with it", () =>
    Effect.gen(function* () {
      const { other, owner, statuses, workflow } = yield* running("cancelled")
      yield* other.cancel(workflow.projectId, workflow.id)
      const ended = yield* reaches(owner, workflow, "failed")
      expect(ended.errorMessage).toEqual(Option.some("cancelled"))
      expect(yield* statuses).toEqual(["completed", "failed", "failed"])
    })
  )

  it.scoped(
    "pause from another server stops it, resume lets it go on anywhere, and what was completed does not run again",
    () =>
      Effect.gen(function* () {
        const { may, other, owner, ran, statuses, workflow } = yield* running("paused")
        yield* other.pause(workflow.projectId, workflow.id)
        const paused = yield* reaches(owner, workflow, "paused")
        expect(paused.ownerId).toEqual(Option.none())
        expect(yield* statuses).toEqual(["completed", "paused", "paused"])
        yield* owner.shutdown()
        yield* Deferred.succeed(may, undefined)
        yield* other.resume(workflow.projectId, workflow.id)
        const ended = yield* reaches(other, workflow, "completed")
        expect(ended.attempt).toBe(0)
        expect(yield* Ref.get(ran)).toEqual(["first", "second", "second", "third"])
      })
  )

  it.scoped("a paused workflow stays paused, and keeps its exclusive key until it has ended", () =>
    Effect.gen(function* () {
      const { other, owner, workflow } = yield* running("blocking")
      yield* owner.pause(workflow.projectId, workflow.id)
      yield* reaches(owner, workflow, "paused")
      const ran = yield* Ref.make<ReadonlyArray<string>>([])
      const third = yield* TestInfra.start()
      const kind = yield* third.register(threeTasks("blocking", ran, yield* Deferred.make<void>()))
      const refused = yield* Effect.flip(
        kind.start({ projectId: workflow.projectId, exclusiveKey: "it", config: null })
      )
      expect(refused.message).toBe(`a workflow of kind blocking is already running: ${workflow.id}`)
      yield* other.cancel(workflow.projectId, workflow.id)
      yield* kind.start({ projectId: workflow.projectId, exclusiveKey: "it", config: null })
    })
  )

  it.scoped("cancel of a pending and of a paused workflow ends it on the spot, with no server to hear of it", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start()
      const repository = yield* WorkflowRepository
      for (const state of ["pending", "paused"] as const) {
        const projectId = yield* TestInfra.project
        const serverId = yield* uuidv7
        yield* ghost(serverId, Duration.hours(1))
        const workflow = yield* repository.insert(given(yield* uuidv7, projectId, Option.some(serverId)))
        const ownership = ownershipOf(workflow)
        yield* repository.save(ownership, { tasks: [task("a", { status: "running" })], progress: Option.none() })
        yield* repository.end(ownership, { state, errorMessage: Option.none(), unfinishedTasks: "pending" })
        yield* infra.cancel(projectId, workflow.id)
        const ended = yield* infra.get(projectId, workflow.id)
        expect([ended.state, ended.errorMessage]).toEqual(["failed", Option.some("cancelled")])
        expect((yield* repository.tasks(projectId, workflow.id)).map(({ status }) => status)).toEqual(["failed"])
      }
    })
  )

  it.scoped("what was asked of an owner that died is done by whoever takes the workflow over", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start()
      const repository = yield* WorkflowRepository
      const projectId = yield* TestInfra.project
      const serverId = yield* uuidv7
      yield* ghost(serverId, Duration.hours(1))
      const workflow = yield* repository.insert(
        given(yield* uuidv7, projectId, Option.some(serverId), { kind: "orphaned" })
      )
      yield* infra.cancel(projectId, workflow.id)
      let runs = 0
      yield* infra.register(kindOf("orphaned", () => Effect.sync(() => runs++)))
      yield* repository.end(ownershipOf(workflow), {
        state: "pending",
        errorMessage: Option.none(),
        unfinishedTasks: "pending"
      })
      const ended = yield* reaches(infra, workflow, "failed")
      expect([ended.errorMessage, runs]).toEqual([Option.some("cancelled"), 0])
    })
  )

  it.scoped("what cannot be done in the state that a workflow is in is refused, and says so", () =>
    Effect.gen(function* () {
      const { may, owner, workflow } = yield* running("refusing")
      const { id, projectId } = workflow
      expect((yield* Effect.flip(owner.resume(projectId, id))).message).toBe(`workflow ${id} is running: cannot resume`)
      yield* Deferred.succeed(may, undefined)
      yield* reaches(owner, workflow, "completed")
      for (const [wanted, ask] of [
        ["cancel", owner.cancel],
        ["pause", owner.pause],
        ["resume", owner.resume]
      ] as const) {
        expect((yield* Effect.flip(ask(projectId, id))).message).toBe(`workflow ${id} is completed: cannot ${wanted}`)
      }
    })
  )

  it.scoped("cancel that races with completion leaves one end, and no deadlock", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start()
      const kind = yield* infra.register(kindOf("racing", () => Effect.void))
      for (let n = 0; n < 20; n++) {
        const workflow = yield* kind.start({ projectId: yield* TestInfra.project, exclusiveKey: "it", config: null })
        const outcome = yield* Effect.either(infra.cancel(workflow.projectId, workflow.id))
        const ended = yield* Effect.repeat(Effect.delay(infra.get(workflow.projectId, workflow.id), "5 millis"), {
          until: ({ completedAt }) => Option.isSome(completedAt)
        })
        expect(["completed", "failed"]).toContain(ended.state)
        if (outcome._tag === "Left") expect(outcome.left._tag).toBe("InvalidTransition")
      }
    })
  )
})
