import { randomBytes } from "node:crypto"
import { Deferred, Effect, Option, PubSub, Queue, type Scope, Stream } from "effect"

/** Events that are kept for clients that come back: minutes of a busy workflow. */
const KEPT_EVENTS = 256
/** Characters of them together. */
const KEPT_SIZE = 4_000_000

/** How a feed's states become events. */
export interface FeedOptions<S, E, R> {
  readonly states: Stream.Stream<S, E, R>
  /** The whole state, as JSON. */
  readonly whole: (state: S) => Effect.Effect<string>
  /** What changed, as JSON; none where that is nothing. */
  readonly changes: (before: S, after: S) => Effect.Effect<Option.Option<string>>
}

/** Events as text, shared by all that follow the same. */
export interface Feed<E> {
  /**
   * The events after the one of this id, where it is known, and otherwise the whole state; then what comes. Ends when there is nothing to
   * come, and fails with the states. Whoever takes too slowly to get every event gets the whole state instead: nothing piles up.
   */
  readonly events: (lastEventId: Option.Option<string>) => Stream.Stream<string, E>
}

/** An event in the format of server-sent events. */
export const event = (name: string, id: string, json: string): string => `event: ${name}\nid: ${id}\ndata: ${json}\n\n`

/** Runs the states until the scope closes, and keeps their newest events. */
export const make = <S, E, R>({
  changes,
  states,
  whole
}: FeedOptions<S, E, R>): Effect.Effect<Feed<E>, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    /** Names this feed, so that ids of another one are not taken for its own. */
    const name = randomBytes(6).toString("hex")
    const idOf = (place: number) => `${name}-${place}`
    const wakeUps = yield* PubSub.sliding<void>(1)
    const failed = yield* Deferred.make<never, E>()
    let kept: ReadonlyArray<{ readonly place: number; readonly text: string }> = []
    let size = 0
    let place = 0
    let latest = Option.none<S>()
    let snapshot = Option.none<{ readonly place: number; readonly text: string }>()
    let isOver = false

    const take = (state: S) =>
      Effect.gen(function* () {
        const before = latest
        const news = Option.isNone(before) ? Option.none() : yield* changes(before.value, state)
        latest = Option.some(state)
        if (Option.isSome(news)) {
          place++
          const text = event("change", idOf(place), news.value)
          kept = [...kept, { place, text }]
          size += text.length
          while (kept.length > KEPT_EVENTS || (size > KEPT_SIZE && kept.length > 1)) {
            size -= kept[0]?.text.length ?? 0
            kept = kept.slice(1)
          }
        } else if (Option.isSome(before)) return
        yield* PubSub.publish(wakeUps, undefined)
      })
    yield* Stream.runForEach(states, take).pipe(
      Effect.zipRight(
        Effect.suspend(() => {
          isOver = true
          return PubSub.publish(wakeUps, undefined)
        })
      ),
      Effect.catchAllCause((cause) => Deferred.failCause(failed, cause)),
      Effect.forkScoped
    )

    /** Made once for all that ask for the same one. */
    const wholeNow = (state: S) =>
      Effect.gen(function* () {
        const at = place
        if (Option.exists(snapshot, (made) => made.place === at)) return Option.getOrThrow(snapshot)
        const made = { place: at, text: event("snapshot", idOf(at), yield* whole(state)) }
        snapshot = Option.some(made)
        return made
      })

    const placeOf = (id: string): Option.Option<number> => {
      const [feed, number = ""] = id.split("-")
      return feed === name && /^\d{1,15}$/.test(number) ? Option.some(Number(number)) : Option.none()
    }

    type Next = Effect.Effect<Option.Option<readonly [string, Option.Option<number>]>, E>

    return {
      events: (lastEventId) =>
        Stream.unwrapScoped(
          Effect.map(PubSub.subscribe(wakeUps), (woken) => {
            const next = (seen: Option.Option<number>): Next =>
              Effect.suspend((): Next => {
                if (Option.isSome(latest)) {
                  const first = kept[0]?.place ?? place + 1
                  const isKnown = Option.exists(seen, (at) => at <= place && at >= first - 1)
                  if (!isKnown) {
                    return Effect.map(wholeNow(latest.value), (made) =>
                      Option.some([made.text, Option.some(made.place)])
                    )
                  }
                  const at = Option.getOrElse(seen, () => place)
                  const news = kept.filter((each) => each.place > at)
                  if (news.length > 0) {
                    return Effect.succeedSome([news.map(({ text }) => text).join(""), Option.some(place)])
                  }
                }
                if (isOver) return Effect.succeedNone
                return Effect.zipRight(Effect.raceFirst(Queue.take(woken), Deferred.await(failed)), next(seen))
              })
            return Stream.unfoldEffect(Option.flatMap(lastEventId, placeOf), next)
          })
        )
    }
  })
