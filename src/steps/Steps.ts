import { Effect } from "effect"

/**
 * A long computation in steps: it may pause at every `yield`, and returns its result in the end. Pure: nothing happens between the
 * steps. A step is one item of a collection, or as little as that; whoever runs the steps decides by time where to pause.
 */
export type Steps<A> = Generator<void, A, void>

/** `items.flatMap(f)`, an item a step. */
export function* flatMapInSteps<A, B>(items: Iterable<A>, f: (item: A) => ReadonlyArray<B>): Steps<Array<B>> {
  const results: Array<B> = []
  for (const item of items) {
    for (const result of f(item)) results.push(result)
    yield
  }
  return results
}

/** `items.map(f)`, an item a step. */
export function* mapInSteps<A, B>(items: Iterable<A>, f: (item: A) => B): Steps<Array<B>> {
  const results: Array<B> = []
  for (const item of items) {
    results.push(f(item))
    yield
  }
  return results
}

/** `new Map(items.map(f))`, an item a step. */
export function* indexInSteps<A, K, V>(items: Iterable<A>, f: (item: A) => readonly [K, V]): Steps<Map<K, V>> {
  const index = new Map<K, V>()
  for (const item of items) {
    index.set(...f(item))
    yield
  }
  return index
}

/** So many items are sorted in one step: a millisecond or two. */
const SORTED_AT_ONCE = 1_000

/** `items.toSorted(compare)`: parts are sorted, a part a step, then merged, an item a step. Equal items keep their order. */
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
    for (let next = right[at]; next !== undefined && compare(next, item) < 0; next = right[++at]) merged.push(next)
    merged.push(item)
    yield
  }
  for (const item of right.slice(at)) merged.push(item)
  return merged
}

/** The result at once, where nobody waits meanwhile. */
export const atOnce = <A>(steps: Steps<A>): A => {
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}

/**
 * The event loop's turn: timers and sockets, which a mere yield to other fibers would leave waiting. To be taken before
 * each of many short computations that follow each other without waiting for anything.
 */
export const othersTurn = Effect.async<void>((resume) => {
  const next = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(next))
})

/** Steps are taken for so long, in milliseconds, before everybody else has a turn. */
const SLICE = 10

/** For a loop of effects that wait for nothing: gives the event loop its turn where the last one was longer ago than a slice. */
export const turns: Effect.Effect<Effect.Effect<void>> = Effect.sync(() => {
  let end = performance.now() + SLICE
  const turn = Effect.map(othersTurn, () => {
    end = performance.now() + SLICE
  })
  return Effect.suspend(() => (performance.now() < end ? Effect.void : turn))
})

/**
 * The result, in slices of some 10 ms with a turn of the event loop between them, so that heartbeats and everything else in this process
 * go on meanwhile. Can be interrupted between slices.
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
