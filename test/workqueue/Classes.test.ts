import { describe, expect, it } from "@effect/vitest"
import { Effect, Ref, Schema, TestClock } from "effect"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import { Projects } from "../../src/tenant/Projects.ts"
import { ConcurrencyStrategy } from "../../src/workqueue/ConcurrencyStrategy.ts"
import { RetryPolicy } from "../../src/workqueue/RetryPolicy.ts"
import { WorkQueue } from "../../src/workqueue/WorkQueue.ts"

/** Counts how many of each class run at the same time. */
const counting = Effect.map(
  Effect.all([Ref.make(new Map<string, number>()), Ref.make(new Map<string, number>())]),
  ([now, most]) => ({
    most: Ref.get(most),
    during: (name: string) =>
      Effect.acquireUseRelease(
        Effect.flatMap(
          Ref.updateAndGet(now, (all) => new Map(all).set(name, (all.get(name) ?? 0) + 1)),
          (all) =>
            Ref.update(most, (before) => new Map(before).set(name, Math.max(before.get(name) ?? 0, all.get(name) ?? 0)))
        ),
        () => Effect.sleep("1 second"),
        () => Ref.update(now, (all) => new Map(all).set(name, (all.get(name) ?? 0) - 1))
      )
  })
)

describe("classes of one's own", () => {
  it.scoped("have the limits that their strategy gives them, each for itself", () =>
    Effect.gen(function* () {
      const { during, most } = yield* counting
      const queue = yield* WorkQueue.make({
        strategy: ConcurrencyStrategy.make({ gpu: 1, network: 3, disk: Infinity })
      })
      for (const name of ["gpu", "network", "disk"] as const) {
        for (let n = 0; n < 7; n++) {
          yield* queue.enqueue({ id: `${name} ${n}`, name, class: name, execute: during(name) })
        }
      }
      yield* TestClock.adjust("10 seconds")
      yield* queue.wait
      expect(yield* most).toEqual(new Map(Object.entries({ gpu: 1, network: 3, disk: 7 })))
      expect((yield* queue.snapshot)[0]?.class).toBe("gpu")
    })
  )

  it.scoped("are the only ones that compile, and that a queue takes", () =>
    Effect.gen(function* () {
      const queue = yield* WorkQueue.make({ strategy: ConcurrencyStrategy.make({ gpu: 1 }) })
      // @ts-expect-error -- not one of the strategy's
      const other = queue.enqueue({ id: "a", name: "a", class: "data", execute: Effect.void })
      const defect = yield* other.pipe(
        Effect.as(""),
        Effect.catchAllDefect((error) => Effect.succeed(String(error)))
      )
      expect(defect).toContain('task a has the class "data", and the strategy names gpu')
      const plain = yield* WorkQueue.make()
      // @ts-expect-error -- without a strategy there are llm and data
      yield* Effect.exit(plain.enqueue({ id: "a", name: "a", class: "gpu", execute: Effect.void }))
    })
  )

  it("are named, with limits that are whole numbers from 1 or Infinity", () => {
    expect(() => ConcurrencyStrategy.make({ gpu: 0 })).toThrow(
      "the concurrency of class gpu must be a whole number from 1, or Infinity, but is 0"
    )
    expect(() => ConcurrencyStrategy.make({})).toThrow("a strategy without classes could run no task")
  })

  it.scoped("are a kind's, and its tasks are of them", () =>
    Effect.gen(function* () {
      const { during, most } = yield* counting
      const infra = yield* WorkflowInfra
      const render = yield* infra.register(
        WorkflowKind.make("render", {
          config: Schema.Null,
          success: Schema.Int,
          strategy: ConcurrencyStrategy.make({ gpu: 1, network: 2 }),
          run: ({ queue }) =>
            Effect.gen(function* () {
              for (let n = 0; n < 4; n++) {
                yield* queue.enqueue({ id: `gpu ${n}`, name: "gpu", class: "gpu", execute: during("gpu") })
                yield* queue.enqueue({
                  id: `network ${n}`,
                  name: "network",
                  class: "network",
                  execute: during("network")
                })
              }
              const wrong = { id: "x", name: "x", class: "llm", execute: Effect.void } as const
              // @ts-expect-error -- not one of the kind's
              const refused = queue.enqueue(wrong)
              yield* Effect.ignore(Effect.sandbox(refused))
              return 8
            })
        })
      )
      const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure("example"))
      const { id } = yield* render.start({ projectId, config: null })
      yield* TestClock.adjust("10 seconds")
      expect(yield* render.join(projectId, id)).toBe(8)
      expect(yield* most).toEqual(new Map(Object.entries({ gpu: 1, network: 2 })))
    }).pipe(Effect.provide(WorkflowInfra.layerMemory))
  )
})

describe("a task's own retry policy", () => {
  it.scoped("is used instead of the queue's, for execute and for commit", () =>
    Effect.gen(function* () {
      const tries = yield* Ref.make<ReadonlyArray<string>>([])
      const failing = (name: string) =>
        Effect.zipRight(
          Ref.update(tries, (all) => [...all, name]),
          Effect.fail({ message: name, retryable: true })
        )
      const attempts = Effect.map(Ref.getAndSet(tries, []), ({ length }) => length)
      const run = (task: { readonly retry?: RetryPolicy; readonly inCommit?: boolean }) =>
        Effect.scoped(
          Effect.gen(function* () {
            const queue = yield* WorkQueue.make({ retry: RetryPolicy.make({ retries: 1, firstDelay: "1 second" }) })
            yield* queue.enqueue({
              id: "a",
              name: "a",
              class: "data",
              retry: task.retry,
              execute: task.inCommit === true ? Effect.void : failing("execute"),
              ...(task.inCommit === true ? { commit: () => failing("commit") } : {})
            })
            yield* TestClock.adjust("1 hour")
            yield* Effect.flip(queue.wait)
            return yield* attempts
          })
        )
      const four = RetryPolicy.make({ retries: 4, firstDelay: "1 second" })
      expect(yield* run({})).toBe(2)
      expect(yield* run({ retry: four })).toBe(5)
      expect(yield* run({ retry: RetryPolicy.none })).toBe(1)
      expect(yield* run({ retry: four, inCommit: true })).toBe(5)
      expect(yield* run({ inCommit: true })).toBe(2)
    })
  )
})
