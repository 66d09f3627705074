import { Schema } from "effect"
import { byText } from "./byText.ts"
import { type Catalog, type Table, tableId, type TableName } from "./Catalog.ts"
import { grouped } from "./grouped.ts"
import { sortInSteps, type Steps } from "../steps/Steps.ts"
import type { TableProfile } from "./TableProfile.ts"

/** A set of tables that may have copies: all of a schema, or those of a schema whose names begin with `prefix` (`t1_`). */
export const Scope = Schema.Struct({
  schema: Schema.String,
  /** The start of the tables' names; "" for all tables of the schema. */
  prefix: Schema.String
})
/** @see Scope */
export type Scope = typeof Scope.Type

/** A set of tables that is described (`of`), and its copies, which are not. */
export const CopiedTables = Schema.Struct({
  of: Scope,
  copies: Schema.Array(
    Schema.Struct({
      ...Scope.fields,
      /** Names of the copy's tables that are not described, because `of` has them. */
      tables: Schema.Array(Schema.String),
      /** The number of rows of all its tables that were profiled. */
      rows: Schema.Int,
      /** Differences from `of`, in words: "without the table notes"; empty where tables and columns are the same. */
      differs: Schema.Array(Schema.String)
    })
  )
})
/** @see CopiedTables */
export type CopiedTables = typeof CopiedTables.Type

/** One copy of a scope. */
export type Copy = CopiedTables["copies"][number]

/** Copies with the same tables and columns as the original, and those that differ from it, each in their order. */
export const byDifference = (
  copies: ReadonlyArray<Copy>
): { readonly same: ReadonlyArray<Copy>; readonly differing: ReadonlyArray<Copy> } => ({
  same: copies.filter(({ differs }) => differs.length === 0),
  differing: copies.filter(({ differs }) => differs.length > 0)
})

/** The tables that are not described, because they are copies: by `tableId`, the described table. */
export const copiedTables = (copied: ReadonlyArray<CopiedTables>): ReadonlyMap<string, TableName> =>
  new Map(
    copied.flatMap(({ copies, of }) =>
      copies.flatMap(({ prefix, schema, tables }) =>
        tables.map((table) => [
          tableId({ schema, table }),
          { schema: of.schema, table: `${of.prefix}${table.slice(prefix.length)}` }
        ])
      )
    )
  )

/** The copies among a catalog's tables, such as a schema for each tenant. */
export interface Copies {
  /** All described sets with their copies, by schema and prefix. */
  readonly all: ReadonlyArray<CopiedTables>
  /** The described table that this one is a copy of; undefined where it is described itself. */
  readonly originalOf: (table: TableName) => TableName | undefined
  /** Whether relationships of a table matter: it is described, or in a copy with tables that `of` lacks. */
  readonly isLookedAt: (table: TableName) => boolean
  /** Whether two tables are in different copies of one set: then neither can reference the other. */
  readonly areApart: (one: TableName, other: TableName) => boolean
  /**
   * How many tables may be meant where another table means a described one: its copies as well, unless the other is in one of the sets. 1
   * without copies.
   */
  readonly among: (table: TableName, seenFrom: TableName) => number
}

/** Two tables are the same if they share this part of the columns of the wider one. */
const SAME_COLUMNS = 0.75
/** Two sets are copies if at least `FEWEST_SAME` tables, and this part of the larger set's, are the same. One table alone may be chance. */
const FEWEST_SAME = 2
const SAME_TABLES = 2 / 3
/** The most described sets that are remembered per table name: without a bound, the comparisons grow with the square of the schemas. */
const COMPARED = 40
/** A numbered prefix of a table's name: `t1_tasks`, `tenant_17_tasks`. */
const NUMBERED = /^(\p{L}[\p{L}_]*\d+_)\P{N}/u
/** Differences that are listed per copy; the others are counted. */
const TOLD = 6

/** The name of a scope, for people. */
export const scopeName = ({ prefix, schema }: Scope): string => (prefix === "" ? schema : `${schema}.${prefix}*`)

/** A set of tables, by their names without the prefix. */
interface Group extends Scope {
  readonly id: string
  readonly tables: ReadonlyMap<string, Table>
  readonly columns: number
  readonly filled: number
  readonly rows: number
}

/** The number of rows of a table that was profiled. */
export type TableRows = Pick<TableProfile, "schema" | "table" | "rows">

/**
 * Finds copies by the names and columns of their tables. Described is the set with the most tables that have rows, then the most tables, then
 * the most columns, then schema `public`, then the most rows by powers of ten (so that a few more rows do not change it), then the first by
 * name. Time grows linearly with the number of tables.
 */
export function* copiesOf(catalog: Catalog, profiles: ReadonlyArray<TableRows>): Steps<Copies> {
  const rows = new Map(profiles.map((profile) => [tableId(profile), profile.rows]))
  const groupOf = (scope: Scope, tables: ReadonlyArray<Table>): Group => {
    const held = tables.map((table) => rows.get(tableId(table)) ?? 0)
    return {
      ...scope,
      id: JSON.stringify([scope.schema, scope.prefix]),
      tables: new Map(tables.map((table) => [table.table.slice(scope.prefix.length), table])),
      columns: tables.reduce((sum, { columns }) => sum + columns.length, 0),
      filled: held.filter((count) => count > 0).length,
      rows: held.reduce((sum, count) => sum + count, 0)
    }
  }
  const bySchema = grouped(catalog.tables, ({ schema }) => schema)
  const schemas = [...new Set(catalog.tables.map(({ schema }) => schema))]
  const whole = yield* families(schemas.map((schema) => groupOf({ schema, prefix: "" }, bySchema(schema))))
  const isCopied = new Set(whole.flatMap(({ copies, of }) => [of, ...copies]).map(({ schema }) => schema))
  const numbered = schemas
    .filter((schema) => !isCopied.has(schema))
    .flatMap((schema) => {
      const byPrefix = grouped(bySchema(schema), ({ table }) => NUMBERED.exec(table)?.[1] ?? "")
      const prefixes = new Set(bySchema(schema).map(({ table }) => NUMBERED.exec(table)?.[1] ?? ""))
      return [...prefixes].flatMap((prefix) => (prefix === "" ? [] : [groupOf({ schema, prefix }, byPrefix(prefix))]))
    })
  const found = [...whole, ...(yield* families(numbered))]

  const originals = new Map<string, TableName>()
  const copied = new Map<string, number>()
  const places = new Map<string, { readonly family: number; readonly group: Group }>()
  const unseen = new Set<string>()
  for (const [family, { copies, of }] of found.entries()) {
    for (const group of [of, ...copies]) {
      const isSeen = group === of || [...group.tables.keys()].some((name) => !of.tables.has(name))
      for (const [name, table] of group.tables) {
        const id = tableId(table)
        const original = of.tables.get(name)
        places.set(id, { family, group })
        if (group !== of && original !== undefined) {
          originals.set(id, original)
          copied.set(tableId(original), (copied.get(tableId(original)) ?? 0) + 1)
        }
        if (!isSeen) unseen.add(id)
      }
      yield
    }
  }
  return {
    all: found.map(({ copies, of }) => ({
      of: { schema: of.schema, prefix: of.prefix },
      copies: copies.map((copy) => ({
        schema: copy.schema,
        prefix: copy.prefix,
        tables: [...copy.tables].flatMap(([name, { table }]) => (of.tables.has(name) ? [table] : [])),
        rows: copy.rows,
        differs: differences(of, copy)
      }))
    })),
    originalOf: (table) => originals.get(tableId(table)),
    isLookedAt: (table) => !unseen.has(tableId(table)),
    areApart: (one, other) => {
      // Asked of every pair of tables that may refer to each other, and most databases have no copies.
      if (places.size === 0) return false
      const [a, b] = [places.get(tableId(one)), places.get(tableId(other))]
      return a !== undefined && b !== undefined && a.family === b.family && a.group !== b.group
    },
    among: (table, seenFrom) => {
      const further = copied.size === 0 ? 0 : (copied.get(tableId(table)) ?? 0)
      if (further === 0) return 1
      const isInside = places.get(tableId(seenFrom))?.family === places.get(tableId(table))?.family
      return isInside ? 1 : 1 + further
    }
  }
}

interface Family {
  readonly of: Group
  readonly copies: ReadonlyArray<Group>
}

const magnitude = (rows: number) => Math.floor(Math.log10(rows + 1))

const mostToSee = (a: Group, b: Group): number =>
  b.filled - a.filled ||
  b.tables.size - a.tables.size ||
  b.columns - a.columns ||
  Number(b.schema === "public") - Number(a.schema === "public") ||
  magnitude(b.rows) - magnitude(a.rows) ||
  byText(a.id, b.id)

/** Splits groups into families of copies. A group is compared only with the described group that shares the most tables with it. */
function* families(groups: ReadonlyArray<Group>): Steps<ReadonlyArray<Family>> {
  const copies = new Map<Group, Array<Group>>()
  const described = new Map<string, Array<Group>>()
  for (const group of yield* sortInSteps(groups, mostToSee)) {
    const shared = new Map<Group, number>()
    const marks = [...group.tables].flatMap(([name, table]) => [name, fingerprint(name, table)])
    for (const mark of marks) {
      for (const other of described.get(mark) ?? []) shared.set(other, (shared.get(other) ?? 0) + 1)
    }
    const [closest] = [...shared].sort(([, a], [, b]) => b - a)
    if (closest !== undefined && isCopy(group, closest[0])) copies.get(closest[0])?.push(group)
    else {
      copies.set(group, [])
      for (const mark of marks) {
        const others = described.get(mark)
        if (others === undefined) described.set(mark, [group])
        else if (others.length < COMPARED) others.push(group)
      }
    }
    yield
  }
  return [...copies]
    .filter(([, all]) => all.length > 0)
    .map(([of, all]) => ({ of, copies: all.sort((a, b) => byText(a.id, b.id)) }))
    .sort((a, b) => byText(a.of.id, b.of.id))
}

/** A string that is equal for tables with equal names and columns, in any order. */
const fingerprint = (name: string, { columns }: Table): string =>
  JSON.stringify([name, ...columns.map((column) => `${column.name} ${column.type}`).sort()])

const isCopy = (one: Group, other: Group): boolean => {
  const same = [...one.tables].filter(([name, table]) => isSame(table, other.tables.get(name))).length
  return same >= FEWEST_SAME && same >= SAME_TABLES * Math.max(one.tables.size, other.tables.size)
}

const isSame = (one: Table, other: Table | undefined): boolean => {
  if (other === undefined) return false
  const names = new Set(other.columns.map(({ name }) => name))
  const shared = one.columns.filter(({ name }) => names.has(name)).length
  return shared >= SAME_COLUMNS * Math.max(one.columns.length, other.columns.length)
}

/** The differences of a copy from what is described, in words. */
const differences = (of: Group, copy: Group): ReadonlyArray<string> => {
  const missing = [...of.tables.keys()]
    .filter((name) => !copy.tables.has(name))
    .map((name) => `without the table ${name}`)
  const more = [...copy.tables.keys()].filter((name) => !of.tables.has(name)).map((name) => `with a table ${name}`)
  const columns = [...copy.tables].flatMap(([name, table]) => {
    const original = of.tables.get(name)
    if (original === undefined) return []
    const types = new Map(original.columns.map((column) => [column.name, column.type]))
    const own = new Set(table.columns.map((column) => column.name))
    return [
      ...original.columns.filter((column) => !own.has(column.name)).map((column) => `${name} without ${column.name}`),
      ...table.columns.flatMap((column) => {
        const type = types.get(column.name)
        if (type === undefined) return [`${name} with a column ${column.name}`]
        return type === column.type ? [] : [`${name}.${column.name} as ${column.type}`]
      })
    ]
  })
  const all = [...missing, ...more, ...columns]
  return all.length <= TOLD ? all : [...all.slice(0, TOLD), `${all.length - TOLD} more differences`]
}
