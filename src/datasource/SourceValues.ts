import { Effect, Number as Num, Schema } from "effect"
import { stepwise } from "../steps/Steps.ts"
import { isKeyList, keyText } from "./Cells.ts"
import { sourceText } from "./Comparison.ts"
import type { DatasourceError } from "./DatasourceError.ts"
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
import { decoder } from "./Rows.ts"
import type { Server } from "./Server.ts"
import { textsOf } from "./Texts.ts"

/** Columns of a table whose values will be looked up in a target. */
export interface Wanted {
  readonly columns: ReadonlyArray<RelationColumn>
  /** The target's columns, by position. */
  readonly targets: ReadonlyArray<RelationColumn>
  /** Restricts the rows to those where the column as text equals the value. */
  readonly when?: { readonly column: RelationColumn; readonly value: string } | undefined
  /** The approximate number of distinct values, where known; otherwise the planner's estimate is used. */
  readonly distinct?: number | undefined
  /** The most distinct values to look up. */
  readonly most: number
}

/** Distinct tuples of some columns, and by position the number of rows with each. */
export interface Values {
  readonly tuples: ReadonlyArray<ReadonlyArray<string>>
  readonly counts: ReadonlyArray<number>
  /** Whether rows were not read, or values were left out: for their number, or because their bytes are no text. */
  readonly sampled: boolean
}

/** A table with more rows, or rows times columns, is sampled instead of read whole. */
const EXACT_ROWS = 2_000_000
const EXACT_CELLS = 6_000_000
/** The most distinct values to ask of one statement: bounds the memory here. */
const MOST_VALUES = 200_000
/** The most distinct values of one statement where the planner's estimate was too low, as it is of many views. */
const MOST_UNEXPECTED = 2 * MOST_VALUES
/** Bytes that a distinct value takes in the server's hash table; all must fit in `hashMemory`. */
const VALUE_BYTES = 160
/** The most rows of a sample. */
const SAMPLE_ROWS = 100_000

const ValueRow = Schema.Struct({ place: Schema.Number, value: Schema.String, n: Schema.Number })
const decodeTuple = decoder(Schema.parseJson(Schema.Array(Schema.String)))

/**
 * The distinct values of all wanted columns of one table, in one statement, in the order of `wanted`. Where a column probably has more than
 * `most` or than memory allows, it takes the share of values whose hash ends in zeros, each with all its rows. `known` is the approximate
 * number of rows; the planner estimates it where it is undefined.
 */
export const sourceValues = (
  server: Server,
  relation: Relation,
  wanted: ReadonlyArray<Wanted>,
  known?: number
): Effect.Effect<ReadonlyArray<Values>, DatasourceError> =>
  Effect.gen(function* () {
    const guess = known === undefined ? yield* guessRows(server.pool, relation) : { rows: known }
    const room = Math.min(MOST_VALUES, server.hashMemory / VALUE_BYTES)
    const whole = guess.rows <= EXACT_ROWS && guess.rows * wanted.length <= EXACT_CELLS
    const rows = whole ? guess.rows : Math.min(SAMPLE_ROWS, Math.max(1, Math.floor(room / wanted.length)))
    const isBounded = whole && hasBlocks(relation)
    const read = whole ? EXACT_ROWS : rows
    const source = isBounded ? from(relation) : sampleFrom(relation, guess.rows, read)
    const shares = yield* Effect.forEach(wanted, (each) =>
      Effect.gen(function* () {
        const most = Math.min(room / wanted.length, each.most)
        if (rows <= most) return 1
        const distinct = each.distinct ?? (yield* guessDistinct(server, relation, each, guess))
        return 2 ** Math.max(0, Math.ceil(Math.log2(Math.min(distinct, rows) / most)))
      })
    )
    const meant = [...new Set(wanted.flatMap(({ when }) => when?.value ?? []))]
    const places = wanted.map((each) => textOf(each, (value) => pg`${`$${meant.indexOf(value) + 1}`}::text`))
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
        GROUP BY place, v LIMIT ${MOST_UNEXPECTED}) g`,
      meant
    )
    const isTuple = distinctPlaces.map((_, place) => (scalars[place]?.wanted?.columns.length ?? 1) > 1)
    const { byPlace, garbled } = yield* stepwise(() => sorted(found, isTuple, received))
    const isCut = found.length >= MOST_UNEXPECTED
    return places.map((sql): Values => {
      const place = distinctPlaces.indexOf(sql)
      const values = byPlace[place] ?? { tuples: [], counts: [] }
      const isAll = whole && !isCut && (isBounded || Num.sumAll(values.counts) < read)
      return { ...values, sampled: !isAll || (shareOf[place] ?? 1) > 1 || garbled.has(place) }
    })
  }).pipe(Effect.withSpan("Datasource.sourceValues"))

/** The values by their place, and the places of which a value is no text. `isTuple` says of each place whether its values are tuples. */
function* sorted(
  found: ReadonlyArray<typeof ValueRow.Type>,
  isTuple: ReadonlyArray<boolean>,
  received: (sent: string) => string | undefined
) {
  const byPlace = isTuple.map(() => ({ tuples: new Array<ReadonlyArray<string>>(), counts: new Array<number>() }))
  const garbled = new Set<number>()
  for (const { n, place, value } of found) {
    yield
    const text = received(value)
    const of = byPlace[place]
    if (text === undefined) garbled.add(place)
    if (of === undefined || text === undefined) continue
    of.tuples.push(isTuple[place] === true ? decodeTuple(text) : [text])
    of.counts.push(n)
  }
  return { byPlace, garbled }
}

/** Whether the column is an array whose elements are looked up, because the target's column is none. */
export const isList = ({ columns, targets }: Pick<Wanted, "columns" | "targets">): boolean => {
  const [column] = columns
  const [target] = targets
  return columns.length === 1 && column !== undefined && target !== undefined && isKeyList(column) && !isKeyList(target)
}

/**
 * The SQL of the text to group by: the value, several values as a JSON array, or the elements of an array column; NULL to leave a row out.
 * `parameter` is the SQL of a value of theirs.
 */
const textOf = (wanted: Wanted, parameter: (value: string) => string): string => {
  const { columns, targets, when } = wanted
  const [column] = columns
  if (column !== undefined && isList(wanted)) {
    const element = pg`unnest(${columnSql(column)})`
    return column.type === "_numeric" ? pg`trim_scale(${element})::text` : pg`${element}::text`
  }
  const texts = columns.map((each, index) => sourceText(each, targets[index] ?? each))
  const conditions = [
    ...(texts.length > 1 ? columns.map((each) => `${columnSql(each)} IS NOT NULL`) : []),
    ...(when === undefined
      ? []
      : [pg`${keyText(when.column, columnSql(when.column))} COLLATE pg_catalog."C" = ${parameter(when.value)}`])
  ]
  const value = texts.length === 1 ? (texts[0] ?? "NULL") : pg`json_build_array(${texts.join(", ")})::text`
  return conditions.length === 0 ? value : `CASE WHEN ${conditions.join(" AND ")} THEN ${value} END`
}

/** The planner's estimate of a single column's distinct values; for several columns, and for views, the number of rows. */
const guessDistinct = (server: Server, relation: Relation, { columns }: Wanted, guess: Pick<Guess, "rows">) =>
  columns.length > 1 || !hasBlocks(relation)
    ? Effect.succeed(guess.rows)
    : Effect.map(guessRows(server.pool, relation, columns, "DISTINCT"), ({ rows }) => rows)
