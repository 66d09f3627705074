import { expect, it, layer } from "@effect/vitest"
import {
  Cause,
  type Clock,
  Cron,
  Duration,
  Effect,
  Fiber,
  Layer,
  Option,
  Ref,
  Schema,
  type Scope,
  Stream,
  TestClock
} from "effect"
import { Projects, TenantContext, WorkflowInfra, WorkflowKind } from "../../src/index.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

/** Kinds that a program may have: tasks that take long, that fail at first, and that write under the fence. */
const longKind = (written: Ref.Ref<ReadonlyArray<string>>) =>
  WorkflowKind.make("long", {
    config: Schema.Struct({ steps: Schema.Array(Schema.String) }),
    run: ({ config: { steps }, progress, queue }) =>
      Effect.gen(function* () {
        for (const step of steps) {
          yield* queue.enqueue({
            id: step,
            name: step,
            class: "data",
            execute: Effect.sleep("10 minutes"),
            commit: () => Ref.update(written, (before) => [...before, step])
          })
        }
        yield* queue.wait
        yield* progress({ message: "done", done: steps.length, total: steps.length })
      })
  })

it.scoped("in memory, an hour of a kind of one's own passes at once", () =>
  Effect.gen(function* () {
    const infra = yield* WorkflowInfra
    const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure("example"))
    const written = yield* Ref.make<ReadonlyArray<string>>([])
    const long = yield* infra.register(longKind(written))
    const steps = ["one", "two", "three", "four", "five"]
    const { id } = yield* long.start({ projectId, config: { steps } })

    yield* TestClock.adjust("49 minutes")
    expect(yield* Ref.get(written)).toEqual(steps.slice(0, 4))
    expect((yield* infra.get(projectId, id)).state).toBe("running")
    yield* TestClock.adjust("11 minutes")
    expect(yield* Ref.get(written)).toEqual(steps)
    expect((yield* infra.get(projectId, id)).state).toBe("completed")
  }).pipe(Effect.provide(WorkflowInfra.layerMemory))
)

/**
 * Every sleep that would end within the hour is a step of `TestClock`, 5 ms and more, also one that something else has ended. So many an hour
 * has beside a test's own sleeps: the passes of retention, and what is read again for good measure. A poll a second would be 3,600.
 */
const MOST_STEPS = 10
/** Steps of a task that sleeps and has a commit: its sleep, and the commit's two time limits. */
const STEPS_PER_COMMIT = 3
const HOUR = Duration.hours(1)

/** Runs a test of an hour in memory; returns the number of steps. */
const stepsOf = <E>(test: Effect.Effect<void, E, WorkflowInfra | Projects | Scope.Scope>) =>
  Effect.gen(function* () {
    const steps = yield* Ref.make(0)
    const clock = yield* Effect.clock
    const counting: Clock.Clock = Object.create(clock, {
      sleep: {
        value: (duration: Duration.Duration) =>
          Effect.flatMap(clock.currentTimeMillis, (now) => {
            const isStep = Duration.greaterThan(duration, Duration.zero)
            const ends = Duration.sum(Duration.millis(now), duration)
            return Effect.zipRight(
              isStep && Duration.lessThanOrEqualTo(ends, HOUR) ? Ref.update(steps, (n) => n + 1) : Effect.void,
              clock.sleep(duration)
            )
          })
      }
    })
    yield* test.pipe(Effect.provide(WorkflowInfra.layerMemory), Effect.withClock(counting))
    return yield* Ref.get(steps)
  })

it.scoped("in memory, an hour has few steps, also while workflows wait for their time, are awaited and followed", () =>
  Effect.gen(function* () {
    const waiting = Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure("example"))
      const written = yield* Ref.make<ReadonlyArray<string>>([])
      const long = yield* infra.register(longKind(written))
      const first = yield* long.start({ projectId, config: { steps: ["one", "two"] } })
      const watcher = yield* Effect.fork(Stream.runDrain(infra.changes(projectId, first.id)))
      const startAt = new Date(Duration.toMillis("25 minutes"))
      const later = yield* long.start({ projectId, startAt, config: { steps: ["three"] } })
      const awaited = yield* Effect.fork(long.join(projectId, later.id))
      yield* TestClock.adjust("25 minutes")
      // At its time, and not at a poll.
      expect((yield* infra.get(projectId, later.id)).startedAt).toEqual(Option.some(startAt))
      yield* TestClock.adjust("35 minutes")
      yield* Fiber.join(Fiber.zip(watcher, awaited))
      expect(yield* Ref.get(written)).toEqual(["one", "two", "three"])
    })
    // Tasks end after 10, 20 and 35 minutes.
    expect(yield* stepsOf(waiting)).toBeLessThanOrEqual(3 * STEPS_PER_COMMIT + MOST_STEPS)
  })
)

it.scoped("in memory, tasks and executed workflows cost no steps but those of their own sleeps", () =>
  Effect.gen(function* () {
    const executing = Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure("example"))
      const Napping = WorkflowKind.make("napping", {
        config: Schema.Struct({ minutes: Schema.Int }),
        success: Schema.Int,
        run: ({ config: { minutes }, progress, queue }) =>
          Effect.gen(function* () {
            for (let minute = 0; minute < minutes; minute++) {
              yield* queue.enqueue({
                id: `nap ${minute}`,
                name: "Nap",
                class: "data",
                execute: Effect.sleep("59 seconds"),
                commit: () => progress({ message: `minute ${minute}`, done: minute, total: minutes })
              })
            }
            yield* queue.wait
            return minutes
          })
      })
      const naps = yield* infra.register(Napping)
      const executed = yield* Effect.forkAll(
        [1, 20, 60].map((minutes) => naps.execute({ projectId, config: { minutes } }))
      )
      yield* TestClock.adjust("59 minutes")
      expect(yield* Fiber.join(executed)).toEqual([1, 20, 60])
    })
    expect(yield* stepsOf(executing)).toBeLessThanOrEqual((1 + 20 + 60) * STEPS_PER_COMMIT + MOST_STEPS)
  })
)

it.scoped("in memory, workflows that end one after the other within an hour leave no steps behind", () =>
  Effect.gen(function* () {
    const Nap = WorkflowKind.make("nap", {
      config: Schema.Struct({ seconds: Schema.Int }),
      run: ({ config, queue }) =>
        Effect.zipRight(
          queue.enqueue({
            id: "nap",
            name: "Nap",
            class: "data",
            execute: Effect.sleep(Duration.seconds(config.seconds))
          }),
          queue.wait
        )
    })
    const naps = Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure("example"))
      return { nap: yield* infra.register(Nap), projectId }
    })
    const executed = Effect.gen(function* () {
      const { nap, projectId } = yield* naps
      const all = yield* Effect.fork(nap.execute({ projectId, config: { seconds: 36 } }).pipe(Effect.repeatN(99)))
      yield* TestClock.adjust(HOUR)
      yield* Fiber.join(all)
    })
    expect(yield* stepsOf(executed)).toBeLessThanOrEqual(100 + MOST_STEPS)

    const scheduled = Effect.gen(function* () {
      const { nap, projectId } = yield* naps
      yield* nap.schedule({ name: "naps", projectId, cron: Cron.unsafeParse("* * * * *"), config: { seconds: 0 } })
      yield* TestClock.adjust(HOUR)
      const infra = yield* WorkflowInfra
      expect((yield* infra.list({ projectId, state: "completed", limit: 100 })).workflows).toHaveLength(60)
    })
    expect(yield* stepsOf(scheduled)).toBeLessThanOrEqual(60 + MOST_STEPS)
  })
)

it.scoped("in memory, a week passes within the time limit of a test", () =>
  Effect.gen(function* () {
    const infra = yield* WorkflowInfra
    const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure("example"))
    const nights = yield* infra.register(
      WorkflowKind.make("night", { config: Schema.Struct({}), run: () => Effect.sleep("6 hours") })
    )
    yield* nights.schedule({ name: "nights", projectId, cron: Cron.unsafeParse("0 23 * * *"), config: {} })
    yield* TestClock.adjust("7 days")
    expect((yield* infra.list({ projectId, state: "completed" })).workflows).toHaveLength(6)
  }).pipe(Effect.provide(WorkflowInfra.layerMemory))
)

it.scoped("in memory, a task that says it may be retried is", () =>
  Effect.gen(function* () {
    const infra = yield* WorkflowInfra
    const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure("example"))
    const tries = yield* Ref.make(0)
    const failing = yield* infra.register(
      WorkflowKind.make("failing", {
        config: Schema.Struct({}),
        run: ({ queue }) =>
          Effect.zipRight(
            queue.enqueue({
              id: "once",
              name: "Fails once",
              class: "data",
              execute: Effect.flatMap(
                Ref.updateAndGet(tries, (n) => n + 1),
                (n) => (n === 1 ? Effect.fail({ message: "not yet", retryable: true }) : Effect.void)
              )
            }),
            queue.wait
          )
      })
    )
    const { id } = yield* failing.start({ projectId, config: {} })
    yield* TestClock.adjust("1 minute")
    expect((yield* infra.get(projectId, id)).state).toBe("completed")
    expect(yield* Ref.get(tries)).toBe(2)
  }).pipe(Effect.provide(WorkflowInfra.layerMemory))
)

it.scoped("a span around what a run does is the parent of those of its tasks and commits", () =>
  Effect.gen(function* () {
    const infra = yield* WorkflowInfra
    const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure("example"))
    const seen = yield* Ref.make<ReadonlyArray<string>>([])
    const note = (what: string) =>
      Effect.flatMap(Effect.orDie(Effect.currentSpan), ({ name }) =>
        Ref.update(seen, (before) => [...before, `${what} in ${name}`])
      )
    const traced = yield* infra.register(
      WorkflowKind.make("traced", {
        config: Schema.Struct({}),
        run: ({ queue }) =>
          queue
            .enqueue({ id: "a", name: "A", class: "data", execute: note("execute"), commit: () => note("commit") })
            .pipe(Effect.zipRight(queue.wait), Effect.withSpan("the run"))
      })
    )
    yield* traced.execute({ projectId, config: {} })
    expect(yield* Ref.get(seen)).toEqual(["execute in the run", "commit in the run"])
  }).pipe(Effect.provide(WorkflowInfra.layerMemory))
)

it.effect("in memory, a project of a name is always the same", () =>
  Effect.gen(function* () {
    const { ensure } = yield* Projects
    const first = yield* ensure("example")
    expect(yield* ensure("example")).toBe(first)
    expect(yield* ensure("another")).not.toBe(first)
  }).pipe(Effect.provide(Projects.layerMemory))
)

/** What a start is refused with, or that it was not. */
const refusal = (start: Effect.Effect<unknown, { readonly message: string }>) =>
  Effect.match(start, { onFailure: ({ message }) => message, onSuccess: () => "started" })

const Any = WorkflowKind.make("any", { config: Schema.Unknown, run: () => Effect.void })

/** Starts that cannot be stored, and what they are refused with. */
const unstorable = Effect.gen(function* () {
  const infra = yield* WorkflowInfra
  const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure("example"))
  const any = yield* infra.register(Any)
  const good = { projectId, config: null }
  expect(yield* refusal(any.start({ ...good, projectId: "nobody" }))).toContain('there is no project "nobody"')
  const other = crypto.randomUUID()
  expect(yield* refusal(any.start({ ...good, projectId: other }))).toContain(`there is no project "${other}"`)
  expect(yield* refusal(any.start({ ...good, datasourceId: "x" }))).toContain('datasourceId is no UUID: "x"')
  expect(yield* refusal(any.start({ ...good, ontologyId: "x" }))).toContain('ontologyId is no UUID: "x"')
  for (const startAt of [new Date(Number.NaN), new Date(-8.64e15)]) {
    expect(yield* refusal(any.start({ ...good, startAt }))).toContain("startAt is no date")
  }
  for (const text of ["\0", "a\\\0", "half \uD83D"]) {
    expect(yield* refusal(any.start({ ...good, config: { text } }))).toContain("characters that are no text")
  }
  expect(yield* refusal(any.start({ ...good, config: "x".repeat(1_000_000) }))).toContain("1000000 is the most")
  expect(yield* refusal(any.start({ ...good, config: () => 1 }))).toContain("it is no JSON")
  // Text that only looks like them, and the ends of what can be stored.
  for (const config of ["\\u0000", "\\\\ud83d", "\u{1F600}", new Date(0)]) {
    const { id } = yield* any.start({ ...good, config })
    expect((yield* infra.get(projectId, id)).config).toEqual(JSON.parse(JSON.stringify(config)))
  }
  expect(yield* refusal(any.start({ ...good, startAt: new Date(8.64e15) }))).toBe("started")
})

it.scoped("in memory, a start is refused that PostgreSQL could not store", () =>
  Effect.provide(unstorable, WorkflowInfra.layerMemory)
)

/** What a transaction is no place for, and how it is refused. */
const misplaced = Effect.gen(function* () {
  const infra = yield* WorkflowInfra
  const { withProject } = yield* TenantContext
  const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure("example"))
  const any = yield* infra.register(Any)
  const enqueuing = yield* infra.register(
    WorkflowKind.make("enqueuing", {
      config: Schema.Struct({}),
      run: ({ fenced, queue }) => fenced(queue.enqueue({ id: "a", name: "A", class: "data", execute: Effect.void }))
    })
  )
  const ticks = any.schedule({ name: "ticks", projectId, cron: Cron.unsafeParse("0 0 1 1 *"), config: null })
  const cases = [
    ["execute", withProject(projectId)(any.execute({ projectId, config: null }))],
    ["schedule", withProject(projectId)(ticks)],
    ["enqueue", enqueuing.execute({ projectId, config: {} })]
  ] as const
  for (const [what, effect] of cases) {
    expect(String(Cause.squash(yield* Effect.flip(Effect.sandbox(effect))))).toContain(`${what} inside a transaction`)
  }
})

it.scoped("in memory, what is no part of a transaction is refused there", () =>
  Effect.provide(misplaced, Layer.merge(WorkflowInfra.layerMemory, TenantContext.layerMemory))
)

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("in PostgreSQL", (it) => {
  it.scoped("the same starts are refused with the same words", () => Effect.provide(unstorable, TestInfra.server()))
  it.scoped("the same is refused in a transaction", () => Effect.provide(misplaced, TestInfra.server()))
})
