import { contextColumn } from "./context/Facts.ts"
import { lineAmount, sum } from "./context/Sums.ts"
import type { Discovery } from "./Discovered.ts"
import type { EntityDraft, OntologyColumn } from "./Ontology.ts"
import { columnOf } from "./Sql.ts"
import { tableId } from "../datasource/Catalog.ts"

/** A figure about the rows of a table. */
export interface Measure {
  /** "total amount", "net revenue". */
  readonly phrase: string
  /** The aggregate over the rows that `alias` stands for. */
  readonly sql: (alias: string) => string
  /** How much a reader cares. */
  readonly weight: number
}

const WEIGHTS: Partial<Record<OntologyColumn["semanticType"], number>> = { money: 6, quantity: 4, duration: 1 }
/** What rows come to says more than any of its parts. */
const REVENUE_WEIGHT = 8
/** Averages say less than sums. */
const AVERAGE_WEIGHT = -5
/** What only machines count. */
const OF_MACHINES = /^(?:(?:kilo|mega|giga)?bytes|milliseconds)$/

/**
 * The figure about a table's rows that says most: quantity × price where it has both, or else the measure that a reader cares about most. None
 * that is always the same, nor one that nobody would rank by: an average price, a sum of bytes.
 */
export const bestMeasure = (discovery: Discovery, draft: EntityDraft): Measure | undefined => {
  const sources = new Map(discovery.get(draft)?.columns.map((column) => [column.name, column]))
  const columns = draft.columns.flatMap((meaning) => {
    const source = sources.get(meaning.name)
    return source === undefined ? [] : [contextColumn(tableId(draft), source, meaning, false)]
  })
  const amount = lineAmount({ columns, rows: draft.rows }, draft.name, "x")
  if (amount !== undefined) {
    return {
      phrase: amount.name,
      sql: (alias) => sum(lineAmount({ columns, rows: draft.rows }, draft.name, alias)?.amount ?? amount.amount).run,
      weight: REVENUE_WEIGHT
    }
  }
  const [best] = columns
    .filter(
      ({ meaning, source }) =>
        meaning.role === "measure" &&
        meaning.type !== "money" &&
        meaning.semanticType !== "percentage" &&
        (source.profile.distinct ?? 0) > 1
    )
    .map(({ meaning }) => ({ meaning, weight: weightOf(meaning) }))
    .sort((a, b) => b.weight - a.weight)
  if (best === undefined || best.weight <= 0) return undefined
  const { aggregation, label, name } = best.meaning
  const adds = aggregation === "sum"
  const word = adds ? "total" : "average"
  return {
    phrase: new RegExp(String.raw`\b${word}\b`).test(label) ? label : `${word} ${label}`,
    sql: (alias) => `${adds ? "sum" : "avg"}(${columnOf(alias, name)})`,
    weight: best.weight
  }
}

const weightOf = ({ aggregation, semanticType, unit }: OntologyColumn): number =>
  (OF_MACHINES.test(unit ?? "") ? AVERAGE_WEIGHT : (WEIGHTS[semanticType] ?? 0)) +
  (aggregation === "average" ? AVERAGE_WEIGHT : 0)
