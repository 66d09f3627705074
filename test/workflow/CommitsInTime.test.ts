import { expect, it } from "@effect/vitest"
import { Duration, Effect, Either, Fiber, Option, TestClock } from "effect"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { DatabaseError } from "../../src/database/DatabaseError.ts"
import type { Tenant } from "../../src/tenant/TenantContext.ts"
import * as Commits from "../../src/workflow/Commits.ts"
import { WorkflowRepository, type WorkflowRepositoryService } from "../../src/workflow/WorkflowRepository.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { ghost, given, ownershipOf, task } from "../fixtures/TestWorkflows.ts"

/** Commits of a workflow, on a repository that is perhaps not quite as it should be. */
const commitsOn = (change: (repository: WorkflowRepositoryService) => Partial<WorkflowRepositoryService>) =>
  Effect.gen(function* () {
    const memory = yield* WorkflowRepository
    const repository = { ...memory, ...change(memory) }
    const serverId = yield* uuidv7
    yield* ghost(serverId, Duration.hours(100))
    const ownership = ownershipOf(yield* repository.insert(given(yield* uuidv7, yield* uuidv7, Option.some(serverId))))
    const writers = yield* TestInfra.writers(repository)
    const writer = yield* writers.start(ownership, Effect.void)
    const commitsOf = yield* Effect.provideService(Commits.make, WorkflowRepository, repository)
    const commits = yield* commitsOf({ kind: "given", ownership, writer, onCommitted: Effect.void })
    return (id: string, commit: Effect.Effect<void, unknown, Tenant>) =>
      Effect.fork(Effect.either(commits.complete(task(id, { status: "completed" }), commit)))
  })

/** How a task stands whose commit is on its way, or was. */
const outcome = <E>(fiber: Fiber.RuntimeFiber<Either.Either<void, E>>) =>
  Effect.map(
    Fiber.poll(fiber),
    Option.match({
      onNone: () => "under way",
      onSome: (exit) =>
        exit._tag === "Failure" ? "died" : Either.match(exit.value, { onLeft: String, onRight: () => "completed" })
    })
  )

it.scoped(
  "a commit that never ends fails its task after a minute; whoever is with it in a group goes on after ten seconds",
  () =>
    Effect.gen(function* () {
      const complete = yield* commitsOn(() => ({}))
      for (const [round, never] of [Effect.never, Effect.uninterruptible(Effect.never)].entries()) {
        const blocked = yield* complete(`blocked ${round}`, never)
        const others = yield* Effect.forEach(["a", "b", "c"], (id) => complete(`${id} ${round}`, Effect.void))
        yield* TestClock.adjust("9 seconds")
        for (const fiber of [blocked, ...others]) expect(yield* outcome(fiber)).toBe("under way")
        yield* TestClock.adjust("2 seconds")
        for (const fiber of others) expect(yield* outcome(fiber)).toBe("completed")
        expect(yield* outcome(blocked)).toBe("under way")
        yield* TestClock.adjust("1 minute")
        expect(yield* outcome(blocked)).toContain("timed out after 1m")
      }
    }).pipe(Effect.provide(TestInfra.memory))
)

const away = new DatabaseError({ message: "the connection was lost", code: null, retryable: true })

it.scoped("a database that is away, or slow, before a commit begins is none of the commit's business", () =>
  Effect.gen(function* () {
    let tries = 0
    const complete = yield* commitsOn((memory) => ({
      complete: (...args) =>
        tries++ < 100 ? Effect.fail(away) : Effect.zipRight(Effect.sleep("10 minutes"), memory.complete(...args))
    }))
    const fibers = yield* Effect.forEach(["a", "b"], (id) => complete(id, Effect.void))
    yield* TestClock.adjust("15 minutes")
    for (const fiber of fibers) expect(yield* outcome(fiber)).toBe("under way")
    yield* TestClock.adjust("10 minutes")
    for (const fiber of fibers) expect(yield* outcome(fiber)).toBe("completed")
  }).pipe(Effect.provide(TestInfra.memory))
)

it.scoped(
  "a commit that loses its connection five times in a row fails its task, unless the database was away in between",
  () =>
    Effect.gen(function* () {
      let tries = 0
      const complete = yield* commitsOn((memory) => ({
        complete: (...args) => (++tries % 5 === 0 ? Effect.fail(away) : memory.complete(...args))
      }))
      const unlucky = yield* complete(
        "unlucky",
        Effect.suspend(() => (tries < 50 ? Effect.fail(away) : Effect.void))
      )
      yield* TestClock.adjust("10 minutes")
      expect([yield* outcome(unlucky), tries]).toEqual(["completed", 51])
      const always = yield* commitsOn(() => ({}))
      const poison = yield* always("poison", Effect.fail(away))
      yield* TestClock.adjust("10 minutes")
      expect(yield* outcome(poison)).toContain(
        "its commit lost its connection 5 times in a row: the connection was lost"
      )
    }).pipe(Effect.provide(TestInfra.memory))
)
