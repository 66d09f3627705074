import { Effect } from "effect"

/** A long computation in steps: it pauses at every `yield`, and returns its result in the end. Pure: nothing happens between the steps. */
export type Steps<A> = Generator<void, A, void>

/** Items dealt with in one step, where each is quickly done: some milliseconds. */
const STEP = 500

/** `items.flatMap(f)` in steps of `size` items. */
export function* flatMapInSteps<A, B>(
  items: ReadonlyArray<A>,
  f: (item: A) => ReadonlyArray<B>,
  size: number = STEP
): Steps<Array<B>> {
  const results: Array<B> = []
  for (let i = 0; i < items.length; i++) {
    const item = items[i]
    if (item !== undefined) results.push(...f(item))
    if (i % size === size - 1) yield
  }
  return results
}

/** The result at once, where nobody waits meanwhile. */
export const atOnce = <A>(steps: Steps<A>): A => {
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}

/** The event loop's turn: timers and sockets, which a mere yield to other fibers would leave waiting. */
const othersTurn = Effect.async<void>((resume) => {
  const next = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(next))
})

/** The result step by step, so that heartbeats and everything else in this process go on meanwhile. Can be interrupted between steps. */
export const stepwise = <A>(start: () => Steps<A>): Effect.Effect<A> =>
  Effect.gen(function* () {
    const steps = start()
    let step = steps.next()
    while (step.done !== true) {
      yield* othersTurn
      step = steps.next()
    }
    return step.value
  })
