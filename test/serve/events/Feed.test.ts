import { describe, expect, it } from "@effect/vitest"
import { Chunk, Effect, Exit, Fiber, Option, Queue, Scope, Stream } from "effect"
import * as EventStream from "../../../src/serve/events/EventStream.ts"
import * as Feed from "../../../src/serve/events/Feed.ts"
import { eventsOf } from "../server.ts"

const feedOf = (states: Queue.Dequeue<number>) =>
  Feed.make({
    states: Stream.fromQueue(states),
    whole: (state) => Effect.succeed(`"all ${state}"`),
    changes: (before, after) =>
      Effect.succeed(before === after ? Option.none() : Option.some(`"${before} to ${after}"`))
  })

/** A feed's events, as text, without comments and its end. */
const textsOf =
  <E>(feed: Feed.Feed<E>) =>
  (lastEventId: Option.Option<string>) =>
    EventStream.streamOf(feed.events(lastEventId)).pipe(
      Stream.map((bytes) => new TextDecoder().decode(bytes)),
      Stream.filter((text) => text.includes("data: ") && !text.includes("event: end"))
    )

const textOf = (chunk: Chunk.Chunk<string>) => eventsOf(Chunk.join(chunk, "")).map(({ data }) => data)

describe("A feed", () => {
  it.scopedLive("begins with all of it, and goes on with what changes, to its end", () =>
    Effect.gen(function* () {
      const states = yield* Queue.unbounded<number>()
      const events = textsOf(yield* feedOf(states))
      yield* Queue.offer(states, 1)
      const seen: Array<unknown> = []
      const fiber = yield* Effect.fork(
        Stream.runForEach(events(Option.none()), (text) =>
          Effect.sync(() => seen.push(...eventsOf(text).map(({ data }) => data)))
        )
      )
      yield* Effect.repeat(Effect.sleep("1 millis"), { until: () => seen.length === 1 })
      yield* Queue.offerAll(states, [1, 2])
      yield* Effect.repeat(Effect.sleep("1 millis"), { until: () => seen.length === 2 })
      yield* Queue.shutdown(states)
      yield* Fiber.join(fiber)
      expect(seen).toEqual(["all 1", "1 to 2"])
    })
  )

  it.scopedLive("goes on where somebody was, as long as that is known, and otherwise with all of it", () =>
    Effect.gen(function* () {
      const states = yield* Queue.unbounded<number>()
      const events = textsOf(yield* feedOf(states))
      yield* Queue.offerAll(states, [1, 2, 3])
      const first = Option.getOrThrow(yield* Stream.runHead(events(Option.none())))
      yield* Queue.offerAll(states, [4, 5])
      const [{ id = "" } = {}] = eventsOf(first)
      const after = (last: string) =>
        Effect.map(Stream.runHead(Stream.filter(events(Option.some(last)), (text) => text.includes(' 5"'))), (text) =>
          eventsOf(Option.getOrThrow(text))
            .map(({ data }) => data)
            .at(-1)
        )
      expect(yield* after(id)).toBe("4 to 5")
      for (const unknown of ["", "x", `${id}0`, "other-1", id.replace(/-\d+/, "--1")]) {
        expect(yield* after(unknown)).toBe("all 5")
      }
      yield* Queue.offerAll(
        states,
        Array.from({ length: 300 }, (_, n) => 6 + n)
      )
      yield* Effect.repeat(Stream.runHead(events(Option.none())), {
        until: (text) => Option.exists(text, (each) => each.includes("all 305"))
      })
      const late = Option.getOrThrow(yield* Stream.runHead(events(Option.some(id))))
      expect(eventsOf(late).map(({ data }) => data)).toEqual(["all 305"])
    })
  )

  it.scopedLive("gives a long event in turns, says when it has ended, and nothing of that when it is closed", () =>
    Effect.gen(function* () {
      const long = "x".repeat(200_000)
      const feed = (states: Stream.Stream<number>) =>
        Feed.make({ states, whole: () => Effect.succeed(`"${long}"`), changes: () => Effect.succeedNone })
      const ended = yield* feed(Stream.make(1))
      const pieces = Chunk.toReadonlyArray(yield* Stream.runCollect(EventStream.streamOf(ended.events(Option.none()))))
      expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(65_536)
      const text = new TextDecoder().decode(Buffer.concat(pieces))
      expect(eventsOf(text).map(({ event }) => event)).toEqual(["snapshot", "end"])
      expect(eventsOf(text)[0]?.data).toBe(long)

      const scope = yield* Scope.make()
      const open = yield* feed(Stream.concat(Stream.make(1), Stream.never)).pipe(Scope.extend(scope))
      const reader = yield* Effect.fork(Stream.runCollect(textsOf(open)(Option.none())))
      yield* Stream.runHead(textsOf(open)(Option.none()))
      yield* Scope.close(scope, Exit.void)
      expect(Chunk.join(yield* Fiber.join(reader), "")).not.toContain("event: end")
    })
  )

  it.scopedLive("loses nothing for those who come at any time", () =>
    Effect.gen(function* () {
      const states = yield* Queue.unbounded<number>()
      const events = textsOf(yield* feedOf(states))
      yield* Queue.offer(states, 0)
      const readers = yield* Effect.forEach([1, 2, 3], () => Effect.fork(Stream.runCollect(events(Option.none()))))
      for (let n = 1; n <= 100; n++) {
        yield* Queue.offer(states, n)
        if (n % 10 === 0) yield* Effect.yieldNow()
      }
      yield* Effect.repeat(Stream.runHead(events(Option.none())), {
        until: (text) => Option.exists(text, (each) => each.includes("all 100"))
      })
      yield* Queue.shutdown(states)
      for (const reader of readers) {
        const seen = textOf(yield* Fiber.join(reader))
        const start = Number(/all (\d+)/.exec(String(seen[0]))?.[1])
        expect(seen.slice(1)).toEqual(Array.from({ length: 100 - start }, (_, n) => `${start + n} to ${start + n + 1}`))
      }
    })
  )
})
