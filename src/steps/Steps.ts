import { Effect } from "effect"

/**
 * A long computation in short steps: a generator that yields after each step and returns the result. A step handles about one
 * item of a collection. The caller decides, by time, after which steps it pauses.
 */
export type Steps<A> = Generator<void, A, void>

/** `items.flatMap(f)`, one item per step. */
export function* flatMapInSteps<A, B>(items: Iterable<A>, f: (item: A) => ReadonlyArray<B>): Steps<Array<B>> {
  const results: Array<B> = []
  for (const item of items) {
    for (const result of f(item)) results.push(result)
    yield
  }
  return results
}

/** `items.map(f)`, one item per step. */
export function* mapInSteps<A, B>(items: Iterable<A>, f: (item: A) => B): Steps<Array<B>> {
  const results: Array<B> = []
  for (const item of items) {
    results.push(f(item))
    yield
  }
  return results
}

/** `new Map(items.map(f))`, one item per step. */
export function* indexInSteps<A, K, V>(items: Iterable<A>, f: (item: A) => readonly [K, V]): Steps<Map<K, V>> {
  const index = new Map<K, V>()
  for (const item of items) {
    index.set(...f(item))
    yield
  }
  return index
}

/** Number of items sorted in one step: takes 1 to 2 ms. */
const SORTED_AT_ONCE = 1_000

/**
 * `items.toSorted(compare)` as a merge sort: parts of 1,000 items are sorted, one per step, then merged, one item per step.
 * Stable.
 */
export function* sortInSteps<A>(items: ReadonlyArray<A>, compare: (a: A, b: A) => number): Steps<ReadonlyArray<A>> {
  let runs: Array<ReadonlyArray<A>> = []
  for (let at = 0; at < items.length; at += SORTED_AT_ONCE) {
    runs.push(items.slice(at, at + SORTED_AT_ONCE).sort(compare))
    yield
  }
  while (runs.length > 1) {
    const merged: Array<ReadonlyArray<A>> = []
    for (let i = 0; i < runs.length; i += 2) merged.push(yield* mergeInSteps(runs[i] ?? [], runs[i + 1] ?? [], compare))
    runs = merged
  }
  return runs[0] ?? []
}

function* mergeInSteps<A>(
  left: ReadonlyArray<A>,
  right: ReadonlyArray<A>,
  compare: (a: A, b: A) => number
): Steps<ReadonlyArray<A>> {
  const merged: Array<A> = []
  let at = 0
  for (const item of left) {
    for (let next = right[at]; next !== undefined && compare(next, item) < 0; next = right[++at]) {
      merged.push(next)
      yield
    }
    merged.push(item)
    yield
  }
  for (const item of right.slice(at)) {
    merged.push(item)
    yield
  }
  return merged
}

/** Runs all steps without a pause and returns the result. */
export const atOnce = <A>(steps: Steps<A>): A => {
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}

/**
 * Continues in the next iteration of the event loop, after timers and sockets. `Effect.yieldNow` yields to other fibers only
 * and would leave these waiting.
 */
export const othersTurn = Effect.async<void>((resume) => {
  const next = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(next))
})

/** Milliseconds that steps run before the event loop continues: a delay that does not matter to a heartbeat. */
const SLICE = 10

/** Makes an effect for loops that never wait: it lets the event loop continue if the last time was more than 10 ms ago. */
export const turns: Effect.Effect<Effect.Effect<void>> = Effect.sync(() => {
  let end = performance.now() + SLICE
  const turn = Effect.map(othersTurn, () => {
    end = performance.now() + SLICE
  })
  return Effect.suspend(() => (performance.now() < end ? Effect.void : turn))
})

/**
 * Runs the steps in slices of about 10 ms and returns the result. Between slices the event loop continues, so that heartbeats
 * are not delayed, and the effect can be interrupted.
 */
export const stepwise = <A>(start: () => Steps<A>): Effect.Effect<A> =>
  Effect.gen(function* () {
    const steps = start()
    for (;;) {
      const end = performance.now() + SLICE
      do {
        const step = steps.next()
        if (step.done === true) return step.value
      } while (performance.now() < end)
      yield* othersTurn
    }
  })
