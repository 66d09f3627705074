import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Chunk, Effect, Metric, Option, type Scope, Stream } from "effect"
import * as HttpMetrics from "../http/HttpMetrics.ts"
import type { Pull } from "./Feed.ts"

/** Events as a stream: in one layer, since hundreds of clients are sent each piece of a long event. */
export const streamOf = <E, R>(events: Effect.Effect<Pull<E>, never, R | Scope.Scope>) =>
  Stream.unwrapScoped(
    Effect.map(events, (next) =>
      Stream.unfoldChunkEffect(undefined, () =>
        Effect.map(
          next,
          Option.map((piece) => [Chunk.of(piece), undefined] as const)
        )
      )
    )
  )

/** Events as an answer. It ends with them. */
export const respond = <E>(events: Effect.Effect<Pull<E>, never, Scope.Scope>) => {
  const counted = Effect.acquireRelease(Metric.increment(HttpMetrics.streams), () =>
    Metric.incrementBy(HttpMetrics.streams, -1)
  )
  return HttpServerResponse.stream(streamOf(Effect.zipRight(counted, events)), {
    contentType: "text/event-stream",
    headers: { "cache-control": "no-store", "x-accel-buffering": "no" }
  })
}
