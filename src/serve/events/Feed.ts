import { randomBytes } from "node:crypto"
import { type Cause, Duration, Effect, Option, PubSub, Queue, Schedule, type Scope, Stream } from "effect"
import { Sending } from "./Sending.ts"

/** Events that are kept for clients that come back: minutes of a busy workflow. */
const KEPT_EVENTS = 256
/** Bytes of them together. */
const KEPT_SIZE = 4_000_000
/** Interval between two comments on an idle stream. They keep proxies from closing it, and show when a client has gone or its token was revoked. */
const HEARTBEAT = Duration.seconds(5)
/** After how many milliseconds a client is to come back. */
const RETRY = 2_000
/** Bytes that a client is given before others have their turn: a long event, given to all at once, would keep the process from its work. */
const TURN = 65_536

/** How a feed's states become events. */
export interface FeedOptions<S, E, R> {
  readonly states: Stream.Stream<S, E, R>
  /** The whole state, as JSON. */
  readonly whole: (state: S) => Effect.Effect<string>
  /** What changed, as JSON; none where that is nothing. */
  readonly changes: (before: S, after: S) => Effect.Effect<Option.Option<string>>
}

/**
 * Waits for the next bytes to send to a client and returns them; returns none when the stream has ended. One fiber calls it again and again,
 * and sends the bytes before the next call.
 */
export type Pull<E> = Effect.Effect<Option.Option<Uint8Array>, E>

/** Events in the format of server-sent events, made once for all that follow the same. */
export interface Feed<E> {
  /**
   * The events after the one of this id, where it is known, and otherwise the whole state; then what comes. The last one, `end`, says that
   * there is nothing to come; without it, the feed was closed. Fails with the states. Whoever takes too slowly to get every event gets the
   * whole state instead: nothing piles up.
   */
  readonly events: (lastEventId: Option.Option<string>) => Effect.Effect<Pull<E>, never, Scope.Scope>
}

/** Bytes to send, in turns. */
type Pieces = ReadonlyArray<Uint8Array>

interface Event {
  readonly place: number
  readonly pieces: Pieces
  readonly size: number
}

const encoder = new TextEncoder()

const piecesOf = (text: string): Pieces => {
  const bytes = encoder.encode(text)
  return Array.from({ length: Math.ceil(bytes.length / TURN) }, (_, n) => bytes.subarray(n * TURN, (n + 1) * TURN))
}

const BEGINNING = piecesOf(`retry: ${RETRY}\n\n`)
const COMMENT = piecesOf(":\n\n")
const END = piecesOf("event: end\ndata: {}\n\n")

/** Where a client is: what it has yet to be given, the last event that it knows then, and whether nothing comes after. */
interface Reading {
  readonly rest: Pieces
  readonly seen: Option.Option<number>
  readonly isLast: boolean
}

/** Runs the states until the scope closes, and keeps their newest events. */
export const make = <S, E, R>({
  changes,
  states,
  whole
}: FeedOptions<S, E, R>): Effect.Effect<Feed<E>, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const sending = yield* Sending
    /** Names this feed, so that ids of another one are not taken for its own. */
    const name = randomBytes(6).toString("hex")
    const event = (kind: string, at: number, json: string): Event => {
      const pieces = piecesOf(`event: ${kind}\nid: ${name}-${at}\ndata: ${json}\n\n`)
      return { place: at, pieces, size: pieces.reduce((sum, { length }) => sum + length, 0) }
    }
    const wakeUps = yield* PubSub.sliding<void>(1)
    const wake = PubSub.publish(wakeUps, undefined)
    let kept: ReadonlyArray<Event> = []
    let size = 0
    let place = 0
    let latest = Option.none<S>()
    let snapshot = Option.none<Event>()
    let end: "ended" | "closed" | Cause.Cause<E> | undefined

    const finish = (how: "ended" | "closed" | Cause.Cause<E>) =>
      Effect.suspend(() => {
        end ??= how
        return wake
      })

    const take = (state: S) =>
      Effect.gen(function* () {
        const before = latest
        const news = Option.isNone(before) ? Option.none() : yield* changes(before.value, state)
        latest = Option.some(state)
        if (Option.isSome(news)) {
          place++
          const made = event("change", place, news.value)
          kept = [...kept, made]
          size += made.size
          while (kept.length > KEPT_EVENTS || (size > KEPT_SIZE && kept.length > 1)) {
            size -= kept[0]?.size ?? 0
            kept = kept.slice(1)
          }
        } else if (Option.isSome(before)) return
        yield* wake
      })
    yield* Stream.runForEach(states, take).pipe(
      Effect.zipRight(finish("ended")),
      Effect.catchAllCause(finish),
      Effect.forkScoped
    )
    // Whoever is woken without news is sent a comment.
    yield* Effect.forkScoped(Effect.schedule(wake, Schedule.spaced(HEARTBEAT)))
    yield* Effect.addFinalizer(() => finish("closed"))

    /** Made once for all that ask for the same one. */
    const wholeNow = (state: S) =>
      Effect.gen(function* () {
        const at = place
        if (Option.exists(snapshot, (made) => made.place === at)) return Option.getOrThrow(snapshot)
        const made = event("snapshot", at, yield* whole(state))
        snapshot = Option.some(made)
        return made
      })

    const placeOf = (id: string): Option.Option<number> => {
      const [feed, number = ""] = id.split("-")
      return feed === name && /^\d{1,15}$/.test(number) ? Option.some(Number(number)) : Option.none()
    }

    /** What comes next for a client that is woken; nothing where it is to be closed. */
    const read = (seen: Option.Option<number>): Effect.Effect<Option.Option<Reading>, E> =>
      Effect.suspend((): Effect.Effect<Option.Option<Reading>, E> => {
        if (Option.isSome(latest)) {
          const first = kept[0]?.place ?? place + 1
          const isKnown = Option.exists(seen, (at) => at <= place && at >= first - 1)
          if (!isKnown) {
            return Effect.map(wholeNow(latest.value), (made) =>
              Option.some({ rest: made.pieces, seen: Option.some(made.place), isLast: false })
            )
          }
          const at = Option.getOrElse(seen, () => place)
          const rest = kept.filter((each) => each.place > at).flatMap(({ pieces }) => pieces)
          if (rest.length > 0) return Effect.succeedSome({ rest, seen: Option.some(place), isLast: false })
        }
        if (end === undefined) return Effect.succeedSome({ rest: COMMENT, seen, isLast: false })
        if (end === "closed") return Effect.succeedNone
        return end === "ended" ? Effect.succeedSome({ rest: END, seen, isLast: true }) : Effect.failCause(end)
      })

    return {
      events: (lastEventId) =>
        Effect.map(PubSub.subscribe(wakeUps), (woken) => {
          let reading: Reading = { rest: BEGINNING, seen: Option.flatMap(lastEventId, placeOf), isLast: false }
          const isCurrent = () => end === undefined && (Option.isNone(latest) || Option.contains(reading.seen, place))
          const next: Pull<E> = Effect.suspend(() => {
            const [piece, ...rest] = reading.rest
            if (piece !== undefined) {
              reading = { ...reading, rest }
              return Effect.as(sending.turn(piece.length), Option.some(piece))
            }
            if (reading.isLast) return Effect.succeedNone
            const later = isCurrent() ? Effect.asVoid(Queue.take(woken)) : Effect.void
            return Effect.flatMap(
              Effect.zipRight(
                later,
                Effect.suspend(() => read(reading.seen))
              ),
              Option.match({
                onNone: () => Effect.succeedNone,
                onSome: (news) => {
                  reading = news
                  return next
                }
              })
            )
          })
          return next
        })
    }
  })
