import { Array, Effect, Schema } from "effect"
import { tableId } from "./Catalog.ts"
import { useOf, VALUE_LENGTH } from "./Cells.ts"
import { lookupOf } from "./Comparison.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import { type Asked, found, foundTogether } from "./Found.ts"
import type { Inclusion } from "./Inclusion.ts"
import { pg } from "./PgSql.ts"
import { columnSql, from, guessRows, type Relation, type RelationColumn } from "./Relation.ts"
import type { Server } from "./Server.ts"
import { flatMapInSteps, type Steps, stepwise } from "../steps/Steps.ts"
import { sourceValues, type Values, type Wanted } from "./SourceValues.ts"

/** One side of a join: columns of a relation. */
export interface Side {
  readonly relation: Relation
  readonly columns: ReadonlyArray<RelationColumn>
}

/** A test join: how far the values of columns of one table are in those of a target. */
export interface Join {
  readonly columns: ReadonlyArray<RelationColumn>
  readonly target: Side
  readonly when?: { readonly column: RelationColumn; readonly value: string } | undefined
  /** The approximate number of distinct values of the columns, and of the target's; what is undefined is estimated or counted. */
  readonly distinct?: number | undefined
  readonly targetDistinct?: number | undefined
  /** The approximate numbers of the table's rows, and of the target's. */
  readonly rows?: number | undefined
  readonly targetRows?: number | undefined
}

/** Orphans of an inclusion that are kept as examples. */
const ORPHANS = 5
/** A target of more rows than this is not scanned to count its distinct values; their number is the planner's estimate. */
const LARGE_TARGET = 1_000_000
/** The most distinct values that are looked up in a large target, few enough for index lookups, and in any other. */
const LOOKED_UP_IN_LARGE = 20_000
const LOOKED_UP = 200_000
/** A target of at most this many rows is small: one statement looks values up in several small targets. Set by hand: a scan takes some ms. */
const SMALL_TARGET = 20_000
/** The most values that such a statement looks up in one target; more are looked up by a statement of their own. Set by hand. */
const FEW_VALUES = 2_000
/** The most targets of such a statement: one that fails is repeated for each target alone. Set by hand. */
const TARGETS_AT_ONCE = 16

const NOTHING: Inclusion = {
  rows: 0,
  orphanRows: 0,
  distinct: 0,
  matched: 0,
  targetDistinct: 0,
  orphans: [],
  maxFrom: 0,
  maxTo: 0,
  sampled: false
}

/**
 * Tests several joins of one table, in the order of `joins`: reads the table once for all, and looks its distinct values up in each target.
 * Null where a target could not be read, if there are several joins; a single one fails. Columns whose values are only "counted" (see
 * `useOf`) are not compared: all figures are 0.
 */
export const inclusions = (
  server: Server,
  relation: Relation,
  joins: ReadonlyArray<Join>
): Effect.Effect<ReadonlyArray<Inclusion | null>, DatasourceError> =>
  Effect.gen(function* () {
    const comparable = joins.filter(({ columns, target, when }) =>
      [...columns, ...target.columns, ...(when === undefined ? [] : [when.column])].every(
        (each) => useOf(each) !== "counted"
      )
    )
    if (comparable.length === 0) return joins.map(() => NOTHING)
    const sizes = new Map<Relation, number>()
    for (const { target, targetRows } of comparable) {
      if (targetRows !== undefined) sizes.set(target.relation, targetRows)
      if (!sizes.has(target.relation)) {
        const size = yield* Effect.option(guessRows(server.pool, target.relation))
        sizes.set(target.relation, size._tag === "Some" ? size.value.rows : 0)
      }
    }
    const isLarge = ({ relation }: Side) => (sizes.get(relation) ?? 0) > LARGE_TARGET
    const wanted = comparable.map(({ columns, distinct, target, when }): Wanted => ({
      columns,
      targets: target.columns,
      when,
      distinct,
      most: isLarge(target) ? LOOKED_UP_IN_LARGE : LOOKED_UP
    }))
    const values = yield* sourceValues(server, relation, wanted, joins[0]?.rows)
    const results = new Map<Join, Inclusion | null>()
    const valuesOf = new Map(Array.zip(comparable, values))
    const groups = yield* Effect.forEach(groupsOf(comparable), (group) => {
      const [first] = group
      const ofGroup = group.map((join) => valuesOf.get(join) ?? NO_VALUES)
      const target = { ...first.target, sources: first.columns }
      return Effect.map(
        stepwise(() => flatMapInSteps(ofGroup, ({ tuples }) => tuples)),
        (tuples) => ({ first, group, ofGroup, asked: { target, tuples } })
      )
    })
    const small = groups.flatMap(({ asked, first }) =>
      (sizes.get(first.target.relation) ?? SMALL_TARGET + 1) <= SMALL_TARGET && asked.tuples.length <= FEW_VALUES
        ? [asked]
        : []
    )
    const known = yield* smallOnes(server, small)
    for (const { asked, first, group, ofGroup } of groups) {
      const before = known.get(asked)
      const answered = yield* (before === undefined ? found(server, asked) : Effect.succeed(before)).pipe(
        Effect.zip(
          first.targetDistinct === undefined
            ? countTarget(server, first.target, sizes.get(first.target.relation) ?? 0)
            : Effect.succeed(first.targetDistinct)
        ),
        Effect.map(([rows, targetDistinct]) => ({ rows, targetDistinct })),
        Effect.catchIf(
          (error) => error.ofOneTable && joins.length > 1,
          (error) =>
            Effect.as(Effect.logWarning(`not joined to ${tableId(first.target.relation)}: ${error.message}`), undefined)
        )
      )
      let start = 0
      for (const [index, join] of group.entries()) {
        const own = ofGroup[index] ?? NO_VALUES
        const rows = answered?.rows.slice(start, start + own.tuples.length)
        start += own.tuples.length
        results.set(
          join,
          rows === undefined || answered === undefined
            ? null
            : yield* stepwise(() => toInclusion(own, rows, answered.targetDistinct))
        )
      }
    }
    return joins.map((join) => (results.has(join) ? (results.get(join) ?? null) : NOTHING))
  }).pipe(Effect.withSpan("Datasource.inclusions"))

/** The answers of several small targets. None of those of which one could not be read: they are then asked one by one. */
const smallOnes = (server: Server, all: ReadonlyArray<Asked>) =>
  Effect.gen(function* () {
    const known = new Map<Asked, ReadonlyArray<number>>()
    for (const some of Array.chunksOf(all, TARGETS_AT_ONCE)) {
      if (some.length === 1) continue
      const answers = yield* Effect.catchIf(
        foundTogether(server, some),
        (error) => error.ofOneTable,
        () => Effect.succeed(undefined)
      )
      if (answers !== undefined) Array.zip(some, answers).forEach(([asked, rows]) => known.set(asked, rows))
    }
    return known
  })

const NO_VALUES: Values = { tuples: [], counts: [], sampled: false }

/** Groups joins that look values up in the same target columns in the same way: one statement serves a group. */
const groupsOf = (joins: ReadonlyArray<Join>): ReadonlyArray<Array.NonEmptyArray<Join>> =>
  Object.values(
    Array.groupBy(joins, ({ columns, target }) => {
      const { schema, table } = target.relation
      const ways = target.columns.map((column, index) => {
        const { target: lookedUp, type } = lookupOf(column, columns[index])
        return [column.name, lookedUp, type]
      })
      return JSON.stringify([schema, table, ways])
    })
  )

function* toInclusion(
  { counts, sampled, tuples }: Values,
  found: ReadonlyArray<number>,
  targetDistinct: number
): Steps<Inclusion> {
  let rows = 0
  let orphanRows = 0
  let orphaned = 0
  let maxFrom = 0
  let maxTo = 0
  const orphans: Array<ReadonlyArray<string>> = []
  for (const [index, tuple] of tuples.entries()) {
    const count = counts[index] ?? 0
    const there = found[index] ?? 0
    rows += count
    maxFrom = Math.max(maxFrom, count)
    maxTo = Math.max(maxTo, there)
    if (there === 0) {
      orphanRows += count
      orphaned++
      keepFirst(orphans, tuple)
    }
    yield
  }
  return {
    rows,
    orphanRows,
    distinct: tuples.length,
    matched: tuples.length - orphaned,
    targetDistinct,
    orphans: orphans.map((tuple) => shown(tuple).slice(0, VALUE_LENGTH)),
    maxFrom,
    maxTo,
    sampled
  }
}

/** Keeps the `ORPHANS` smallest tuples, in order. */
const keepFirst = (kept: Array<ReadonlyArray<string>>, tuple: ReadonlyArray<string>): void => {
  const place = kept.findIndex((other) => byValue(tuple, other) < 0)
  if (place >= 0 || kept.length < ORPHANS) kept.splice(place < 0 ? kept.length : place, 0, tuple)
  if (kept.length > ORPHANS) kept.pop()
}

const byValue = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  for (const [index, text] of a.entries()) {
    const other = b[index] ?? ""
    const difference = isNumber(text) && isNumber(other) ? Number(text) - Number(other) : 0
    if (difference !== 0) return difference
    if (text !== other) return text < other ? -1 : 1
  }
  return 0
}

const isNumber = (text: string) => /^-?\d+(\.\d+)?$/.test(text)

/** A tuple as text: one value as it is, several in the syntax of a PostgreSQL row. */
const shown = (tuple: ReadonlyArray<string>): string =>
  tuple.length === 1
    ? (tuple[0] ?? "")
    : `(${tuple.map((text) => (/^$|[\s"(),\\]/.test(text) ? `"${text.replaceAll(/(["\\])/g, "$1$1")}"` : text)).join(",")})`

/** The number of the target's distinct values: counted by a scan, or the planner's estimate where the target is large. */
const countTarget = (
  { pool }: Server,
  { columns, relation }: Side,
  rows: number
): Effect.Effect<number, DatasourceError> => {
  const list = columns.map(columnSql).join(", ")
  const one = columns.length === 1 ? columns[0] : undefined
  if (rows > LARGE_TARGET) {
    return one?.unique === true
      ? Effect.succeed(rows)
      : Effect.map(guessRows(pool, relation, columns, "DISTINCT"), (guess) => guess.rows)
  }
  const present = columns.map((column) => `${columnSql(column)} IS NOT NULL`).join(" AND ")
  const texts = columns.map((column) => lookupOf(column).target).join(", ")
  return Effect.map(
    pool.rows(
      Schema.Struct({ count: Schema.Number }),
      one?.unique === true
        ? pg`SELECT count(${list})::float8 AS count FROM ${from(relation)}`
        : pg`SELECT count(*)::float8 AS count FROM (SELECT DISTINCT ${texts} FROM ${from(relation)} WHERE ${present}) items`
    ),
    ([row]) => row?.count ?? 0
  )
}
