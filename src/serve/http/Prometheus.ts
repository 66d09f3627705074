import { MetricKeyType, type MetricPair, MetricState, Option } from "effect"

/** The media type of the text format. */
export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

const nameOf = (name: string): string => name.replaceAll(/[^a-zA-Z0-9_:]/g, "_").replace(/^(?=\d)/, "_")
const escaped = (text: string) => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')
const numeral = (value: number | bigint): string =>
  value === Number.POSITIVE_INFINITY ? "+Inf" : value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value)

const labelled = (labels: ReadonlyArray<readonly [string, string]>) =>
  labels.length === 0 ? "" : `{${labels.map(([name, value]) => `${nameOf(name)}="${escaped(value)}"`).join()}}`

/** What a metric's state is called, and its lines. */
const lines = (
  name: string,
  labels: ReadonlyArray<readonly [string, string]>,
  { metricKey, metricState: state }: MetricPair.MetricPair.Untyped
): readonly [type: string, lines: ReadonlyArray<string>] => {
  const line = (suffix: string, value: number | bigint, ...more: ReadonlyArray<readonly [string, string]>) =>
    `${name}${suffix}${labelled([...labels, ...more])} ${numeral(value)}`
  if (MetricState.isCounterState(state)) {
    // A counter that may go down is a gauge to Prometheus.
    const isCounter = MetricKeyType.isCounterKey(metricKey.keyType) && metricKey.keyType.incremental
    return [isCounter ? "counter" : "gauge", [line("", state.count)]]
  }
  if (MetricState.isGaugeState(state)) return ["gauge", [line("", state.value)]]
  if (MetricState.isFrequencyState(state)) {
    return ["counter", [...state.occurrences].map(([value, count]) => line("", count, ["value", value]))]
  }
  if (MetricState.isHistogramState(state)) {
    const buckets = state.buckets.filter(([bound]) => Number.isFinite(bound))
    return [
      "histogram",
      [
        ...buckets.map(([bound, count]) => line("_bucket", count, ["le", numeral(bound)])),
        line("_bucket", state.count, ["le", "+Inf"]),
        line("_sum", state.sum),
        line("_count", state.count)
      ]
    ]
  }
  if (MetricState.isSummaryState(state)) {
    return [
      "summary",
      [
        ...state.quantiles.flatMap(([quantile, value]) =>
          Option.match(value, {
            onNone: () => [],
            onSome: (known) => [line("", known, ["quantile", numeral(quantile)])]
          })
        ),
        line("_sum", state.sum),
        line("_count", state.count)
      ]
    ]
  }
  return ["untyped", []]
}

/** Effect's metrics in Prometheus' text format 0.0.4, by name. */
export const toPrometheus = (pairs: ReadonlyArray<MetricPair.MetricPair.Untyped>): string => {
  const families = new Map<string, { readonly head: string; readonly lines: Array<string> }>()
  for (const pair of pairs) {
    const { metricKey } = pair
    const name = nameOf(metricKey.name)
    const labels = metricKey.tags.map(({ key, value }) => [key, value] as const)
    const [type, own] = lines(name, labels, pair)
    const help = Option.match(metricKey.description, {
      onNone: () => "",
      onSome: (text) => `# HELP ${name} ${text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`
    })
    const family = families.get(name) ?? { head: `${help}# TYPE ${name} ${type}`, lines: [] }
    family.lines.push(...own)
    families.set(name, family)
  }
  return [...families]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { head, lines }]) => `${[head, ...lines].join("\n")}\n`)
    .join("")
}
