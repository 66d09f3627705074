import type { Relationship } from "./Relationship.ts"

/** What of a relationship says how it was decided. Pages have it as JSON. */
type Judged = Pick<Relationship, "compared" | "decidedBy" | "when"> & {
  readonly evidence: { readonly lines?: unknown }
  readonly from: { readonly columns: ReadonlyArray<string> }
}

/** Whether the sum of its lines decided: not of what is declared, said by a person, or decided by thresholds. */
export const isSum = ({ compared, decidedBy, evidence, from, when }: Judged): boolean =>
  evidence.lines !== undefined &&
  decidedBy === "rules" &&
  from.columns.length === 1 &&
  when === undefined &&
  compared !== "element by element" &&
  compared !== "by overlapping periods"
