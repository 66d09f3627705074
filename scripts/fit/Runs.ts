import { Effect } from "effect"
import type { Factors } from "../../src/relationships/signals/Signal.ts"
import type { Captured, Decided } from "../score/Captures.ts"

/** A variant of a dataset with what was decided about it. */
export interface Run {
  readonly captured: Captured
  readonly decided: Decided
}

/** The weights as they stand. */
export const STANDING: Factors = new Map()

/** Decides with other weights. */
export const decide = (captured: Captured, factors: Factors): Effect.Effect<Run> =>
  Effect.map(captured.decide(factors), (decided) => ({ captured, decided }))

/** @see decide */
export const decideAll = (captured: ReadonlyArray<Captured>, factors: Factors): Effect.Effect<ReadonlyArray<Run>> =>
  Effect.forEach(captured, (each) => decide(each, factors))

/** The signals that count in the decision of a candidate of one column: in the others', they only order the reasons. */
export const weighIn = ({ decided }: Run): ReadonlySet<string> =>
  new Set(
    decided.decisions.alone.flatMap(({ card }) =>
      card().flatMap(({ points, signal }) => (points === 0 ? [] : [signal.id]))
    )
  )
