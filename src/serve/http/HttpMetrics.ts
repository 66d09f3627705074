import { Metric, MetricBoundaries } from "effect"

/** Requests that were answered, tagged with `method`, `route` and `status`. */
export const requests = Metric.counter("http_requests_total", {
  description: "Requests that were answered, by method, route and status",
  incremental: true
})

/** Seconds from a request to the beginning of its answer, tagged with `method` and `route`. */
export const seconds = Metric.histogram(
  "http_request_seconds",
  MetricBoundaries.fromIterable([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]),
  "Seconds from a request to the beginning of its answer"
)

/** Streams of events that are open now. */
export const streams = Metric.gauge("http_event_streams", { description: "Streams of events that are open now" })
