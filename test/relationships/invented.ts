import { numbers, type TestTable } from "./schema.ts"

type Value = string | number | null
type Row = Record<string, Value>

/** What fills a column, given its row's place and a number from 0 to 1 that looks like chance. */
type Fill = (at: number, chance: number, rows: ReadonlyMap<string, ReadonlyArray<Row>>) => Value

/** A column: what fills it and, where it refers to one of another table, `table.column`. */
export interface InventedColumn {
  readonly fill: Fill
  readonly to?: string
}

/** A table: how many rows it has, its key, its columns, and which of them refer together (`together`: their target's columns by theirs). */
export interface InventedTable {
  readonly rows: number
  readonly key?: ReadonlyArray<string>
  readonly columns: Readonly<Record<string, InventedColumn>>
  readonly together?: ReadonlyArray<{
    readonly table: string
    readonly columns: Readonly<Record<string, string>>
    readonly nulls?: number
  }>
}

/** A number from 0 to 1 that only its arguments decide (mulberry32's mixing). */
const chanceOf = (...parts: ReadonlyArray<string | number>): number => {
  let seed = 0x9e3779b9
  for (const letter of parts.join("|")) seed = Math.imul(seed ^ letter.charCodeAt(0), 0x85ebca6b)
  seed = Math.imul(seed ^ (seed >>> 15), seed | 1)
  seed ^= seed + Math.imul(seed ^ (seed >>> 7), seed | 61)
  return ((seed ^ (seed >>> 14)) >>> 0) / 2 ** 32
}

/** Counts from `first` on, `step` apart. */
export const serial = (first = 1, step = 1): InventedColumn => ({ fill: (at) => first + at * step })

/** Whole numbers from `low` to `high`, in no order. */
export const any = (low: number, high: number): InventedColumn => ({
  fill: (_, chance) => low + Math.floor(chance * (high - low + 1))
})

/** Another text for every row. */
export const text = (prefix = ""): InventedColumn => ({
  fill: (at) => `${prefix}${(((at + 7) * 2654435761) % 4294967296).toString(36)}`
})

/** One of so many words. */
export const word = (...words: ReadonlyArray<string>): InventedColumn => ({
  fill: (_, chance) => words[Math.floor(chance * words.length)] ?? null
})

/** A value of `table.column`; of so many rows none, and only of the first share of the target. */
export const ref = (to: string, { nulls = 0, share = 1 } = {}): InventedColumn => ({
  to,
  fill: (_, chance, rows) => {
    const [table = "", column = ""] = to.split(".")
    const targets = rows.get(table) ?? []
    const place = (chance * 7919) % 1
    return chance < nulls ? null : (targets[Math.floor(place * share * targets.length)]?.[column] ?? null)
  }
})

/** The value of the row in the same place of `table.column`, as a subtype's key has. */
export const sameAs = (to: string): InventedColumn => ({
  to,
  fill: (at, _, rows) => {
    const [table = "", column = ""] = to.split(".")
    return rows.get(table)?.[at]?.[column] ?? null
  }
})

/** Tables with values, in the order given: what is referred to comes first, but for a table's references to itself. */
export const invent = (tables: Readonly<Record<string, InventedTable>>): ReadonlyArray<TestTable> => {
  const made = new Map<string, ReadonlyArray<Row>>()
  return Object.entries(tables).map(([name, { columns, key, rows, together = [] }]): TestTable => {
    const own: Array<Row> = numbers(rows, 0).map(() => ({}))
    made.set(name, own)
    for (const [column, { fill }] of Object.entries(columns)) {
      own.forEach((row, at) => (row[column] = fill(at, chanceOf(name, column, at), made)))
    }
    for (const set of together) {
      const targets = made.get(set.table) ?? []
      own.forEach((row, at) => {
        const chance = chanceOf(name, set.table, at)
        const target = targets[Math.floor(((chance * 7919) % 1) * targets.length)]
        for (const [from, to] of Object.entries(set.columns)) {
          row[from] = chance < (set.nulls ?? 0) ? null : (target?.[to] ?? null)
        }
      })
    }
    const seen = new Set<string>()
    const kept = own.filter((row) => {
      const values = JSON.stringify(key?.map((column) => row[column]))
      if (key === undefined || !seen.has(values)) return seen.add(values)
      return false
    })
    made.set(name, kept)
    return {
      name,
      ...(key === undefined ? {} : { key }),
      columns: Object.fromEntries(
        Object.keys(kept[0] ?? {}).map((column) => [column, kept.map((row) => row[column] ?? null)])
      )
    }
  })
}

/** The references that were put into invented tables, as `ends` shows them, in order. */
export const references = (tables: Readonly<Record<string, InventedTable>>): ReadonlyArray<string> =>
  Object.entries(tables)
    .flatMap(([name, { columns, together = [] }]) => [
      ...Object.entries(columns).flatMap(([column, { to }]) =>
        to === undefined ? [] : [`${name}(${column}) ${to.replace(".", "(")})`]
      ),
      ...together.map(
        (set) => `${name}(${Object.keys(set.columns).join()}) ${set.table}(${Object.values(set.columns).join()})`
      )
    ])
    .sort()
