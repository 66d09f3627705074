import { expect, it, layer } from "@effect/vitest"
import { Chunk, Context, Deferred, Duration, Effect, Fiber, Layer, Option, Queue, Stream, TestClock } from "effect"
import { Database } from "../../src/database/Database.ts"
import { EngineSettings } from "../../src/workflow/EngineSettings.ts"
import { Notifications } from "../../src/workflow/Notifications.ts"
import { SessionLock } from "../../src/workflow/SessionLock.ts"
import { WorkflowChanges } from "../../src/workflow/WorkflowChanges.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { defaults } from "../../src/workflow/WorkflowSettings.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { endless, given, kind, reaches, task } from "../fixtures/TestWorkflows.ts"

/** Polls so rarely that only a notification can be the reason for what happens in a test. */
const seldom = { ...TestInfra.quick, pollInterval: Duration.minutes(10) }

const listening = Layer.fresh(
  WorkflowInfra.layerWith(seldom).pipe(Layer.provide([SessionLock.layerOff, Notifications.layer]))
)

/** Without notifications it would not look before the test is over. */
const seldomWatching = Layer.fresh(
  WorkflowInfra.layerWith({ ...seldom, watchInterval: Duration.minutes(10) }).pipe(
    Layer.provide([SessionLock.layerOff, Notifications.layer])
  )
)

/** The listening session of every server of this database is ended, as by a network that fails. */
const cutListeners = Effect.flatMap(Database, ({ work: sql }) =>
  eventually(
    "a listener is cut",
    sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'workflow-infra listener' AND datname = current_database()`,
    (cut) => cut.length > 0
  )
)

it.scoped("changes begin with what is, tell what comes, and end with the workflow", () =>
  Effect.gen(function* () {
    const infra = yield* TestInfra.start(defaults)
    const gate = yield* Deferred.make<void>()
    const two = yield* infra.register(
      kind("two", ({ queue }) =>
        Effect.forEach(["a", "b"], (id) =>
          queue.enqueue({ id, name: id, class: "data", execute: id === "a" ? Effect.void : Deferred.await(gate) })
        )
      )
    )
    const { id } = yield* two.start({ projectId: "project", config: null })
    yield* TestClock.adjust("1 second")
    const following = yield* Effect.fork(Stream.runCollect(infra.changes("project", id)))
    yield* TestClock.adjust("1 second")
    yield* Deferred.succeed(gate, undefined)
    yield* TestClock.adjust("3 seconds")
    const seen = Chunk.toArray(yield* Fiber.join(following)).map(({ tasks, workflow }) =>
      [workflow.state, ...tasks.map(({ status }) => status)].join(" ")
    )
    expect(seen[0]).toBe("running completed running")
    expect(seen.at(-1)).toBe("completed completed completed")
    expect(new Set(seen).size).toBe(seen.length)
  }).pipe(Effect.provide(TestInfra.memory))
)

it.scoped("changes of another project's workflow are those of none", () =>
  Effect.gen(function* () {
    const infra = yield* TestInfra.start(defaults)
    const forever = yield* infra.register(endless("forever"))
    const { id } = yield* forever.start({ projectId: "project", config: null })
    const error = yield* Effect.flip(Stream.runDrain(infra.changes("another", id)))
    expect(error._tag).toBe("WorkflowNotFound")
  }).pipe(Effect.provide(TestInfra.memory))
)

it.scoped("changes of an unknown workflow fail with its whole id, also if it has spaces", () =>
  Effect.gen(function* () {
    const infra = yield* TestInfra.start(defaults)
    const error = yield* Effect.flip(Stream.runDrain(infra.changes("some project", "no such workflow")))
    expect(error).toMatchObject({ _tag: "WorkflowNotFound", workflowId: "no such workflow" })
  }).pipe(Effect.provide(TestInfra.memory))
)

it.scoped("the more tasks a workflow has, the less often it is looked at, however much changes", () =>
  Effect.gen(function* () {
    const repository = yield* WorkflowRepository
    const workflow = yield* repository.insert(given("busy", "project", Option.none()))
    for (const [size, atMost] of [
      [10, 101],
      [10_000, 41],
      [100_000, 6]
    ] as const) {
      const tasks = Array.from({ length: size }, (_, n) => task(`t${n}`, { ordinal: n }))
      let looks = 0
      const news = () =>
        Effect.sync(() => {
          looks++
          const changed = task("t0", { name: `look ${looks}` })
          return Option.some({ workflow, tasks: looks === 1 ? tasks : [changed], cursor: "0" })
        })
      // News ten times a second, as over LISTEN.
      const heard = () =>
        Effect.tap(Queue.sliding<void>(1), (queue) =>
          Effect.forkScoped(Effect.forever(Effect.zipRight(Effect.sleep("100 millis"), Queue.offer(queue, undefined))))
        )
      const { changes } = yield* Layer.build(Layer.fresh(WorkflowChanges.layer)).pipe(
        Effect.map(Context.get(WorkflowChanges)),
        Effect.provideService(WorkflowRepository, { ...repository, news }),
        Effect.provideService(Notifications, { ...TestInfra.unheard, heard }),
        Effect.provideService(EngineSettings, defaults)
      )
      const following = yield* Effect.fork(Stream.runDrain(changes("project", "busy")))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.interrupt(following)
      expect([size, looks <= atMost, looks >= atMost - 3]).toEqual([size, true, true])
    }
  }).pipe(Effect.provide(TestInfra.memory))
)

it.scoped("hints come with what happens, are merged while nobody takes them, and without news now and then", () =>
  Effect.gen(function* () {
    const infra = yield* TestInfra.start(defaults)
    let hints = 0
    yield* Effect.forkScoped(
      Stream.runForEach(infra.hints, () =>
        Effect.delay(
          Effect.sync(() => hints++),
          "100 millis"
        )
      )
    )
    yield* TestClock.adjust("1 second")
    expect(hints).toBe(1)
    yield* TestClock.adjust("21 seconds")
    expect(hints).toBeGreaterThanOrEqual(10)
    expect(hints).toBeLessThanOrEqual(12)
    const before = hints
    const forever = yield* infra.register(endless("forever"))
    yield* Effect.repeatN(forever.start({ projectId: "project", config: null }), 9)
    yield* TestClock.adjust("300 millis")
    expect(hints).toBeGreaterThan(before)
    expect(hints).toBeLessThan(before + 4)
  }).pipe(Effect.provide(TestInfra.memory))
)

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("over LISTEN", (it) => {
  it.scoped("a hint tells at once of what another server does, long before the next poll", () =>
    Effect.gen(function* () {
      const projectId = yield* TestInfra.project
      const owner = yield* Effect.flatMap(Layer.build(listening), (context) => Effect.provide(WorkflowInfra, context))
      const other = yield* Effect.flatMap(Layer.build(seldomWatching), (context) =>
        Effect.provide(WorkflowInfra, context)
      )
      const forever = yield* owner.register(endless("hinting"))
      const states = other.hints.pipe(
        Stream.mapEffect(() => other.list({ projectId })),
        Stream.map(({ workflows }) => workflows.map(({ state }) => state).join()),
        Stream.changes,
        Stream.takeUntil((state) => state === "failed")
      )
      const following = yield* Effect.fork(Stream.runCollect(states))
      const workflow = yield* forever.start({ projectId, config: null })
      yield* reaches(owner, workflow, "running")
      yield* owner.cancel(projectId, workflow.id)
      expect(Chunk.last(yield* Fiber.join(following))).toEqual(Option.some("failed"))
    })
  )

  it.scoped("a request to another server's workflow is heard at once, long before the next poll", () =>
    Effect.gen(function* () {
      const projectId = yield* TestInfra.project
      const owner = yield* Effect.flatMap(Layer.build(listening), (context) => Effect.provide(WorkflowInfra, context))
      const other = yield* Effect.flatMap(Layer.build(listening), (context) => Effect.provide(WorkflowInfra, context))
      const forever = yield* owner.register(endless("forever"))
      const workflow = yield* forever.start({ projectId, config: null })
      yield* other.pause(projectId, workflow.id)
      yield* reaches(other, workflow, "paused")
      yield* other.resume(projectId, workflow.id)
      yield* reaches(other, workflow, "running")
      yield* other.cancel(projectId, workflow.id)
      yield* reaches(other, workflow, "failed")
    })
  )

  it.scoped("a listener whose session was ended listens again, and misses nothing", () =>
    Effect.gen(function* () {
      const projectId = yield* TestInfra.project
      const infra = yield* Effect.flatMap(Layer.build(listening), (context) => Effect.provide(WorkflowInfra, context))
      const forever = yield* infra.register(endless("listening"))
      const workflow = yield* forever.start({ projectId, config: null })
      yield* cutListeners
      yield* infra.cancel(projectId, workflow.id)
      yield* reaches(infra, workflow, "failed")
    })
  )

  it.scoped("changes are told while they happen in another process", () =>
    Effect.gen(function* () {
      const projectId = yield* TestInfra.project
      const owner = yield* Effect.flatMap(Layer.build(listening), (context) => Effect.provide(WorkflowInfra, context))
      const other = yield* Effect.flatMap(Layer.build(listening), (context) => Effect.provide(WorkflowInfra, context))
      const talking = yield* owner.register(
        kind("talking", ({ progress }) =>
          Effect.forEach([1, 2, 3], (done) =>
            Effect.delay(progress({ message: "going on", done, total: 3 }), "50 millis")
          )
        )
      )
      const { id } = yield* talking.start({ projectId, config: null })
      const seen = yield* Stream.runCollect(other.changes(projectId, id))
      const last = Option.getOrThrow(Chunk.last(seen)).workflow
      expect([last.state, Option.getOrThrow(last.progress).done]).toEqual(["completed", 3])
    })
  )
})
