import { Hash } from "effect"
import { tableId } from "../datasource/Catalog.ts"
import { isTested, type Relationship } from "../relationships/Relationship.ts"
import { isSum } from "../relationships/isSum.ts"
import { flatMapInSteps, indexInSteps, sortInSteps, type Steps } from "../steps/Steps.ts"
import type { ReportRelationship, ReportTable, Standing } from "./Report.ts"

/** Rejected candidates of the same columns that are shown: those that came closest. */
const RIVALS = 3
/** Less probable than this, a rejected candidate was never a rival, unless it is the only one of its columns. */
const RIVAL = 0.001

/** The relationships between `tables`: all that are accepted or in review, and of the rejected ones those that came close. */
export function* reportRelationships(
  relationships: ReadonlyArray<Relationship>,
  tables: ReadonlyArray<ReportTable>
): Steps<ReadonlyArray<ReportRelationship>> {
  const places = yield* indexInSteps(tables.entries(), ([at, table]) => [tableId(table), at])
  const sorted = yield* sortInSteps(relationships, (a, b) => b.confidence - a.confidence)
  const rivals = new Map<string, number>()
  const ids = new Set<string>()
  const made = yield* flatMapInSteps(sorted, (each) => {
    const [from, to] = [places.get(tableId(each.from)), places.get(tableId(each.to))]
    const table = from === undefined ? undefined : tables[from]
    if (from === undefined || to === undefined || table === undefined) return []
    if (each.status === "rejected") {
      const columns = JSON.stringify([from, each.from.columns])
      const before = rivals.get(columns) ?? 0
      if (before >= RIVALS || (before > 0 && each.confidence < RIVAL)) return []
      rivals.set(columns, before + 1)
    }
    return [relationshipOf(each, { from, to, table, target: tables[to]?.id ?? "", ids })]
  })
  return yield* sortInSteps(made, (a, b) => a.from - b.from || a.to - b.to || (a.id < b.id ? -1 : 1))
}

interface Between {
  readonly from: number
  readonly to: number
  readonly table: ReportTable
  readonly target: string
  /** Those that are taken. */
  readonly ids: Set<string>
}

const relationshipOf = (each: Relationship, { from, ids, table, target, to }: Between): ReportRelationship => {
  const { cardinality, compared, confidence, decidedBy, evidence, when } = each
  const { inclusion, lines } = evidence
  const standing = standingOf(each)
  const empty = each.from.columns.some((name) =>
    table.columns.some((column) => column.name === name && column.empty > 0)
  )
  return {
    id: idOf(ids, from, `${each.from.columns.join("+")}-${target}${when === undefined ? "" : `-${when.value}`}`),
    from,
    columns: each.from.columns,
    to,
    toColumns: each.to.columns,
    ...(when === undefined ? {} : { when: `${when.column} = ${when.value}` }),
    ...(compared === undefined ? {} : { compared }),
    standing,
    confidence: Math.round(confidence * 1e4) / 1e4,
    cardinality,
    parentOptional: empty || when !== undefined || inclusion === null || inclusion.orphanRows > 0,
    childOptional: inclusion === null || inclusion.matched < inclusion.targetDistinct,
    ...(lines === undefined || standing === "declared" ? {} : { lines }),
    summed: standing !== "declared" && isSum(each),
    ...(inclusion === null ? {} : { join: inclusion }),
    ...(decidedBy === "person" ? { byPerson: true } : {})
  }
}

const standingOf = (each: Relationship): Standing =>
  each.status === "rejected"
    ? "rejected"
    : each.status === "needs_review"
      ? isTested(each)
        ? "review"
        : "named"
      : each.method === "foreign_key"
        ? "declared"
        : "inferred"

/** Unique, and no longer than a line: names may be long and many. */
const idOf = (taken: Set<string>, from: number, text: string): string => {
  const short = text.length <= 80 ? text : `${text.slice(0, 60)}-${(Hash.string(text) >>> 0).toString(36)}`
  let id = short
  for (let n = 2; taken.has(`${from} ${id}`); n++) id = `${short}-${n}`
  taken.add(`${from} ${id}`)
  return id
}
