import { Effect, Schema } from "effect"
import { stepwise } from "../steps/Steps.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import type { DatasourcePool } from "./DatasourcePool.ts"
import { both, DOMAIN_VALUE, type Limits, reader } from "./Checks.ts"
import { bytesOf, decoder, remains, whole } from "./Encoding.ts"
import { type Hierarchies, hierarchies, type Hierarchy, withCode } from "./Hierarchy.ts"
import { largest, MOST } from "./MostTables.ts"
import * as Rows from "./SchemaRows.ts"
import * as Sql from "./SchemaSql.ts"
import type { Server } from "./Server.ts"

/** Which tables of a datasource to read. */
export interface CatalogOptions {
  /** Only these schemas, spelled exactly; by default all but the system's. */
  readonly schemas?: ReadonlyArray<string>
  /** Tables to leave out: patterns with `*` over `schema.table` or `table`, in any case. By default none. */
  readonly exclude?: ReadonlyArray<string>
  /** Whether to include views and materialized views, which repeat what tables say. By default not. */
  readonly views?: boolean
  /** Maximum number of tables that are read; by default 3,000 with 12,500 columns. `MostTables.largest` decides which. */
  readonly mostTables?: number
  /** Whether to include foreign tables: another server is asked for their rows, outside of our read-only transaction. By default not. */
  readonly foreign?: boolean
}

/** The names of all schemas with relations, without the system's. */
export const readSchemaNames = (pool: DatasourcePool) =>
  Effect.map(pool.query(Schema.Struct({ name: Schema.String }), Sql.SCHEMAS), (rows) => rows.map(({ name }) => name))

/** The rows of the system catalogs that a `Catalog` and SQL over its tables are made from. Numbers that identify are oids. */
export interface DatabaseSchema {
  readonly hierarchies: Hierarchies
  readonly columns: ReadonlyArray<Rows.ColumnRow>
  readonly types: ReadonlyMap<number, DatabaseType>
  readonly indexes: ReadonlyArray<Rows.IndexRow>
  readonly foreignKeys: ReadonlyArray<Rows.ForeignKeyRow>
  /** What the CHECKs of a table allow, by the table's oid and the column's number. */
  readonly checks: ReadonlyMap<number, ReadonlyMap<number, Limits>>
  /** Comments of tables, by oid. */
  readonly comments: ReadonlyMap<number, string>
  /** What runs when views and tables with policies are read, by oid. */
  readonly code: ReadonlyMap<number, Rows.CodeRow>
}

/** A type, and what the CHECKs of its domains allow. */
export interface DatabaseType extends Omit<Rows.TypeRow, "checks"> {
  readonly limits: Limits | undefined
}

/** Rows of relations per statement: bounds the memory of an answer on the server and here. */
const RELATIONS_AT_ONCE = 5_000
/** The most tables, and columns of these, that one statement asks for. */
const AT_ONCE = { tables: 500, columns: 10_000 }

const RightsRow = Schema.Struct({ roles: Schema.Array(Schema.Number), readsAll: Schema.Boolean })
const OperatorRow = Schema.Struct({ id: Schema.Number, name: Schema.String })

/** SQLSTATEs of texts that the server cannot send: bytes invalid in the database's encoding, or characters that UTF-8 lacks. */
const NO_TEXT: ReadonlyArray<string | null> = ["22021", "22P05"]

/**
 * Reads the system catalogs for the selected tables, with one statement per kind of row for each portion of tables. Of relations that are not
 * selected it reads only their place in a hierarchy. A portion with a text that the server cannot send is read again as bytes; the invalid
 * texts are then marked (`isLost`). Fails with `DatasourceError` of the pool.
 */
export const readSchema = (
  { encoding, pool }: Server,
  options: CatalogOptions
): Effect.Effect<DatabaseSchema, DatasourceError> =>
  Effect.gen(function* () {
    const [rights = NO_RIGHTS] = yield* pool.query(RightsRow, Sql.RIGHTS)
    const { readsAll, roles } = rights
    const bypasses = pool.login.bypassesRowSecurity
    const decode = decoder(encoding)
    const bytes = Schema.transform(Schema.String, Schema.String, {
      decode: (hex) => decode(Buffer.from(hex, "hex")),
      encode: (text) => Buffer.from(text).toString("hex")
    })
    const read = <A, I>(
      row: (text: Rows.Text) => Schema.Schema<A, I>,
      sql: (text: Sql.AsText) => string,
      ...values: ReadonlyArray<unknown>
    ) =>
      Effect.catchIf(
        pool.query(row(Schema.String), sql(Sql.asText), values),
        ({ code }) => NO_TEXT.includes(code),
        () => pool.query(row(bytes), sql(bytesOf), values)
      )

    const relations: Array<Rows.RelationRow> = []
    const exclude = (options.exclude ?? []).map(patternOf)
    const selection = [options.schemas ?? [], exclude, options.views === true]
    for (let after = 0, more = true; more;) {
      const some = yield* read(
        Rows.relationRow,
        Sql.relationsSql,
        roles,
        readsAll,
        bypasses,
        after,
        RELATIONS_AT_ONCE,
        ...selection
      )
      for (const row of some) relations.push(row)
      after = some.at(-1)?.id ?? after
      more = some.length === RELATIONS_AT_ONCE
    }
    const all = yield* stepwise(() => hierarchies(relations, { foreign: options.foreign === true }))
    const { mostTables } = options
    const most = mostTables === undefined ? MOST : { tables: mostTables, columns: Number.POSITIVE_INFINITY }
    const found = yield* stepwise(() => largest(all, most))

    const columns: Array<Rows.ColumnRow> = []
    const indexes: Array<Rows.IndexRow> = []
    const foreignKeys: Array<Rows.ForeignKeyRow> = []
    const checks = new Map<number, ReadonlyMap<number, Limits>>()
    const types = new Map<number, DatabaseType>()
    const comments = new Map<number, string>()
    const code = new Map<number, Rows.CodeRow>()
    const once = interning()
    const operators = new Map((yield* pool.query(OperatorRow, Sql.OPERATORS)).map(({ id, name }) => [id, name]))
    const limitsOf = reader({ operators, decode: (bytes) => whole(decode(bytes)) })
    const seen = new Set(found.tables.map(({ relation }) => relation.id))
    for (const portion of portions(found.tables)) {
      const tables = portion.map(({ relation }) => relation.id)
      // A child is a part of several tables, and may be one itself.
      const parts = portion.flatMap((each) => each.parts).filter(({ id }) => !seen.has(id) && seen.add(id))
      const children = parts.filter(({ partition }) => !partition).map(({ id }) => id)
      const all = [...tables, ...parts.map(({ id }) => id)]
      const some = yield* read(Rows.columnRow, Sql.columnsSql, roles, tables, children)
      for (const row of some) columns.push({ ...row, name: once(row.name), type: once(row.type) })
      const fresh = [...new Set(some.map(({ typeId }) => typeId))].filter((id) => !types.has(id))
      if (fresh.length > 0)
        for (const row of yield* read(Rows.typeRow, Sql.typesSql, fresh)) {
          const { checks, fields, labels, ...type } = row
          const limits = checks.map(limitsOf).reduce(both, new Map()).get(DOMAIN_VALUE)
          types.set(row.id, {
            ...type,
            labels: labels?.map(remains) ?? null,
            fields: fields?.map(remains) ?? null,
            limits
          })
        }
      for (const row of yield* read(Rows.indexRow, Sql.indexesSql, all)) indexes.push(row)
      for (const row of yield* read(Rows.foreignKeyRow, Sql.foreignKeysSql, all)) foreignKeys.push(row)
      for (const { expression, relation } of yield* pool.query(Rows.CheckRow, Sql.CHECKS, [tables])) {
        checks.set(relation, both(checks.get(relation) ?? new Map(), limitsOf(expression)))
      }
      for (const row of yield* read(Rows.commentRow, Sql.commentsSql, tables)) comments.set(row.relation, row.comment)
      const stored = portion.map(({ relation }) => relation).filter(({ kind }) => kind === "m")
      const coded = [...portion.flatMap(withCode), ...stored].map(({ id }) => id)
      if (coded.length > 0)
        for (const row of yield* read(Rows.codeRow, Sql.codeSql, coded, bypasses, roles)) code.set(row.relation, row)
    }
    return { hierarchies: found, columns, types, indexes, foreignKeys, checks, comments, code }
  }).pipe(Effect.withSpan("Datasource.readSchema"))

/** Never used: a session has a role. */
const NO_RIGHTS: typeof RightsRow.Type = { roles: [0], readsAll: false }

/** Splits tables into groups within `AT_ONCE`; a table that is wider is a group by itself. */
const portions = (tables: ReadonlyArray<Hierarchy>): ReadonlyArray<ReadonlyArray<Hierarchy>> => {
  const all: Array<Array<Hierarchy>> = []
  let width = Number.POSITIVE_INFINITY
  for (const table of tables) {
    width += table.relation.width
    const last = all.at(-1)
    if (last !== undefined && width <= AT_ONCE.columns && last.length < AT_ONCE.tables) last.push(table)
    else {
      all.push([table])
      width = table.relation.width
    }
  }
  return all
}

/** The regular expression for a pattern in which `*` stands for any characters; it matches whole names. */
const patternOf = (pattern: string): string =>
  `^${pattern
    .split("*")
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
    .join(".*")}$`

/** Returns one string object for equal strings: thousands of tables repeat the same names and types. */
const interning = () => {
  const known = new Map<string, string>()
  return (text: string): string => {
    const before = known.get(text)
    if (before === undefined) known.set(text, text)
    return before ?? text
  }
}
