import { Effect, Schema } from "effect"
import { elementOf, keyText } from "./Cells.ts"
import { sourceText } from "./Comparison.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import { quoteLiteral } from "./Identifier.ts"
import { pg } from "./PgSql.ts"
import {
  columnSql,
  from,
  type Guess,
  guessRows,
  hasBlocks,
  type Relation,
  type RelationColumn,
  sampleFrom
} from "./Relation.ts"
import type { Server } from "./Server.ts"
import { textsOf } from "./Texts.ts"

/** Columns of a table whose values are to be looked up elsewhere. */
export interface Wanted {
  readonly columns: ReadonlyArray<RelationColumn>
  /** What they are to be compared with; by position. */
  readonly targets: ReadonlyArray<RelationColumn>
  /** The rows that are meant, where it is not all of them: those where a column has this value, as text. */
  readonly when?: { readonly column: RelationColumn; readonly value: string } | undefined
  /** How many distinct values there are, about, where that is known. */
  readonly distinct?: number | undefined
  /** How many of them may be looked up. */
  readonly most: number
}

/** The distinct values of some columns, with the rows that have each. */
export interface Values {
  readonly tuples: ReadonlyArray<ReadonlyArray<string>>
  readonly counts: ReadonlyArray<number>
  /** Whether there are more: rows that were not read, or values that were left out. */
  readonly sampled: boolean
}

/** Up to so many rows, and so many rows times columns, are read whole; of more, a sample. */
const EXACT_ROWS = 2_000_000
const EXACT_CELLS = 6_000_000
/** Values that are kept at once of a table, here and there. */
const MOST_VALUES = 200_000
const VALUE_BYTES = 160
/** Rows of a sample. */
const SAMPLE_ROWS = 100_000

const ValueRow = Schema.Struct({ place: Schema.Number, value: Schema.String, n: Schema.Number })
const decodeTuple = Schema.decodeUnknownSync(Schema.parseJson(Schema.Array(Schema.String)))

/**
 * The distinct values of all that is wanted of one table, in one scan of it. Where a column has more of them than memory has room for, a
 * share is taken by a hash of the value, with all rows that have it.
 */
export const sourceValues = (
  server: Server,
  relation: Relation,
  wanted: ReadonlyArray<Wanted>
): Effect.Effect<ReadonlyArray<Values>, DatasourceError> =>
  Effect.gen(function* () {
    const guess = yield* guessRows(server.pool, relation)
    const room = Math.min(MOST_VALUES, server.hashMemory / VALUE_BYTES)
    const whole = guess.rows <= EXACT_ROWS && guess.rows * wanted.length <= EXACT_CELLS
    const rows = whole ? guess.rows : Math.min(SAMPLE_ROWS, Math.max(1, Math.floor(room / wanted.length)))
    const source = whole ? from(relation) : sampleFrom(relation, guess.rows, rows)
    const shares = yield* Effect.forEach(wanted, (each) =>
      Effect.gen(function* () {
        const most = Math.min(room / wanted.length, each.most)
        if (rows <= most) return 1
        const distinct = each.distinct ?? (yield* guessDistinct(server, relation, each, guess))
        return 2 ** Math.max(0, Math.ceil(Math.log2(Math.min(distinct, rows) / most)))
      })
    )
    const places = wanted.map((each) => textOf(each))
    const distinctPlaces = [...new Set(places)]
    const shareOf = distinctPlaces.map((place) => Math.min(...shares.filter((_, index) => places[index] === place)))
    const { received, sent } = textsOf(server)
    const scalars = distinctPlaces.map((sql, place) => ({ sql, place, wanted: wanted[places.indexOf(sql)] }))
    const lists = scalars.filter((each) => each.wanted !== undefined && isList(each.wanted))
    const singles = scalars.filter((each) => !lists.includes(each))
    const picked = `'{${shareOf.map((share) => share - 1).join(",")}}'`
    const isShared = shareOf.some((share) => share > 1)
    const cells = [
      ...(singles.length === 0
        ? []
        : [
            pg`SELECT unnest('{${singles.map(({ place }) => place).join(",")}}'::int4[]) AS place,
              unnest(ARRAY[${singles.map(({ sql }) => pg`${sql} COLLATE pg_catalog."C"`).join(", ")}]) AS v FROM ${source}`
          ]),
      ...lists.map(({ place, sql }) => pg`SELECT ${place} AS place, ${sql} COLLATE pg_catalog."C" AS v FROM ${source}`)
    ]
    const found = yield* server.pool.rows(
      ValueRow,
      pg`SELECT place, ${sent("v")} AS value, n FROM (
        SELECT place, v, count(*)::float8 AS n FROM (${cells.join(" UNION ALL ")}) cells
        WHERE v IS NOT NULL${isShared ? pg` AND (hashtextextended(v, 0) & (${picked}::int8[])[place + 1]) = 0` : ""}
        GROUP BY place, v) g`
    )
    const byPlace = distinctPlaces.map(() => ({
      tuples: new Array<ReadonlyArray<string>>(),
      counts: new Array<number>()
    }))
    for (const { n, place, value } of found) {
      const text = received(value)
      const of = byPlace[place]
      const isTuple = (scalars[place]?.wanted?.columns.length ?? 1) > 1
      if (of === undefined || text === undefined) continue
      of.tuples.push(isTuple ? decodeTuple(text) : [text])
      of.counts.push(n)
    }
    return places.map((sql): Values => {
      const place = distinctPlaces.indexOf(sql)
      const values = byPlace[place] ?? { tuples: [], counts: [] }
      return { ...values, sampled: !whole || (shareOf[place] ?? 1) > 1 }
    })
  }).pipe(Effect.withSpan("Datasource.sourceValues"))

/** Whether a column holds lists of keys: its elements are looked up. */
export const isList = ({ columns, targets }: Pick<Wanted, "columns" | "targets">): boolean => {
  const [column] = columns
  const [target] = targets
  return (
    columns.length === 1 &&
    column !== undefined &&
    target !== undefined &&
    elementOf(column) !== undefined &&
    elementOf(target) === undefined
  )
}

/** What is grouped: a value as text, several as a JSON list, the elements of a list one by one. */
const textOf = (wanted: Wanted): string => {
  const { columns, targets, when } = wanted
  const [column] = columns
  if (column !== undefined && isList(wanted)) return pg`unnest(${columnSql(column)})::text`
  const texts = columns.map((each, index) => sourceText(each, targets[index] ?? each))
  const conditions = [
    ...(texts.length > 1 ? columns.map((each) => `${columnSql(each)} IS NOT NULL`) : []),
    ...(when === undefined
      ? []
      : [pg`${keyText(when.column, columnSql(when.column))} COLLATE pg_catalog."C" = ${quoteLiteral(when.value)}`])
  ]
  const value = texts.length === 1 ? (texts[0] ?? "NULL") : pg`json_build_array(${texts.join(", ")})::text`
  return conditions.length === 0 ? value : `CASE WHEN ${conditions.join(" AND ")} THEN ${value} END`
}

/** What the planner says, for one column as it is; of anything else that every row may be another. */
const guessDistinct = (server: Server, relation: Relation, { columns }: Wanted, guess: Guess) =>
  columns.length > 1 || !hasBlocks(relation)
    ? Effect.succeed(guess.rows)
    : Effect.map(guessRows(server.pool, relation, columns, "DISTINCT"), ({ rows }) => rows)
