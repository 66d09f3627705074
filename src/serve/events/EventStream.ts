import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Duration, Effect, Metric, Schedule, Stream } from "effect"
import { Closing } from "../http/Server.ts"
import * as HttpMetrics from "../http/HttpMetrics.ts"

/** A comment is sent so often, so that proxies keep the connection, and a client that is gone is noticed. */
const HEARTBEAT = Duration.seconds(15)
/** After how many milliseconds a client is to come back. */
const RETRY = 2_000

/** Events as an answer. It ends with them, or when the server shuts down. The last event, `end`, says that there is nothing to come. */
export const respond = <E>(events: Stream.Stream<string, E>) =>
  Effect.map(Closing, (closing) => {
    const heartbeat = Stream.map(Stream.fromSchedule(Schedule.spaced(HEARTBEAT)), () => ":\n\n")
    const counted = Stream.acquireRelease(Metric.increment(HttpMetrics.streams), () =>
      Metric.incrementBy(HttpMetrics.streams, -1)
    )
    const text = Stream.concat(Stream.make(`retry: ${RETRY}\n\n`), events).pipe(
      Stream.concat(Stream.make("event: end\ndata: {}\n\n")),
      Stream.merge(heartbeat, { haltStrategy: "left" }),
      Stream.interruptWhenDeferred(closing)
    )
    return HttpServerResponse.stream(Stream.encodeText(Stream.flatMap(counted, () => text)), {
      contentType: "text/event-stream",
      headers: { "cache-control": "no-store", "x-accel-buffering": "no" }
    })
  })
