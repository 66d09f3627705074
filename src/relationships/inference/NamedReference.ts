import type { Inclusion } from "../../datasource/Inclusion.ts"
import type { ColumnModel } from "../../schema/TableModel.ts"
import { NAMED_REFERENCES } from "../signals/NamedReferences.ts"
import { line, type Scorecard } from "../signals/Signal.ts"

/**
 * Smallest share, from 0 to 1, of values (or of rows, whichever is larger) with a counterpart at which a reference is accepted, and at
 * which a person reviews it. Chosen, not fitted.
 */
const BELIEVED = 0.95
const WORTH_A_LOOK = 0.5
/** Fewer distinct values than this are never accepted without review: a match of two values may be chance. */
const FEW = 3
/** Probability if the name and the values agree, and if only the name says it. Chosen, not fitted. */
const CONFIDENCE = 0.97
const CONFIDENCE_NAMES = 0.5

/** A decided reference whose target a name alone determines. */
export interface DecidedReference {
  readonly status: "accepted" | "needs_review" | "rejected"
  /** From 0 to 1. */
  readonly probability: number
  readonly card: Scorecard
}

/**
 * Decides a reference to `key` by its test join. `said` are the reasons so far, `values` is the plural noun for what was looked up.
 * If `inclusion` is null or has no values, the reference needs a review.
 */
export const decideNamed = (
  key: ColumnModel,
  said: Scorecard,
  inclusion: Inclusion | null,
  values: string
): DecidedReference => {
  if (inclusion === null || inclusion.distinct === 0) {
    return { status: "needs_review", probability: CONFIDENCE_NAMES, card: said }
  }
  const { distinct, matched, orphanRows, rows } = inclusion
  const included = Math.max(1 - orphanRows / rows, matched / distinct)
  const status =
    included < WORTH_A_LOOK ? "rejected" : included < BELIEVED || distinct < FEW ? "needs_review" : "accepted"
  const probability = status === "accepted" ? CONFIDENCE : status === "needs_review" ? CONFIDENCE_NAMES : 0
  const there =
    matched === distinct
      ? distinct === 1
        ? `its only ${values.replace("values", "value")} is`
        : `all its ${distinct} ${values} are`
      : `${matched} of its ${distinct} ${values} are`
  const signal = status === "rejected" ? NAMED_REFERENCES.valuesDiffer : NAMED_REFERENCES.valuesAgree
  return {
    status,
    probability,
    card: [...said, line(signal, `${there} in ${key.table.table}.${key.name}`)]
  }
}
