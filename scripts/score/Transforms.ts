import type { PgClient } from "@effect/sql-pg"
import type { SqlError } from "@effect/sql"
import { Array, Console, Effect, type Redacted, Schema } from "effect"
import { createHash } from "node:crypto"
import { TableName, tableId } from "../../src/datasource/Catalog.ts"
import type { ColumnSet } from "../../src/datasource/Inclusion.ts"
import { connect, type TrueKey } from "./Datasets.ts"

/** The same names and changes in every run. */
const SEED = "score"

/** The parts of discovery's result that are scored. */
export interface Result {
  readonly entities: ReadonlyArray<TableName & { readonly keyColumns: ReadonlyArray<string> }>
  readonly relationships: ReadonlyArray<{
    readonly from: ColumnSet
    readonly to: ColumnSet
    readonly status: string
  }>
}

/** What a changed database's tables and columns are called in the dataset: tables by `tableId`, columns by that and their own name. */
export const Originals = Schema.Struct({
  tables: Schema.Record({ key: Schema.String, value: TableName }),
  columns: Schema.Record({ key: Schema.String, value: Schema.String })
})
/** @see Originals */
export type Originals = typeof Originals.Type

/** Nothing was renamed. */
export const UNCHANGED: Originals = { tables: {}, columns: {} }

const originalSide = (originals: Originals, side: ColumnSet): ColumnSet => ({
  ...(originals.tables[tableId(side)] ?? { schema: side.schema, table: side.table }),
  columns: side.columns.map((column) => originals.columns[`${tableId(side)}.${column}`] ?? column)
})

/** A reference under the dataset's own names. */
export const originalEnds = (
  originals: Originals,
  { from, to }: { readonly from: ColumnSet; readonly to: ColumnSet }
) => ({ from: originalSide(originals, from), to: originalSide(originals, to) })

/** What was found in a changed database as if it had been found under the dataset's own names. */
export const original = (originals: Originals, { entities, relationships }: Result): Result => ({
  entities: entities.map((entity) => {
    const { columns: keyColumns, ...table } = originalSide(originals, { ...entity, columns: entity.keyColumns })
    return { ...table, keyColumns }
  }),
  relationships: relationships.map((each) => ({ ...originalEnds(originals, each), status: each.status }))
})

/** Changes a database without declared foreign keys in a way that discovery should bear. */
export type Transform = (
  url: Redacted.Redacted,
  truth: ReadonlyArray<TrueKey>
) => Effect.Effect<Originals, SqlError.SqlError>

interface Place extends TableName {
  readonly column: string
}

const digest = (...parts: ReadonlyArray<string>): string =>
  createHash("sha256")
    .update([SEED, ...parts].join("\0"))
    .digest("hex")

/** Every column of every table, in the tables' order; partitions and views are left out. */
const columnsOf = (sql: PgClient.PgClient) =>
  sql<Place>`SELECT n.nspname AS schema, c.relname AS table, a.attname AS column
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
      AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    ORDER BY 1, 2, a.attnum`

/** How tables and columns are called instead. */
interface Renaming {
  readonly table: (name: TableName) => string
  readonly column: (place: Place) => string
}

/** Renames tables and columns; where two would be called the same, the later one keeps its name. */
const rename =
  (renaming: (truth: ReadonlyArray<TrueKey>) => Renaming): Transform =>
  (url, truth) =>
    Effect.gen(function* () {
      const sql = yield* connect(url)
      const { column: columnName, table: tableName } = renaming(truth)
      const tables = new Map<string, TableName>()
      const columns = new Map<string, string>()
      const places = yield* columnsOf(sql)
      const taken = new Set(places.map(tableId))
      const byTable = Object.entries(Array.groupBy(places, tableId))
      for (const [id, own] of byTable) {
        const [first] = own
        if (first === undefined) continue
        const { schema, table } = first
        const called = new Set(own.map(({ column }) => column))
        const wanted = tableName({ schema, table })
        const free = !taken.has(tableId({ schema, table: wanted }))
        const now = { schema, table: free ? wanted : table }
        taken.add(tableId(now))
        tables.set(tableId(now), { schema, table })
        for (const place of own) {
          const column = columnName(place)
          if (called.has(column)) continue
          called.add(column)
          columns.set(`${tableId(now)}.${column}`, place.column)
          yield* sql`ALTER TABLE ${sql(schema)}.${sql(table)} RENAME COLUMN ${sql(place.column)} TO ${sql(column)}`
        }
        if (now.table !== table) yield* sql`ALTER TABLE ${sql(schema)}.${sql(table)} RENAME TO ${sql(now.table)}`
        yield* Effect.logDebug(`${id} is now ${tableId(now)}`)
      }
      const originals: Originals = { tables: Object.fromEntries(tables), columns: Object.fromEntries(columns) }
      return originals
    }).pipe(Effect.scoped)

/** Six letters that mean nothing, vowels left out so that none become a word. */
const letters = (...parts: ReadonlyArray<string>): string =>
  [
    ...digest(...parts)
      .slice(0, 12)
      .matchAll(/../g)
  ]
    .map(([pair]) => "bcdfghjklmnpqrstvwxz".charAt(Number.parseInt(pair, 16) % 20))
    .join("")

const words = (name: string): ReadonlyArray<string> => name.split("_").filter((word) => word !== "")

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** `order_details` → `OrderDetails`, `order_id` → `orderId`. */
const camelCase: Renaming = {
  table: ({ table }) => words(table).map(capital).join(""),
  column: ({ column }) => {
    const [first = column, ...rest] = words(column)
    return [first, ...rest.map(capital)].join("")
  }
}

/** Words of more letters are cut to so many: `customer_id` → `cust_id`. */
const CUT = 4
const cut: Renaming = {
  table: ({ table }) =>
    words(table)
      .map((word) => word.slice(0, CUT))
      .join("_"),
  column: ({ column }) =>
    words(column)
      .map((word) => word.slice(0, CUT))
      .join("_")
}

/** Referring columns without what says that they are: `customer_id` → `customer`. */
const withoutId = (truth: ReadonlyArray<TrueKey>): Renaming => {
  const referring = new Set(truth.flatMap(({ from }) => from.columns.map((column) => `${tableId(from)}.${column}`)))
  return {
    table: ({ table }) => table,
    column: (place) =>
      referring.has(`${tableId(place)}.${place.column}`)
        ? place.column.replace(/(?<=.)_?(id|Id|ID)$/, "")
        : place.column
  }
}

const single = (truth: ReadonlyArray<TrueKey>) =>
  truth.flatMap(({ from, scorable, to }) => {
    const [column] = from.columns
    const [target] = to.columns
    if (column === undefined || target === undefined || from.columns.length > 1) return []
    return [
      {
        from: { schema: from.schema, table: from.table, column },
        scorable,
        to: { schema: to.schema, table: to.table, column: target }
      }
    ]
  })

/**
 * Replaces so many percent of what stands in every single, scorable foreign key's column by values that are nowhere in its target: each
 * another one. Columns that are referred to themselves stay, and those whose type, length or uniqueness does not bear it.
 */
const orphans =
  (percent: number): Transform =>
  (url, truth) =>
    Effect.gen(function* () {
      const sql = yield* connect(url)
      const id = ({ column, ...table }: Place) => `${tableId(table)}.${column}`
      const targets = new Set(single(truth).map(({ to }) => id(to)))
      const changed = new Map(
        single(truth)
          .filter(({ from, scorable }) => scorable && !targets.has(id(from)))
          .map((key) => [id(key.from), key])
      )
      for (const { from, to } of changed.values()) {
        const table = sql`${sql(from.schema)}.${sql(from.table)}`
        const column = sql(from.column)
        const whole = sql`${sql(to.schema)}.${sql(to.table)}`
        const target = sql(to.column)
        const [type] = yield* sql<{ name: string; isNumber: boolean; isText: boolean; length: number }>`
          SELECT format_type(atttypid, NULL) AS name, typcategory = 'N' AS "isNumber", typcategory = 'S' AS "isText",
            CASE WHEN atttypmod > 0 THEN atttypmod - 4 ELSE 32 END AS length
          FROM pg_attribute a JOIN pg_type t ON t.oid = atttypid
          WHERE attrelid = ${`"${from.schema}"."${from.table}"`}::regclass AND attname = ${from.column}`
        if (type === undefined || (!type.isNumber && !type.isText)) continue
        const value = type.isNumber
          ? sql`((SELECT max(${target})::numeric FROM ${whole}) + chosen.n * 3)::numeric`
          : sql`left(upper(md5(${SEED} || chosen.n)), least(${type.length}, 12))`
        yield* sql`
          UPDATE ${table} AS t SET ${column} = ${value}
          FROM (SELECT ctid AS place, tableoid AS part, row_number() OVER (ORDER BY md5(${SEED} || ctid::text || tableoid::regclass::text)) AS n
            FROM ${table} WHERE ${column} IS NOT NULL) AS chosen
          WHERE t.ctid = chosen.place AND t.tableoid = chosen.part
            AND chosen.n <= round((SELECT count(${column}) FROM ${table}) * ${percent}::numeric / 100)
            ${type.isText ? sql`AND NOT EXISTS (SELECT FROM ${whole} WHERE rtrim(${target}::text) = ${value})` : sql``}`.pipe(
          Effect.catchAll((error) => Console.error(`no orphans in ${id(from)}: ${String(error.cause)}`))
        )
      }
      yield* sql`ANALYZE`
      return UNCHANGED
    }).pipe(Effect.scoped)

/** Turns whole numbers that refer to each other into UUIDs, the same on both sides; what is part of a composite key, or resists, stays. */
const uuids: Transform = (url, truth) =>
  Effect.gen(function* () {
    const sql = yield* connect(url)
    const id = ({ column, ...table }: Place) => `${tableId(table)}.${column}`
    const composite = new Set(
      truth
        .filter(({ from }) => from.columns.length > 1)
        .flatMap(({ from, to }) =>
          [from, to].flatMap((side) => side.columns.map((column) => `${tableId(side)}.${column}`))
        )
    )
    // What else knows the columns' types.
    const dependents = yield* sql<{ drop: string }>`
      SELECT format('DROP VIEW IF EXISTS %I.%I CASCADE', schemaname, viewname) AS drop FROM pg_views
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
      UNION ALL SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
        WHERE contype = 'c' AND conrelid <> 0 AND coninhcount = 0 AND connamespace <> 'information_schema'::regnamespace`
    for (const { drop } of dependents) yield* sql.unsafe(drop)
    const partitions = new Set(
      (yield* sql<TableName>`SELECT relnamespace::regnamespace::text AS schema, relname AS table FROM pg_class
        WHERE relispartition`).map(tableId)
    )
    const groups = new Map<string, ReadonlyArray<Place>>()
    for (const { from, to } of single(truth).filter(({ from }) => !partitions.has(tableId(from)))) {
      const joined = [...(groups.get(id(from)) ?? [from]), ...(groups.get(id(to)) ?? [to])]
      const places = [...new Map(joined.map((place) => [id(place), place])).values()]
      for (const place of places) groups.set(id(place), places)
    }
    for (const places of new Set(groups.values())) {
      const [first] = places
      if (first === undefined || places.some((place) => composite.has(id(place)))) continue
      const group = places.map(id).sort()[0] ?? ""
      const retype = Effect.forEach(
        places,
        ({ column, schema, table }) =>
          sql`ALTER TABLE ${sql(schema)}.${sql(table)} ALTER COLUMN ${sql(column)} DROP IDENTITY IF EXISTS,
          ALTER COLUMN ${sql(column)} DROP DEFAULT, ALTER COLUMN ${sql(column)} TYPE uuid
          USING md5(${sql.literal(`'${SEED} ${group.replaceAll("'", "")} '`)} || ${sql(column)}::bigint)::uuid`
      )
      yield* sql
        .withTransaction(retype)
        .pipe(Effect.catchAll((error) => Console.error(`no uuids in ${group}: ${String(error.cause)}`)))
    }
    yield* sql`ANALYZE`
    return UNCHANGED
  }).pipe(Effect.scoped)

/** The transforms by the name of the variant that they make of `nofk`. */
export const TRANSFORMS: Readonly<Record<string, Transform>> = {
  noise: rename(() => ({
    table: (name) => letters(tableId(name)),
    column: ({ column, ...table }) => letters(tableId(table), column)
  })),
  hexnoise: rename(() => ({
    table: (name) => `t${digest(tableId(name)).slice(0, 7)}`,
    column: ({ column, ...table }) => `c${digest(tableId(table), column).slice(0, 7)}`
  })),
  camel: rename(() => camelCase),
  cut: rename(() => cut),
  suffixless: rename(withoutId),
  orphans1: orphans(1),
  orphans3: orphans(3),
  orphans5: orphans(5),
  uuid: uuids
}
