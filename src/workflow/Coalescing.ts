import { Duration, Effect, Queue, type Scope } from "effect"

/** How what is gathered is handed over. */
export interface CoalescingOptions<A> {
  /** Receives what was added since it began the last time, each once, in the order of the first addition. Must not fail. */
  readonly deliver: (gathered: ReadonlySet<A>) => Effect.Effect<void>
  /** Delay between the first addition and the delivery: what is added meanwhile is part of it. Default: none. */
  readonly debounce?: Duration.Duration
  /** Pause after a delivery, in which the next one gathers. Default: none. */
  readonly rest?: Duration.Duration
}

const ZERO: Duration.Duration = Duration.zero

const pause = (duration: Duration.Duration) => (Duration.equals(duration, ZERO) ? Effect.void : Effect.sleep(duration))

/**
 * Makes a function that gathers values for one fiber, which delivers them until the scope closes. Adding never blocks, and takes
 * constant time however slow the delivery is.
 */
export const make = <A>({
  debounce = ZERO,
  deliver,
  rest = ZERO
}: CoalescingOptions<A>): Effect.Effect<(value: A) => void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const wakeUp = yield* Queue.sliding<void>(1)
    let gathered = new Set<A>()
    const deliverAll = Effect.suspend(() => {
      const ready = gathered
      gathered = new Set()
      return deliver(ready)
    })
    yield* Queue.take(wakeUp).pipe(
      Effect.zipRight(pause(debounce)),
      Effect.zipRight(deliverAll),
      Effect.zipRight(pause(rest)),
      Effect.forever,
      Effect.interruptible,
      Effect.forkScoped
    )
    return (value) => {
      gathered.add(value)
      Queue.unsafeOffer(wakeUp, undefined)
    }
  })
