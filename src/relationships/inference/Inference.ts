import type { TableName } from "../../datasource/Catalog.ts"
import type { Steps } from "../../steps/Steps.ts"
import type { Candidate, Pair } from "../Candidate.ts"
import type { Relationship } from "../Relationship.ts"
import type { Probe } from "../signals/Values.ts"
import { conclude, decideAll } from "./Conclude.ts"
import { find } from "./Find.ts"
import { joins, sizes } from "./Joins.ts"
import { type InferenceInput, prepare } from "./Prepare.ts"
import { keeps, type ProbePair, probes } from "./Probes.ts"

export type { InferenceInput } from "./Prepare.ts"
export type { ProbePair } from "./Probes.ts"

/**
 * The inference of a datasource's relationships, in the order in which it runs. Pure: all input is the catalog, the profiles and the results
 * of earlier steps; equal input gives byte-identical output. Long computations are `Steps`, which pause.
 */
export interface Inference {
  /** @see probes */
  readonly probes: ReadonlyArray<{ readonly table: TableName; readonly pairs: ReadonlyArray<ProbePair> }>
  /** @see keeps */
  readonly keeps: (pair: Pair, probe: Probe) => boolean
  /** @see joins */
  readonly joins: (
    kept: ReadonlyArray<Candidate>
  ) => Steps<ReadonlyArray<{ readonly table: TableName; readonly pairs: ReadonlyArray<Pair> }>>
  /** @see sizes */
  readonly sizes: (pair: Pair) => ReturnType<typeof sizes>
  /** @see conclude */
  readonly conclude: (found: ReadonlyArray<Candidate>) => Steps<ReadonlyArray<Relationship>>
}

/** Prepares the inference of relationships: what else there is to do needs the datasource between its steps. */
export function* inference(input: InferenceInput): Steps<Inference> {
  const prepared = yield* prepare(input)
  const candidates = yield* find(prepared)
  return {
    probes: yield* probes(candidates),
    keeps: (pair, probe) => keeps(candidates, pair, probe),
    joins: (kept) => joins(candidates, kept),
    sizes: (pair) => sizes(prepared, pair),
    conclude: function* (found) {
      return yield* conclude(candidates, found, yield* decideAll(candidates, found))
    }
  }
}
