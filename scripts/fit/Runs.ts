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

/** Decides all of these with other weights. */
export const decideAll = (captured: ReadonlyArray<Captured>, factors: Factors): Effect.Effect<ReadonlyArray<Run>> =>
  Effect.forEach(captured, (each) => Effect.map(each.decide(factors), (decided) => ({ captured: each, decided })))
