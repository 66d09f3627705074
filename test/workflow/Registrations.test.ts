import { describe, expect, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Ref, type Scope, TestClock } from "effect"
import { defaults } from "../../src/workflow/WorkflowSettings.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { kind as kindOf, look } from "../fixtures/TestWorkflows.ts"

// A test that adjusts hours and waits for nothing pays for every beat and poll in real time.
const calm = { ...defaults, heartbeatInterval: Duration.hours(1), pollInterval: Duration.minutes(1) }

const run = <A, E>(test: Effect.Effect<A, E, TestInfra.Memory | Scope.Scope>) => Effect.provide(test, TestInfra.memory)

describe("a start", () => {
  it.scoped("with the key of a workflow that runs gives it and runs nothing a second time, nor when it has ended", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const runs = yield* Ref.make(0)
      const may = yield* Deferred.make<void>()
      const kind = yield* infra.register(
        kindOf("once", () =>
          Effect.zipRight(
            Ref.update(runs, (n) => n + 1),
            Deferred.await(may)
          )
        )
      )
      const start = kind.start({ projectId: "project", idempotencyKey: "order 7", config: null })
      const started = yield* Effect.replicateEffect(start, 50, { concurrency: "unbounded" })
      yield* TestClock.adjust("1 second")
      expect(new Set([...started, yield* start].map(({ id }) => id)).size).toBe(1)
      yield* Deferred.succeed(may, undefined)
      yield* TestClock.adjust("1 second")
      expect((yield* start).state).toBe("completed")
      yield* TestClock.adjust("1 hour")
      expect(yield* Ref.get(runs)).toBe(1)
    }).pipe(run)
  )

  it.scoped("with the key of a workflow whose process was stopped goes on with it", () =>
    Effect.gen(function* () {
      const runs = yield* Ref.make(0)
      const may = yield* Deferred.make<void>()
      const once = kindOf("once", () =>
        Effect.zipRight(
          Ref.update(runs, (n) => n + 1),
          Deferred.await(may)
        )
      )
      const order = { projectId: "project", idempotencyKey: "order 7", config: null }
      const first = yield* Effect.gen(function* () {
        const kind = yield* Effect.flatMap(TestInfra.start(calm), ({ register }) => register(once))
        return yield* Effect.zipLeft(kind.start(order), TestClock.adjust("1 second"))
      }).pipe(Effect.scoped)
      expect((yield* look("project", first.id)).state).toBe("pending")
      // It may take over nothing but what it starts itself.
      const commanded = { ...calm, takeover: { projectIds: [], workflowIds: [] } }
      const kind = yield* Effect.flatMap(TestInfra.start(commanded), ({ register }) => register(once))
      expect((yield* kind.start(order)).id).toBe(first.id)
      yield* Deferred.succeed(may, undefined)
      yield* TestClock.adjust("2 minutes")
      expect((yield* look("project", first.id)).state).toBe("completed")
      expect(yield* Ref.get(runs)).toBe(2)
    }).pipe(run)
  )

  it.scoped("for later waits until then, whoever started it, and runs once", () =>
    Effect.gen(function* () {
      const runs = yield* Ref.make(0)
      const counted = kindOf("later", () => Ref.update(runs, (n) => n + 1))
      const startAt = new Date(Duration.toMillis("1 hour"))
      const first = yield* Effect.gen(function* () {
        const kind = yield* Effect.flatMap(TestInfra.start(calm), ({ register }) => register(counted))
        return yield* kind.start({ projectId: "project", startAt, config: null })
      }).pipe(Effect.scoped)
      expect([first.state, first.startAt]).toEqual(["pending", startAt])
      yield* Effect.flatMap(TestInfra.start(calm), ({ register }) => register(counted))
      yield* TestClock.adjust("59 minutes")
      expect([(yield* look("project", first.id)).state, yield* Ref.get(runs)]).toEqual(["pending", 0])
      yield* TestClock.adjust("2 minutes")
      expect([(yield* look("project", first.id)).state, yield* Ref.get(runs)]).toEqual(["completed", 1])
    }).pipe(run)
  )

  it.scoped("with a key that is too long or no text is refused in one line that does not repeat it", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const kind = yield* infra.register(kindOf("keyed", () => Effect.void))
      const start = { projectId: "project", config: null }
      const refusal = (keys: { readonly idempotencyKey?: string; readonly exclusiveKey?: string }) =>
        Effect.map(Effect.flip(kind.start({ ...start, ...keys })), ({ _tag, message }) => `${_tag}: ${message}`)
      expect(yield* refusal({ idempotencyKey: "é".repeat(251) })).toBe(
        "InvalidKey: a workflow of kind keyed cannot be started with this idempotencyKey: it has 502 bytes, and 500 is the most"
      )
      const text = "it has characters that are no text (NUL, or half a surrogate pair)"
      expect(yield* refusal({ exclusiveKey: "a\0b" })).toBe(
        `InvalidKey: a workflow of kind keyed cannot be started with this exclusiveKey: ${text}`
      )
      expect(yield* refusal({ exclusiveKey: "\uD800" })).toContain(text)
      const longest = "é".repeat(250)
      yield* kind.start({ ...start, idempotencyKey: longest, exclusiveKey: longest })
    }).pipe(run)
  )

  it.scoped("the priority of a workflow is a whole number from -100 to 100, and 0 where none is given", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start()
      const kind = yield* infra.register(kindOf("ranked", () => Effect.void))
      const start = (priority?: number) =>
        kind.start({ projectId: "project", config: null, ...(priority === undefined ? {} : { priority }) })
      for (const priority of [101, -101, 0.5, Number.NaN, Infinity]) {
        expect((yield* Effect.flip(start(priority))).message).toBe(
          `a workflow of kind ranked cannot be started with the priority ${priority}: it is a whole number from -100 to 100`
        )
      }
      for (const priority of [100, -100]) expect((yield* start(priority)).priority).toBe(priority)
      expect((yield* start()).priority).toBe(0)
    }).pipe(run)
  )
})
