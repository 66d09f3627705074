import type { Condition, Inclusion } from "../datasource/Inclusion.ts"
import { flatMapInSteps, type Steps } from "../steps/Steps.ts"
import { comparable } from "./Candidates.ts"
import { endsIn } from "./ColumnWords.ts"
import type { Keys } from "./Keys.ts"
import type { ColumnModel, SchemaModel, TableModel } from "./SchemaModel.ts"
import type { Line, Scorecard } from "./Scorecard.ts"
import { kindBeside } from "./SourceTraits.ts"

/** A column whose rows refer to this key where the column beside it says so: `owner_id` where `owner_type` is "customer". */
export interface PolymorphicCandidate {
  readonly from: ColumnModel
  readonly key: ColumnModel
  readonly when: Condition
}

/** A column with more distinct values than this does not say which table a row means. */
const MOST_KINDS = 50
/** Of its values, so many must name a table. */
const LEAST_NAMED = 0.5

/**
 * Every table that a polymorphic pair of columns refers to, by the values that name it: as it is called, singular or plural, or as the
 * class behind it is (`App\Models\Customer`).
 */
export const polymorphicCandidates = (model: SchemaModel, keys: Keys): Steps<ReadonlyArray<PolymorphicCandidate>> =>
  flatMapInSteps(model.columns, (from) => {
    const kind = from.table.column(kindBeside(from) ?? "")
    if (kind === undefined || (kind.profile.distinct ?? Number.POSITIVE_INFINITY) > MOST_KINDS) return []
    const values = kind.profile.sample
    const named = values.flatMap((value) => {
      const table = meant(model, value)
      const key = table === undefined ? undefined : keys.keyOf(table)?.column
      if (key === undefined || !comparable(from.column.typeClass, key.column.typeClass)) return []
      return [{ from, key, when: { column: kind.column.name, value } }]
    })
    return named.length >= LEAST_NAMED * values.length ? named : []
  })

const meant = (model: SchemaModel, value: string): TableModel | undefined => {
  const words = model.words(value.split(/[\\/.:]/).at(-1) ?? value)
  const named = model.named(words)
  if (named !== undefined) return named
  const [longer, ...more] = model.ending(words.at(-1) ?? "").filter((table) => endsIn(table.words, words))
  return more.length === 0 ? longer : undefined
}

/** Share of values (or of rows) that must have a counterpart to be believed, and to be worth a person's look. */
const BELIEVED = 0.95
const WORTH_A_LOOK = 0.5
/** So few values prove nothing. */
const FEW = 3
/** What it is worth: the value says the table and the data agree, or only the one of them. */
const CONFIDENCE = 0.97
const CONFIDENCE_NAMES = 0.5

/** What became of a polymorphic candidate. */
export interface DecidedPolymorphic {
  readonly status: "accepted" | "needs_review" | "rejected"
  readonly probability: number
  readonly card: Scorecard
}

/** Decides a polymorphic candidate by the test join of the rows that are meant; null where either side holds nothing. */
export const decidePolymorphic = (candidate: PolymorphicCandidate, inclusion: Inclusion | null): DecidedPolymorphic => {
  const { key, when } = candidate
  const end = `${key.table.table.table}.${key.column.name}`
  const said: Line = {
    points: 4,
    reason: `it is meant where ${when.column} is "${when.value}", which names ${key.table.table.table}`
  }
  if (inclusion === null || inclusion.distinct === 0) {
    return { status: "needs_review", probability: CONFIDENCE_NAMES, card: [said] }
  }
  const { distinct, matched, orphanRows, rows } = inclusion
  const included = Math.max(1 - orphanRows / rows, matched / distinct)
  const status =
    included < WORTH_A_LOOK ? "rejected" : included < BELIEVED || distinct < FEW ? "needs_review" : "accepted"
  const probability = status === "accepted" ? CONFIDENCE : status === "needs_review" ? CONFIDENCE_NAMES : 0
  const there =
    matched === distinct ? `all its ${distinct} values there are` : `${matched} of its ${distinct} values there are`
  return {
    status,
    probability,
    card: [said, { points: status === "rejected" ? -3 : 3, reason: `${there} in ${end}` }]
  }
}
