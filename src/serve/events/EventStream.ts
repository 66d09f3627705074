import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Metric, Stream } from "effect"
import * as HttpMetrics from "../http/HttpMetrics.ts"

/** Events as an answer. It ends with them. */
export const respond = <E>(events: Stream.Stream<Uint8Array, E>) => {
  const counted = Effect.acquireRelease(Metric.increment(HttpMetrics.streams), () =>
    Metric.incrementBy(HttpMetrics.streams, -1)
  )
  return HttpServerResponse.stream(Stream.unwrapScoped(Effect.as(counted, events)), {
    contentType: "text/event-stream",
    headers: { "cache-control": "no-store", "x-accel-buffering": "no" }
  })
}
