import { describe, expect, it } from "@effect/vitest"
import { Effect, Metric, MetricBoundaries } from "effect"
import { toPrometheus } from "../../../src/serve/http/Prometheus.ts"

describe("Prometheus' text format", () => {
  it.effect("has every kind of metric, with labels that need escapes", () =>
    Effect.gen(function* () {
      const counter = Metric.counter("prom_total", { description: "Some\nlines \\", incremental: true })
      yield* Metric.update(counter.pipe(Metric.tagged("who", 'a "b"\\\n')), 2)
      yield* Metric.update(counter.pipe(Metric.tagged("who", "c")), 1)
      yield* Metric.update(Metric.counter("prom_up_and_down"), -3)
      yield* Metric.set(Metric.gauge("prom.gauge"), 1.5)
      const histogram = Metric.histogram("prom_seconds", MetricBoundaries.fromIterable([0.1, 1]))
      yield* Effect.forEach([0.05, 0.5, 5], (value) => Metric.update(histogram, value))
      yield* Metric.update(Metric.frequency("prom_words"), "x")
      yield* Metric.update(
        Metric.summary({ name: "prom_sizes", maxAge: "1 day", maxSize: 10, error: 0, quantiles: [0.5] }),
        4
      )
      const own = toPrometheus(yield* Metric.snapshot)
        .split("\n")
        .filter((line) => line.includes("prom"))
      expect(own).toEqual([
        "# TYPE prom_gauge gauge",
        "prom_gauge 1.5",
        "# TYPE prom_seconds histogram",
        'prom_seconds_bucket{le="0.1"} 1',
        'prom_seconds_bucket{le="1"} 2',
        'prom_seconds_bucket{le="+Inf"} 3',
        "prom_seconds_sum 5.55",
        "prom_seconds_count 3",
        "# TYPE prom_sizes summary",
        'prom_sizes{quantile="0.5"} 4',
        "prom_sizes_sum 4",
        "prom_sizes_count 1",
        "# HELP prom_total Some\\nlines \\\\",
        "# TYPE prom_total counter",
        'prom_total{who="a \\"b\\"\\\\\\n"} 2',
        'prom_total{who="c"} 1',
        "# TYPE prom_up_and_down gauge",
        "prom_up_and_down -3",
        "# TYPE prom_words counter",
        'prom_words{value="x"} 1'
      ])
    })
  )
})
