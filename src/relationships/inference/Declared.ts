import type { Table, TableName } from "../../datasource/Catalog.ts"
import type { ColumnSet, Inclusion } from "../../datasource/Inclusion.ts"
import { flatMapInSteps, type Steps } from "../../steps/Steps.ts"
import type { Pair } from "../Candidate.ts"
import { cardinality } from "../Cardinality.ts"
import { type Hidden, withoutHiddenRows } from "../HiddenRows.ts"
import type { Keys } from "../../schema/Keys.ts"
import { matchNames } from "../signals/Names.ts"
import type { Relationship } from "../Relationship.ts"
import type { SchemaModel } from "../../schema/SchemaModel.ts"
import type { Weighed } from "../Possible.ts"

/** A declared foreign key. */
export interface DeclaredPair extends Pair {
  /** Whether the server checks it for every row. */
  readonly validated: boolean
  /** Whether the last columns are periods: no test join compares them. */
  readonly period: boolean
}

/** The declared foreign keys of tables, in their order. */
export const declaredPairs = (tables: ReadonlyArray<Table>): Steps<ReadonlyArray<DeclaredPair>> =>
  flatMapInSteps(tables, (table) =>
    table.foreignKeys.map(({ columns, period = false, target, unvalidated = false }) => ({
      from: setOf(table, columns),
      to: setOf(target, target.columns),
      validated: !unvalidated,
      period
    }))
  )

const setOf = ({ schema, table }: TableName, columns: ReadonlyArray<string>): ColumnSet => ({ schema, table, columns })

/** The declared references of one column to a known key, as candidates that are certain: other candidates are weighed against them. */
export const declaredCandidates = (
  model: SchemaModel,
  keys: Keys,
  declared: ReadonlyArray<DeclaredPair>
): Steps<ReadonlyArray<Weighed>> =>
  flatMapInSteps(declared, ({ from, to }): ReadonlyArray<Weighed> => {
    const source = from.columns.length === 1 ? model.table(from)?.column(from.columns[0] ?? "") : undefined
    const target = model.table(to)?.column(to.columns[0] ?? "")
    const key = target === undefined ? undefined : keys.target(target)
    if (source === undefined || key === undefined) return []
    const isOwnKey = keys.isOwnKey(source)
    const names = matchNames(model, source, key, isOwnKey)
    return [{ from: source, key, isOwnKey, names, evidence: null, points: 0, card: () => [] }]
  })

/**
 * A declared foreign key as a relationship: accepted, with confidence 1, and with the rows that violate it. `hidden` is why the
 * target may have rows that were not seen; then no row counts as a violation.
 */
export const fromDeclared = (
  { period, validated, ...pair }: DeclaredPair,
  tested: Inclusion | null,
  hidden: Hidden | undefined
): Relationship => {
  const inclusion = period ? null : tested
  const found: Relationship = {
    ...pair,
    status: "accepted",
    confidence: 1,
    cardinality: period ? "N:M" : cardinality(inclusion),
    ...(period ? { compared: "by overlapping periods" as const } : {}),
    method: "foreign_key",
    decidedBy: "rules",
    evidence: {
      inclusion,
      reasons: [
        validated
          ? "it is declared as a foreign key"
          : "it is declared as a foreign key, which the server does not check for every row",
        ...(inclusion !== null && inclusion.orphanRows > 0 && hidden === undefined
          ? [`${inclusion.orphanRows} of ${inclusion.rows} rows have no counterpart all the same`]
          : [])
      ]
    }
  }
  return hidden === undefined ? found : withoutHiddenRows(found, validated, hidden)
}
