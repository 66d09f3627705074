import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, FastCheck as fc, Scope } from "effect"
import { ConcurrencyStrategy } from "../../src/workqueue/ConcurrencyStrategy.ts"
import type { Task, TaskClass } from "../../src/workqueue/Task.ts"
import { WorkQueue } from "../../src/workqueue/WorkQueue.ts"

/** A task of a made-up program: how long its halves take, in yields, and which tasks of the program it enqueues. */
interface Node {
  readonly class: TaskClass
  readonly executing: number
  readonly committing: number
  readonly children: ReadonlyArray<number>
}

const MAX_NODES = 14
const ROOTS = 3

const nodes = (children: (index: number, picks: ReadonlyArray<number>, size: number) => ReadonlyArray<number>) =>
  fc
    .array(
      fc.record({
        class: fc.constantFrom<TaskClass>("llm", "data"),
        executing: fc.nat(6),
        committing: fc.nat(4),
        picks: fc.array(fc.nat(MAX_NODES), { maxLength: 4 })
      }),
      { minLength: 1, maxLength: MAX_NODES }
    )
    .map((all) =>
      all.map(({ picks, ...node }, index): Node => ({ ...node, children: children(index, picks, all.length) }))
    )

/** Any task may enqueue any other, itself and those above it included. */
const anyProgram = nodes((_, picks, size) => picks.map((pick) => pick % size))

/** Tasks enqueue only what comes after them, so that every parent must wait for every child. */
const acyclicProgram = nodes((index, picks, size) =>
  picks.flatMap((pick) => (index + 1 < size ? [index + 1 + (pick % (size - index - 1))] : []))
)

const anyStrategy = fc.oneof(
  fc.record({ dataConcurrency: fc.integer({ min: 1, max: 4 }) }).map(ConcurrencyStrategy.serialized),
  fc.record({ dataConcurrency: fc.integer({ min: 1, max: 4 }) }).map(ConcurrencyStrategy.parallelLlm),
  fc.integer({ min: 1, max: 4 }).map((llm) => ConcurrencyStrategy.throttledLlm(llm))
)

const yields = (times: number) => Effect.replicateEffect(Effect.yieldNow(), times, { discard: true })

const reachable = (program: ReadonlyArray<Node>) => {
  const found = new Set(program.slice(0, ROOTS).map((_, index) => index))
  for (const index of found) for (const child of program[index]?.children ?? []) found.add(child)
  return Array.from(found, String).toSorted()
}

/** Runs a program in a queue, records what is committed and what runs at the same time, and can be given another queue. */
const harness = (program: ReadonlyArray<Node>) => {
  const committed: Array<string> = []
  const active = { llm: 0, data: 0 }
  const most = { llm: 0, data: 0 }

  const working = (taskClass: TaskClass, steps: number) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        active[taskClass]++
        most[taskClass] = Math.max(most[taskClass], active[taskClass])
      }),
      () => yields(steps),
      () => Effect.sync(() => active[taskClass]--)
    )

  const task = (queue: WorkQueue, index: number): Task<number, never, never> => {
    const node = program[index]
    if (node === undefined) throw new Error(`There is no task ${index}`)
    return {
      id: String(index),
      name: `Task ${index}`,
      class: node.class,
      execute: Effect.gen(function* () {
        const before = Math.floor(node.executing / 2)
        yield* working(node.class, before)
        yield* Effect.forEach(node.children, (child) => queue.enqueue(task(queue, child)), { discard: true })
        yield* working(node.class, node.executing - before)
        return index
      }),
      // A commit takes no place of its class.
      commit: () => yields(node.committing)
    }
  }

  const makeQueue = (strategy: ConcurrencyStrategy) =>
    WorkQueue.make({
      strategy,
      completed: new Set(committed),
      // As in a transaction: between the last statement and the durable mark things take their time, too.
      complete: (state, commit) =>
        Effect.zipRight(
          commit,
          Effect.sync(() => committed.push(state.id))
        ).pipe(Effect.zipRight(yields(1)))
    })

  const enqueueRoots = (queue: WorkQueue) =>
    Effect.forEach(program.slice(0, ROOTS), (_, index) => queue.enqueue(task(queue, index)), { discard: true })

  return { committed, enqueueRoots, makeQueue, most }
}

const byNumber = (ids: ReadonlyArray<string>) => ids.toSorted()

describe("WorkQueue, whatever the tasks", () => {
  it.scoped.prop(
    "completes every task once, and never runs more of a class than the strategy allows",
    { program: anyProgram, strategy: anyStrategy },
    ({ program, strategy }) =>
      Effect.gen(function* () {
        const run = harness(program)
        const queue = yield* run.makeQueue(strategy)
        yield* run.enqueueRoots(queue)
        yield* queue.wait
        expect(byNumber(run.committed)).toEqual(reachable(program))
        expect(run.most.llm).toBeLessThanOrEqual(strategy.llm)
        expect(run.most.data).toBeLessThanOrEqual(strategy.data)
        const counts = yield* queue.counts
        expect(counts).toMatchObject({ completed: run.committed.length, total: run.committed.length, running: 0 })
      })
  )

  it.scoped.prop(
    "completes a parent only after all of its children",
    { program: acyclicProgram, strategy: anyStrategy },
    ({ program, strategy }) =>
      Effect.gen(function* () {
        const run = harness(program)
        const queue = yield* run.makeQueue(strategy)
        yield* run.enqueueRoots(queue)
        yield* queue.wait
        for (const [index, node] of program.entries()) {
          const parent = run.committed.indexOf(String(index))
          if (parent < 0) continue
          for (const child of node.children) expect(run.committed.indexOf(String(child))).toBeLessThan(parent)
        }
      })
  )

  it.effect.prop(
    "after crashes anywhere, other queues that are given what was completed do the rest, and every commit happens once",
    {
      program: anyProgram,
      strategy: anyStrategy,
      crashes: fc.array(fc.nat(60), { minLength: 1, maxLength: 4 })
    },
    ({ crashes, program, strategy }) =>
      Effect.gen(function* () {
        const run = harness(program)
        for (const steps of crashes) {
          const scope = yield* Scope.make()
          const queue = yield* Scope.extend(run.makeQueue(strategy), scope)
          yield* run.enqueueRoots(queue)
          yield* yields(steps)
          yield* Scope.close(scope, Exit.void)
        }
        const finish = Effect.gen(function* () {
          const queue = yield* run.makeQueue(strategy)
          yield* run.enqueueRoots(queue)
          yield* queue.wait
        })
        yield* Effect.scoped(finish)
        expect(byNumber(run.committed)).toEqual(reachable(program))
        expect(run.most.data).toBeLessThanOrEqual(strategy.data)
      })
  )

  it.scoped.prop(
    "paused and resumed at any time, commits every task once within the strategy",
    {
      program: anyProgram,
      strategy: anyStrategy,
      pauses: fc.array(fc.record({ before: fc.nat(20), during: fc.nat(5) }), { minLength: 1, maxLength: 5 })
    },
    ({ pauses, program, strategy }) =>
      Effect.gen(function* () {
        const run = harness(program)
        const queue = yield* run.makeQueue(strategy)
        yield* run.enqueueRoots(queue)
        for (const { before, during } of pauses) {
          yield* yields(before)
          yield* queue.pause
          const counts = yield* queue.counts
          expect(counts.running + counts.pending).toBe(0)
          const { length } = run.committed
          yield* yields(during)
          expect(run.committed.length).toBe(length)
          yield* queue.resume
        }
        yield* queue.wait
        expect(byNumber(run.committed)).toEqual(reachable(program))
        expect(run.most.llm).toBeLessThanOrEqual(strategy.llm)
        expect(run.most.data).toBeLessThanOrEqual(strategy.data)
      })
  )
})
