import type { Catalog, Column, ForeignKey, Table, TypeClass } from "../../src/datasource/Catalog.ts"
import type { ColumnSet, Condition, Inclusion } from "../../src/datasource/Inclusion.ts"
import type { TableProfile } from "../../src/datasource/TableProfile.ts"
import type { Candidate, Pair } from "../../src/relationships/Candidate.ts"
import { inference } from "../../src/relationships/inference/Inference.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import type { Relationship } from "../../src/relationships/Relationship.ts"

type Value = string | number | null

/** A table by its columns, each with its values; `key` and `foreignKeys` are what it declares. */
export interface TestTable {
  readonly name: string
  readonly schema?: string
  readonly key?: ReadonlyArray<string>
  /** Columns that are declared to be unique, besides the key. */
  readonly uniques?: ReadonlyArray<ReadonlyArray<string>>
  readonly foreignKeys?: ReadonlyArray<Omit<ForeignKey, "name">>
  readonly indexes?: ReadonlyArray<ReadonlyArray<string>>
  readonly columns: Readonly<Record<string, ReadonlyArray<Value>>>
  /** What else is said of columns: types of those that are neither whole numbers nor texts, sequences. */
  readonly also?: Readonly<Record<string, Partial<Column>>>
  /** What is said about its columns. */
  readonly comments?: Readonly<Record<string, string>>
}

/** The numbers from `low` on, `count` of them, `step` apart. */
export const numbers = (count: number, low = 1, step = 1): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, i) => low + step * i)

/** `count` values, picked from others in an order that is not theirs. */
export const picked = <A>(from: ReadonlyArray<A>, count: number): ReadonlyArray<A> =>
  numbers(count).flatMap((i) => from[(i * 7919 + 13) % from.length] ?? [])

const typeClass = (values: ReadonlyArray<Value>): TypeClass =>
  values.every((value) => value === null || typeof value === "number") ? "integer" : "text"

const column = (name: string, values: ReadonlyArray<Value>, position: number): Column => ({
  name,
  position,
  type: typeClass(values),
  typeClass: typeClass(values),
  nullable: true,
  sequence: false,
  enumLabels: null,
  comment: null
})

const schemaOf = (table: TestTable) => table.schema ?? "public"

const catalogTable = (table: TestTable): Table => ({
  schema: schemaOf(table),
  table: table.name,
  kind: "table",
  comment: null,
  estimatedRows: null,
  columns: Object.entries(table.columns).map(([name, values], i) => ({
    ...column(name, values, i + 1),
    ...table.also?.[name],
    comment: table.comments?.[name] ?? null
  })),
  keys: [
    ...(table.key === undefined ? [] : [{ name: "key", columns: table.key, primary: true }]),
    ...(table.uniques ?? []).map((columns) => ({ name: `unique ${columns.join()}`, columns, primary: false }))
  ],
  foreignKeys: (table.foreignKeys ?? []).map((each) => ({ ...each, name: "fk" })),
  indexes: table.indexes ?? []
})

const rowsOf = (table: TestTable) => Math.max(0, ...Object.values(table.columns).map((values) => values.length))

const profile = (table: TestTable): TableProfile => ({
  schema: schemaOf(table),
  table: table.name,
  rows: rowsOf(table),
  sampled: false,
  columns: Object.entries(table.columns).map(([name, all]) => {
    const values = all.filter((value) => value !== null)
    const distinct = [...new Set(values)].sort((a, b) => (a < b ? -1 : 1))
    const lengths = values.map((value) => String(value).length)
    const text = (value: Value | undefined) => (value === undefined ? null : String(value))
    return {
      column: name,
      nulls: all.length - values.length,
      distinct: distinct.length,
      minimum: text(distinct[0]),
      maximum: text(distinct.at(-1)),
      minimumLength: values.length === 0 ? null : Math.min(...lengths),
      maximumLength: values.length === 0 ? null : Math.max(...lengths),
      averageLength: values.length === 0 ? null : lengths.reduce((a, b) => a + b, 0) / lengths.length,
      sample: picked(distinct, Math.min(150, distinct.length)).map(String),
      common: []
    }
  })
})

/** The catalog and the profiles of tables that exist only here. */
export const described = (tables: ReadonlyArray<TestTable>) => {
  const catalog: Catalog = { database: "test", serverVersion: "18", tables: tables.map(catalogTable), skipped: [] }
  return { catalog, profiles: tables.map(profile), foundKeys: new Map<string, ReadonlyArray<string>>() }
}

/** Infers the relationships of tables that exist only here, as a detection would: probes, test joins, decision. */
export const infer = (
  tables: ReadonlyArray<TestTable>,
  foundKeys: ReadonlyMap<string, ReadonlyArray<string>> = new Map()
): ReadonlyArray<Relationship> => {
  const tuples = (set: ColumnSet, when?: Condition): ReadonlyMap<string, number> => {
    const table = tables.find((each) => each.name === set.table && schemaOf(each) === set.schema)
    const counts = new Map<string, number>()
    const rows = table === undefined ? 0 : rowsOf(table)
    for (let row = 0; row < rows; row++) {
      const values = set.columns.map((name) => table?.columns[name]?.[row] ?? null)
      const meant = when === undefined || String(table?.columns[when.column]?.[row]) === when.value
      if (meant && !values.includes(null)) counts.set(values.join("|"), (counts.get(values.join("|")) ?? 0) + 1)
    }
    return counts
  }
  const join = ({ from, to, when }: Pair): Inclusion => {
    const ours = tuples(from, when)
    const theirs = tuples(to)
    const orphans = [...ours].filter(([value]) => !theirs.has(value))
    return {
      rows: [...ours.values()].reduce((a, b) => a + b, 0),
      orphanRows: orphans.reduce((sum, [, count]) => sum + count, 0),
      distinct: ours.size,
      matched: ours.size - orphans.length,
      targetDistinct: theirs.size,
      orphans: orphans
        .map(([value]) => value)
        .sort()
        .slice(0, 5),
      maxFrom: Math.max(0, ...ours.values()),
      maxTo: Math.max(0, ...theirs.values()),
      sampled: false
    }
  }
  const steps = atOnce(inference({ ...described(tables), foundKeys }))
  const probed = steps.probes
    .flatMap(({ pairs }) => pairs)
    .flatMap(({ from, to, values }): ReadonlyArray<Candidate> => {
      const target = tuples(to)
      const probe = { tried: values.length, found: values.filter((value) => target.has(value)).length }
      return steps.keeps({ from, to }, probe) ? [{ from, to, probe, inclusion: null }] : []
    })
  const joined = atOnce(steps.joins(probed))
    .flatMap(({ pairs }) => pairs)
    .map((pair): Candidate => ({ ...pair, probe: null, inclusion: join(pair) }))
  return atOnce(
    steps.conclude([
      ...joined.map((candidate) => ({
        ...candidate,
        probe: probed.find((each) => ends(each) === ends(candidate))?.probe ?? null
      })),
      ...probed.filter((candidate) => !joined.some((each) => ends(each) === ends(candidate)))
    ])
  )
}

/** A pair as one reads it: `orders(customer_id) customers(id)`. */
export const ends = ({ from, to }: Pair): string =>
  `${from.table}(${from.columns.join()}) ${to.table}(${to.columns.join()})`

/** The pairs of one status. */
export const of = (relationships: ReadonlyArray<Relationship>, status: Relationship["status"]): ReadonlyArray<string> =>
  relationships.filter((each) => each.status === status).map(ends)
