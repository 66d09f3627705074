import type { Inclusion } from "../../datasource/Inclusion.ts"
import { flatMapInSteps, type Steps } from "../../steps/Steps.ts"
import { comparable } from "../Possible.ts"
import type { Keys } from "../../schema/Keys.ts"
import { mentioned } from "./Mentions.ts"
import { matchNames } from "../signals/Names.ts"
import type { SchemaModel } from "../../schema/SchemaModel.ts"
import type { ColumnModel } from "../../schema/TableModel.ts"
import { decideNamed, type DecidedReference } from "./NamedReference.ts"
import { NAMED_REFERENCES } from "../signals/NamedReferences.ts"
import { type Line, line, total } from "../signals/Signal.ts"
import type { TableName } from "../../datasource/Catalog.ts"

/** A column whose arrays may hold keys of another table: `tag_ids integer[]`. */
export interface ListCandidate {
  readonly from: ColumnModel
  /** The key of the target. */
  readonly key: ColumnModel
  /** What the column's name says for it. */
  readonly lines: ReadonlyArray<Line>
}

/**
 * The array columns whose names clearly say a table or its key, each with the declared key that its name says best and that has its type.
 * Without such a name no array is a candidate.
 */
export function* listCandidates(
  model: SchemaModel,
  keys: Keys,
  apart: (from: TableName, to: TableName) => boolean
): Steps<ReadonlyArray<ListCandidate>> {
  const lists = model.columns.filter(({ elements }) => elements !== undefined)
  if (lists.length === 0) return []
  const mentions = yield* mentioned(keys)
  return yield* flatMapInSteps(lists, (from) => {
    const type = from.elements
    const [best] = mentions(from, (from.profile.elements ?? []).length === 0)
      .filter(({ isKey, kind }) => isKey || kind === "unique")
      .filter(({ column }) => type !== undefined && comparable(type, column.typeClass))
      .filter(({ column }) => !apart(from.table, column.table))
      .map((key) => ({ key: key.column, names: matchNames(model, from, key, false) }))
      .filter(({ names }) => names.strong)
      .sort((a, b) => total(b.names.lines) - total(a.names.lines))
    return best === undefined ? [] : [{ from, key: best.key, lines: best.names.lines }]
  })
}

/** Decides a list by the test join of its elements; `inclusion` is null if either table has no rows or no join was made. */
export const decideList = ({ key, lines }: ListCandidate, inclusion: Inclusion | null): DecidedReference =>
  decideNamed(
    key,
    [...lines, line(NAMED_REFERENCES.list, "each row holds a list, whose elements are looked up one by one")],
    inclusion,
    "elements"
  )
