import { expect, it, layer } from "@effect/vitest"
import { Duration, Effect, Option, TestClock } from "effect"
import { Database } from "../../src/database/Database.ts"
import { DatabaseError } from "../../src/database/DatabaseError.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { type Ending, WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { defaults } from "../../src/workflow/WorkflowSettings.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { ghost, given, kind, ownershipOf, task } from "../fixtures/TestWorkflows.ts"

const completed: Ending = { state: "completed", errorMessage: Option.none(), unfinishedTasks: "unknown" }

it.scoped("workflows that ended long ago go by themselves, and the newest of a kind stays", () =>
  Effect.gen(function* () {
    // Every beat and poll costs real time.
    const rare = { heartbeatInterval: Duration.hours(6), pollInterval: Duration.hours(6) }
    const infra = yield* TestInfra.start({ ...defaults, ...rare, retention: Duration.days(1) })
    const brief = yield* infra.register(kind("brief", () => Effect.void))
    const start = Effect.tap(brief.start({ projectId: "project", config: null }), TestClock.adjust("1 second"))
    const first = yield* start
    const second = yield* start
    yield* TestClock.adjust("23 hours")
    expect((yield* infra.get("project", first.id)).state).toBe("completed")
    yield* TestClock.adjust("2 hours")
    expect((yield* Effect.flip(infra.get("project", first.id)))._tag).toBe("WorkflowNotFound")
    expect((yield* infra.get("project", second.id)).state).toBe("completed")
  }).pipe(Effect.provide(TestInfra.memory))
)

it.scoped("where so many at a time take too long, fewer are removed at a time, and in the end all of them", () =>
  Effect.gen(function* () {
    const real = yield* WorkflowRepository
    const tooLong = new DatabaseError({
      message: "canceling statement due to statement timeout",
      code: "57014",
      retryable: true
    })
    const sizes: Array<number> = []
    const slow = {
      ...real,
      removeEnded: (...[ago, limit, from]: Parameters<typeof real.removeEnded>) =>
        Effect.suspend(() => {
          sizes.push(limit)
          return limit > 3 ? Effect.fail(tooLong) : real.removeEnded(ago, limit, from)
        })
    }
    const rare = { heartbeatInterval: Duration.hours(6), pollInterval: Duration.hours(6) }
    const infra = yield* TestInfra.start({ ...defaults, ...rare, retention: Duration.days(1) }).pipe(
      Effect.provideService(WorkflowRepository, slow)
    )
    const brief = yield* infra.register(kind("brief", () => Effect.void))
    const started = yield* Effect.replicateEffect(
      Effect.tap(brief.start({ projectId: "project", config: null }), TestClock.adjust("1 second")),
      8
    )
    yield* TestClock.adjust("25 hours")
    const left = yield* Effect.filter(started, ({ id }) => Effect.map(real.get("project", id), Option.isSome))
    // The newest stays.
    expect(left.map(({ id }) => id)).toEqual([started.at(-1)?.id])
    expect(sizes.slice(0, 7)).toEqual([200, 100, 50, 25, 12, 6, 3])
  }).pipe(Effect.provide(TestInfra.memory))
)

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("in PostgreSQL", (it) => {
  it.effect("only what ended long ago goes, with its tasks, a batch at a time", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const repository = yield* WorkflowRepository
      const projectId = yield* TestInfra.project
      const serverId = yield* uuidv7
      yield* ghost(serverId, Duration.hours(1))
      const add = Effect.gen(function* () {
        const workflow = yield* repository.insert(given(yield* uuidv7, projectId, Option.some(serverId)))
        yield* repository.save(ownershipOf(workflow), { tasks: [task("a")], progress: Option.none() })
        return workflow
      })
      const end = Effect.flatMap(add, (workflow) =>
        Effect.as(repository.end(ownershipOf(workflow), completed), workflow.id)
      )
      const old = [yield* end, yield* end, yield* end]
      yield* sql`UPDATE engine.workflows SET completed_at = now() - interval '40 days'`
      const young = yield* end
      const running = yield* add
      const first = yield* repository.removeEnded(Duration.days(30), 2, Option.none())
      const second = yield* repository.removeEnded(Duration.days(30), 2, first.next)
      expect([first.removed, second.removed, second.next]).toEqual([2, 1, Option.none()])
      expect(yield* repository.removeEnded(Duration.days(30), 2, Option.none())).toEqual({
        removed: 0,
        next: Option.none()
      })
      const left = yield* sql<{ id: string }>`SELECT id FROM engine.workflows ORDER BY id`
      expect(left.map(({ id }) => id)).toEqual([young, running.id])
      for (const id of old) expect(yield* repository.tasks(projectId, id)).toEqual([])
    })
  )
})
