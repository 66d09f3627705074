import { Array, Duration, Effect, Option, type Redacted, Ref, Schema, type Scope } from "effect"
import type { Catalog, TableName } from "./Catalog.ts"
import { tableId } from "./Catalog.ts"
import { assemble } from "./CatalogReader.ts"
import { DatasourceError } from "./DatasourceError.ts"
import { stepwise } from "../steps/Steps.ts"
import type { DatasourceLogin } from "./DatasourceLogin.ts"
import * as DatasourcePool from "./DatasourcePool.ts"
import * as DatasourceUrl from "./DatasourceUrl.ts"
import { found } from "./Found.ts"
import { quoteTable } from "./Identifier.ts"
import type { ColumnSet, Condition, Inclusion } from "./Inclusion.ts"
import * as Profiler from "./Profiler.ts"
import { type Marks, marksOf } from "./Movement.ts"
import type { Readings } from "./Readings.ts"
import { columnOf, gone, type Relation, relations } from "./Relation.ts"
import { decodeRows } from "./Rows.ts"
import { type CatalogOptions, readSchema, readSchemaNames } from "./SchemaReader.ts"
import type { TableProfile } from "./TableProfile.ts"
import * as Server from "./Server.ts"
import * as TestJoin from "./TestJoin.ts"
import { uniqueness } from "./Uniqueness.ts"

/** Connections, and so concurrent statements, per datasource: few, because it is somebody's production database. */
const CONNECTIONS = 4
/** The default `statement_timeout` of a statement. */
const STATEMENT_TIMEOUT = Duration.seconds(60)
/** The default timeout of one attempt to connect, where the URL has no `connect_timeout`. */
const CONNECT_TIMEOUT = Duration.seconds(10)
/** The oldest `server_version_num` that can be read: 13 introduced `trim_scale`. */
const OLDEST_SERVER = 130_000

/** How to connect to a datasource. */
export interface DatasourceOptions {
  /** `postgres://user:password@host:port/database?sslmode=…`. */
  readonly url: Redacted.Redacted
  /** The most connections at once. Default: 4. */
  readonly connections?: number
  /** The `statement_timeout` of each statement; a smaller one of the server applies. Default: 60 seconds. */
  readonly statementTimeout?: Duration.DurationInput
  /** The timeout of one attempt to connect. Default: the URL's `connect_timeout`, or 10 seconds. */
  readonly connectTimeout?: Duration.DurationInput
  /** Whether to use one connection only, with a pause after each statement (see `Pace`). Default: false. */
  readonly gentle?: boolean
  /** The default options of `catalog`. Default: all tables, without views and foreign tables. */
  readonly selection?: CatalogOptions
}

/** A column of a table. */
export interface ColumnRef extends TableName {
  readonly column: string
}

/** Values as text, and the column to look them up in. */
export interface ProbeRequest {
  readonly values: ReadonlyArray<string>
  /** Whether the values are whole numbers, and texts of the column are read as such. */
  readonly areNumbers?: boolean | undefined
  readonly to: ColumnRef
}

/** A test join. All requests of one call must have the same `from` table. */
export interface InclusionRequest {
  readonly from: ColumnSet
  readonly to: ColumnSet
  /** Restricts the rows of `from`. */
  readonly when?: Condition | undefined
  /** The approximate number of distinct values of `from`, and of `to`; where given, they are not counted. */
  readonly distinct?: number | undefined
  readonly targetDistinct?: number | undefined
  /** The approximate numbers of rows of `from` and of `to`; where they are not given, the planner estimates them. */
  readonly rows?: number | undefined
  readonly targetRows?: number | undefined
}

/**
 * Somebody else's PostgreSQL database (13 or later), which is only read: each call runs a few statements, each in a READ ONLY transaction,
 * on a small pool. Interruption cancels the running statement on the server. Every call may fail with `DatasourceError`; if its `ofOneTable`
 * is true (permission denied, table dropped, timeout), other tables can still be read.
 */
export interface Datasource {
  /** `host:port/database`, for messages. */
  readonly display: string
  /** The role that reads it, and its privileges. */
  readonly login: DatasourceLogin
  /** Reads the catalog, in a few statements per 500 tables. Fails with "no-schema" if a schema in `options` has no tables. */
  readonly catalog: (options?: CatalogOptions) => Effect.Effect<Catalog, DatasourceError>
  /** What tells whether tables of a catalog have moved since `before`. May wait 10.5 seconds for the statistics (see `marksOf`). */
  readonly marks: (catalog: Catalog, before: Marks) => Effect.Effect<Marks, DatasourceError>
  /** The same datasource, which asks no statement whose answer is known. */
  readonly remembering: (readings: Readings) => Datasource
  /**
   * Figures and values of a table's columns: exact, by one scan, if the values fit in `work_mem`; otherwise of a sample of blocks, with a
   * second scan for exact counts up to 500,000 rows. Columns that fail are listed in `unread`.
   */
  readonly profile: (table: TableName) => Effect.Effect<TableProfile, DatasourceError>
  /**
   * Tests how far the values of `from` are included in those of `to`, by PostgreSQL's equality; above 2,000,000 rows, or 200,000 distinct
   * values, for a sample of `from`. Numbers compare as numbers, also if they are in a text column; dates with timestamps; the elements of an
   * array one by one; everything else as text. Sides with different numbers of columns, or none, are a defect.
   */
  readonly inclusion: (from: ColumnSet, to: ColumnSet, when?: Condition) => Effect.Effect<Inclusion, DatasourceError>
  /**
   * `inclusion` for several requests of one table, which is read once for all; the results are in the order of the requests. A request whose
   * target cannot be read is logged and yields null.
   */
  readonly inclusions: (
    requests: ReadonlyArray<InclusionRequest>
  ) => Effect.Effect<ReadonlyArray<Inclusion | null>, DatasourceError>
  /** The number of the given distinct values that occur in the whole column; uses its index if there is one. */
  readonly probe: (values: ReadonlyArray<string>, to: ColumnRef) => Effect.Effect<number, DatasourceError>
  /**
   * `probe` for several requests, with one statement per target column; the results are in the order of the requests. If there are several
   * targets, one that cannot be read is logged and yields 0.
   */
  readonly probes: (requests: ReadonlyArray<ProbeRequest>) => Effect.Effect<ReadonlyArray<number>, DatasourceError>
  /** Whether the columns have neither NULLs nor two rows with equal values. Reads all rows, unless the first 10,000 have a duplicate. */
  readonly uniqueness: (columns: ColumnSet) => Effect.Effect<boolean, DatasourceError>
  /**
   * Runs one SELECT over rows of tables, and decodes its rows; rows that do not match `schema` are a defect. Write it with `pg`, so that no
   * operator or function of the database's owner is called. The statement timeout bounds it.
   */
  readonly select: <A, I>(
    schema: Schema.Schema<A, I>,
    statement: string
  ) => Effect.Effect<ReadonlyArray<A>, DatasourceError>
}

/** Connects and reads the server's version and the login. The pool is closed with the scope. Fails with `DatasourceError`. */
export const make = (options: DatasourceOptions): Effect.Effect<Datasource, DatasourceError, Scope.Scope> =>
  Effect.gen(function* () {
    const url = yield* DatasourceUrl.parse(options.url)
    const pool = yield* DatasourcePool.make({
      url,
      connections: options.connections ?? CONNECTIONS,
      statementTimeout: Duration.decode(options.statementTimeout ?? STATEMENT_TIMEOUT),
      connectTimeout: Duration.decode(options.connectTimeout ?? url.connectTimeout ?? CONNECT_TIMEOUT),
      gentle: options.gentle ?? false
    })
    const connected = yield* Server.read(pool)
    if (connected.versionNumber < OLDEST_SERVER) {
      return yield* new DatasourceError({
        reason: "unsupported",
        message: `${url.display}: PostgreSQL ${connected.version} is too old to be read: 13 or later is needed`,
        code: null
      })
    }

    const known = yield* Ref.make(Option.none<ReadonlyMap<string, Relation>>())
    const selection = options.selection ?? {}
    const read = (of: CatalogOptions) =>
      Effect.tap(readSchema(connected, of), (schema) =>
        Effect.flatMap(
          stepwise(() => relations(schema)),
          (all) => Ref.set(known, Option.some(all))
        )
      )
    // A resumed workflow uses a saved catalog: then the schema is read here on first use, once for all callers.
    const reading = yield* Effect.makeSemaphore(1)
    const current = reading.withPermits(1)(
      Effect.flatMap(
        Ref.get(known),
        Option.match({
          onSome: Effect.succeed,
          onNone: () =>
            Effect.zipRight(read(options.selection ?? { views: true }), Effect.map(Ref.get(known), Option.getOrThrow))
        })
      )
    )
    const relation = (name: TableName) =>
      Effect.flatMap(current, (all) => {
        const found = all.get(tableId(name))
        return found === undefined
          ? gone(`${url.display}: there is no table ${tableId(name)} (any more)`)
          : Effect.succeed(found)
      })
    const side = (set: ColumnSet) =>
      Effect.flatMap(relation(set), (found) =>
        Effect.map(
          Effect.forEach(set.columns, (name) => columnOf(found, name)),
          (columns): TestJoin.Side => ({ relation: found, columns })
        )
      )

    const catalog: Datasource["catalog"] = Effect.fn("Datasource.catalog")(function* (
      options: CatalogOptions = selection
    ) {
      if (options.schemas !== undefined && options.schemas.length > 0) {
        const there = yield* readSchemaNames(pool)
        const missing = options.schemas.find((name) => !there.includes(name))
        if (missing !== undefined) {
          return yield* new DatasourceError({
            reason: "no-schema",
            message: `${url.display}: there is no schema "${missing}" with tables; there are ${there.join(", ") || "none"}`,
            code: null
          })
        }
      }
      const schema = yield* read(options)
      const assembled = yield* stepwise(() => assemble(schema, options))
      return { database: connected.database, serverVersion: connected.version, ...assembled }
    })

    const over = (server: Server.Server): Datasource => {
      const probes: Datasource["probes"] = Effect.fn("Datasource.probes")(function* (
        requests: ReadonlyArray<ProbeRequest>
      ) {
        const targets = new Map<
          string,
          Pick<ProbeRequest, "to" | "areNumbers"> & { values: Set<string>; places: Array<number> }
        >()
        requests.forEach(({ areNumbers, to, values }, place) => {
          const id = JSON.stringify([to.schema, to.table, to.column, areNumbers === true])
          const target = targets.get(id) ?? { to, areNumbers, values: new Set(), places: [] }
          targets.set(id, target)
          target.places.push(place)
          for (const value of values) target.values.add(value)
        })
        const counts = new Map<number, number>()
        yield* Effect.forEach(
          targets.values(),
          ({ areNumbers, to, values, places }) =>
            Effect.gen(function* () {
              const table = yield* relation(to)
              const column = yield* columnOf(table, to.column)
              const list = [...values]
              const target = { relation: table, columns: [column], sources: [], areNumbers }
              const rows = yield* found(server, { target, tuples: list.map((value) => [value]) })
              const there = new Set(list.filter((_, index) => (rows[index] ?? 0) > 0))
              for (const place of places) {
                counts.set(place, new Set(requests[place]?.values.filter((value) => there.has(value))).size)
              }
            }).pipe(
              Effect.catchIf(
                (error) => error.ofOneTable && targets.size > 1,
                (error) => Effect.logWarning(`values were not looked up in ${tableId(to)}: ${error.message}`)
              )
            ),
          { concurrency: "unbounded", discard: true }
        )
        return requests.map((_, place) => counts.get(place) ?? 0)
      })

      const joins: Datasource["inclusions"] = Effect.fn("Datasource.inclusions")(function* (
        requests: ReadonlyArray<InclusionRequest>
      ) {
        const [first] = requests
        if (first === undefined) return []
        const odd = requests.find(
          ({ from, to }) => from.columns.length !== to.columns.length || from.columns.length === 0
        )
        if (odd !== undefined) {
          return yield* Effect.dieMessage(
            `${odd.from.columns.length} columns cannot be joined to ${odd.to.columns.length}`
          )
        }
        const table = yield* relation(first.from)
        const made = yield* Effect.forEach(requests, ({ from, to, when, ...sizes }) =>
          Effect.gen(function* () {
            const { columns } = yield* side(from)
            const column = when === undefined ? undefined : yield* columnOf(table, when.column)
            const meant = when === undefined || column === undefined ? undefined : { column, value: when.value }
            return Option.some<TestJoin.Join>({ columns, target: yield* side(to), when: meant, ...sizes })
          }).pipe(
            Effect.catchIf(
              (error) => error.ofOneTable && requests.length > 1,
              (error) => Effect.as(Effect.logWarning(`not joined to ${tableId(to)}: ${error.message}`), Option.none())
            )
          )
        )
        const found = yield* TestJoin.inclusions(server, table, Array.getSomes(made))
        let place = 0
        return made.map((each) => (Option.isSome(each) ? (found[place++] ?? null) : null))
      })

      return {
        display: url.display,
        login: pool.login,
        catalog,
        profile: (table) => Effect.flatMap(relation(table), (found) => Profiler.profile(server, found)),
        inclusion: (from, to, when) =>
          Effect.flatMap(joins([{ from, to, when }]), ([found]) =>
            found === undefined || found === null ? gone(`${tableId(to)} could not be joined`) : Effect.succeed(found)
          ),
        inclusions: joins,
        marks: (catalog, before) => marksOf(pool, catalog, before),
        remembering: (readings) => over({ ...server, pool: remembering(pool, current, readings) }),
        probe: (values, to) => Effect.map(probes([{ values, to }]), ([count]) => count ?? 0),
        probes,
        uniqueness: (columns) => Effect.flatMap(side(columns), (found) => uniqueness(server, found)),
        select: (schema, statement) => server.pool.rows(schema, statement)
      }
    }
    return over(connected)
  })

/**
 * The pool, which answers statements over rows of tables by `readings` where it can, and what the planner estimates of them: a table whose
 * figures the planner has anew counts as moved.
 */
const remembering = (
  pool: DatasourcePool.DatasourcePool,
  relations: Effect.Effect<ReadonlyMap<string, Relation>, DatasourceError>,
  { keep, recall }: Readings
): DatasourcePool.DatasourcePool => {
  const names = new WeakMap<ReadonlyMap<string, Relation>, ReadonlyMap<string, string>>()
  const namesOf = (all: ReadonlyMap<string, Relation>) => {
    const known = names.get(all) ?? quotedNames(all)
    names.set(all, known)
    return known
  }
  return {
    ...pool,
    rows: (schema, text, values = []) =>
      Effect.gen(function* () {
        const tables = tablesIn(text, namesOf(yield* relations))
        if (tables.length === 0) return yield* pool.rows(schema, text, values)
        const asked = { text, values, tables }
        const known = yield* recall(asked)
        if (Option.isSome(known)) return yield* decodeRows(schema)(known.value)
        const rows = yield* pool.rows(Schema.Unknown, text, values)
        yield* keep(asked, rows)
        return yield* decodeRows(schema)(rows)
      })
  }
}

/** The table that each name means in our statements: a hierarchy's parts mean its root. */
const quotedNames = (all: ReadonlyMap<string, Relation>): ReadonlyMap<string, string> =>
  new Map(
    [...all].flatMap(([id, relation]) =>
      [relation, ...(relation.parts ?? [])].map((each) => [quoteTable(each), id] as const)
    )
  )

/** Overlapping, so that a quote in a literal hides no name. */
const QUOTED_NAME = /(?=("(?:[^"]|"")+"\."(?:[^"]|"")+"))/g

/** Returns the ids of the tables that a statement of ours reads. Such a statement spells every table as `quoteTable` does, so the spelling is searched for. */
const tablesIn = (text: string, names: ReadonlyMap<string, string>): ReadonlyArray<string> => [
  ...new Set([...text.matchAll(QUOTED_NAME)].flatMap(([, name]) => names.get(name ?? "") ?? []))
]
