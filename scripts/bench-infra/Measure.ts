import { Cause, Effect } from "effect"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { digits, median, range, table } from "./Figures.ts"
import type { Figures, Row } from "./Row.ts"

/** How exactly the event loop is watched, in ms. */
const RESOLUTION = 1
/** The loop has to turn before, so that a first delay is counted, and once more until the last one is. */
const TURN = "5 millis"

/** With the longest time that the event loop did not turn, in ms. */
const withLoopDelay = <E, R>(measure: Effect.Effect<Figures, E, R>) =>
  Effect.gen(function* () {
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
    delay.enable()
    yield* Effect.sleep(TURN)
    const figures = yield* Effect.ensuring(
      Effect.zipLeft(measure, Effect.sleep(TURN)),
      Effect.sync(() => delay.disable())
    )
    return { ...figures, delay: delay.max / 1_000_000 }
  })

/** What a row's sides gave, round after round: in turns, and the first round is not counted. */
const measured = ({ sides }: Row, rounds: number) =>
  Effect.gen(function* () {
    const all = sides.map((side) => ({ side, figures: new Array<Figures>(), problems: new Array<string>() }))
    for (let round = 0; round <= rounds; round++) {
      const at = round % sides.length
      for (const { figures, problems, side } of [...all.slice(at), ...all.slice(0, at)]) {
        yield* withLoopDelay(side.measure).pipe(
          Effect.scoped,
          Effect.map((figure) => (round > 0 ? figures.push(figure) : 0)),
          Effect.catchAllCause((cause) => Effect.sync(() => problems.push(`FAILED: ${Cause.pretty(cause)}`)))
        )
      }
    }
    return all
  })

const report = (row: Row, all: Effect.Effect.Success<ReturnType<typeof measured>>) => {
  const columns = { ...row.columns, delay: "longest loop delay, ms" }
  const lines = all.map(({ figures, problems, side }) => [
    side.label,
    ...Object.keys(columns).map((key) => {
      const known = figures.flatMap((figure) => figure[key] ?? [])
      return known.length === 0 ? "–" : `${digits(median(known))} (${range(known)})`
    }),
    [...new Set(problems)].join("; ")
  ])
  const medians = all.map(({ figures }) =>
    Object.fromEntries(
      Object.keys(columns).map((key) => [key, median(figures.flatMap((figure) => figure[key] ?? []))] as const)
    )
  )
  const complete = all.every(({ figures }) => figures.length > 0)
  const words = complete ? (row.judge?.(medians) ?? []) : []
  return ["", row.title, table([["", ...Object.values(columns), ""], ...lines]), ...words].join("\n")
}

/** Measures a row's sides, so many rounds of them, and says what they gave: the median, and from the least to the most. */
export const measure = (row: Row, rounds: number) => Effect.map(measured(row, rounds), (all) => report(row, all))
