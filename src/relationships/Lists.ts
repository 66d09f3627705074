import type { Inclusion } from "../datasource/Inclusion.ts"
import { flatMapInSteps, type Steps } from "../steps/Steps.ts"
import { comparable } from "./Candidates.ts"
import type { Keys } from "./Keys.ts"
import { mentioned } from "./Mentions.ts"
import { matchNames } from "./NameMatch.ts"
import type { ColumnModel, SchemaModel } from "./SchemaModel.ts"
import { type Line, type Scorecard, total } from "./Scorecard.ts"
import type { TableName, TypeClass } from "../datasource/Catalog.ts"

/** A column whose rows each hold a list of what may be another table's keys: `tag_ids integer[]`. */
export interface ListCandidate {
  readonly from: ColumnModel
  readonly key: ColumnModel
  readonly lines: ReadonlyArray<Line>
}

/** What the elements of a list are, as PostgreSQL prints its type. */
const ELEMENTS: ReadonlyArray<readonly [RegExp, TypeClass]> = [
  [/^(?:smallint|integer|bigint)\[\]$/, "integer"],
  [/^uuid\[\]$/, "uuid"],
  [/^(?:text|character varying(?:\(\d+\))?|character\(\d+\))\[\]$/, "text"]
]

const elementClass = (type: string): TypeClass | undefined => ELEMENTS.find(([pattern]) => pattern.test(type))?.[1]

/** Every list of keys by its name, which has to say a table's key: of several the one that it says best. Lists without a name are values. */
export function* listCandidates(
  model: SchemaModel,
  keys: Keys,
  apart: (from: TableName, to: TableName) => boolean
): Steps<ReadonlyArray<ListCandidate>> {
  const lists = model.columns.filter(({ column }) => elementClass(column.type) !== undefined)
  if (lists.length === 0) return []
  const mentions = yield* mentioned(keys)
  return yield* flatMapInSteps(lists, (from) => {
    const type = elementClass(from.column.type)
    const [best] = mentions(from, (from.profile.elements ?? []).length === 0)
      .filter(({ column, isKey }) => isKey && type !== undefined && comparable(type, column.column.typeClass))
      .filter(({ column }) => !apart(from.table.table, column.table.table))
      .map((key) => ({ key: key.column, names: matchNames(model, from, key, false) }))
      .filter(({ names }) => names.strong)
      .sort((a, b) => total(b.names.lines) - total(a.names.lines))
    return best === undefined ? [] : [{ from, key: best.key, lines: best.names.lines }]
  })
}

/** Share of elements (or of their occurrences) that must have a counterpart to be believed, and to be worth a person's look. */
const BELIEVED = 0.95
const WORTH_A_LOOK = 0.5
/** So few elements prove nothing. */
const FEW = 3
const CONFIDENCE = 0.97
const CONFIDENCE_NAMES = 0.5

/** What became of a list. */
export interface DecidedList {
  readonly status: "accepted" | "needs_review" | "rejected"
  readonly probability: number
  readonly card: Scorecard
}

/** Decides a list by the test join of its elements; null where either side holds nothing. */
export const decideList = ({ key, lines }: ListCandidate, inclusion: Inclusion | null): DecidedList => {
  const end = `${key.table.table.table}.${key.column.name}`
  const said: Scorecard = [
    ...lines,
    { points: 1, reason: "each row holds a list, whose elements are looked up one by one" }
  ]
  if (inclusion === null || inclusion.distinct === 0) {
    return { status: "needs_review", probability: CONFIDENCE_NAMES, card: said }
  }
  const { distinct, matched, orphanRows, rows } = inclusion
  const included = Math.max(1 - orphanRows / rows, matched / distinct)
  const status =
    included < WORTH_A_LOOK ? "rejected" : included < BELIEVED || distinct < FEW ? "needs_review" : "accepted"
  const probability = status === "accepted" ? CONFIDENCE : status === "needs_review" ? CONFIDENCE_NAMES : 0
  const there = matched === distinct ? `all its ${distinct} elements are` : `${matched} of its ${distinct} elements are`
  return {
    status,
    probability,
    card: [...said, { points: status === "rejected" ? -3 : 3, reason: `${there} in ${end}` }]
  }
}
