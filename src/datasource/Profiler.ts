import { Array, Effect, Ref } from "effect"
import type { TableName } from "./Catalog.ts"
import { isKeyList, useOf } from "./Cells.ts"
import { columnFigures, type FiguresRow } from "./ColumnFigures.ts"
import { collationOf, columnValues, HISTOGRAM_PARTS, type ValuesRow } from "./ColumnValues.ts"
import { DatasourceError } from "./DatasourceError.ts"
import { elementsOf } from "./Elements.ts"
import { from, type Guess, guessRows, hasBlocks, type Relation, type RelationColumn, sampleFrom } from "./Relation.ts"
import { type Server, SORTED_HASH_BYTES } from "./Server.ts"
import type { ColumnProfile, NotFinite, TableProfile, UnreadColumn } from "./TableProfile.ts"
import { textsOf } from "./Texts.ts"

/** The most rows, and rows times columns, of a table whose figures are counted by a whole scan: about three seconds. */
const EXACT_ROWS = 500_000
const EXACT_CELLS = 6_000_000
/** The most rows of a sample. */
const SAMPLE_ROWS = 100_000
/** By how much fewer rows are read where reading took longer than a statement may take, and the fewest that are worth reading. */
const SLOWER = 10
const LEAST_ROWS = 100
/** Where memory has room for a sample of fewer rows, columns are read in several groups, each with its own sample. */
const FEWEST_ROWS = 5_000
/** Where a sample has less than this share of the rows that it asked for, from 0 to 1, the planner's estimate is wrong: dead rows, or parts never analysed. */
const EXPECTED_SHARE = 0.25
/** The share of the rows with room in memory that a sample asks for: TABLESAMPLE takes whole blocks, and so returns more or fewer rows. */
const SAMPLED = 0.85
/** The most columns whose figures one statement counts. */
const FIGURED_COLUMNS = 200
/** In a table without a key, the most columns whose distinct values are counted because a sample shows no duplicate: one may be the key. */
const COUNTED_COLUMNS = 6

/**
 * Bytes that a grouped value takes on the server, as measured: in the materialized CTE (`LISTED_BYTES`) and in the hash table of the
 * aggregation (`HASHED_BYTES`). `within` is allocated together with the value's own bytes, which rounds the sum up to a power of two, on
 * average by half (`ROUNDED`); `beside` is added to that.
 */
const LISTED_BYTES = { within: 44, beside: 24 }
const HASHED_BYTES = { within: 36, beside: 90 }
const ROUNDED = 1.5
/** Bytes by which a value is longer as text than the planner's width of its type. */
const AS_TEXT_BYTES = 4
/** The share of memory that is used, because the planner's widths are estimates. */
const USED_MEMORY = 0.85
/** Bytes that all sorts of hashes of one statement may take together. */
const SORTS_MEMORY = 64 * 2 ** 20
/** Bytes that a view's plan may hold: more would be written to temporary files of the server, for each statement over the view. */
const MOST_HELD = 64 * 2 ** 20
/** The most failing statements by which the failing columns are searched; then the whole table fails. */
const MOST_TRIES = 24

/**
 * Profiles a table. If its values fit in `work_mem`, one scan gives exact figures. Otherwise the figures are of a sample of blocks that fits;
 * up to `EXACT_ROWS` and `EXACT_CELLS`, a second scan counts rows, NULLs, ranges and lengths exactly. Of views, only the sample is read.
 * Statements are sized not to spill to the server's disk. Columns that fail are in `unread`; if all fail, so does the table.
 */
export const profile = (server: Server, relation: Relation): Effect.Effect<TableProfile, DatasourceError> =>
  Effect.gen(function* () {
    const all = [...relation.columns.values()]
    const planned = yield* guessRows(server.pool, relation, all)
    if (relation.kind === "v" && planned.held > MOST_HELD) {
      const said = `reading this view would take about ${Math.round(planned.held / 2 ** 20)} MB of temporary files on the server`
      return yield* new DatasourceError({ reason: "failed", message: said, code: null })
    }
    const { guess, unread, values } = yield* sparselyRead(server, relation, planned, all)
    const elementsBy = new Map<RelationColumn, ReadonlyArray<string>>()
    const read = yield* Effect.filter(values, ({ column }) =>
      !isKeyList(column)
        ? Effect.succeed(true)
        : elementsOf(server, relation, guess, column).pipe(
            Effect.map((elements) => elementsBy.set(column, elements)),
            Effect.as(true),
            Effect.catchIf(
              (error) => error.reason === "failed",
              (error) => {
                unread.push({ column: column.name, reason: error.said })
                return unread.length === all.length ? error : Effect.succeed(false)
              }
            )
          )
    )
    const columns = read.map(({ column }) => column)
    const whole = read.length > 0 && read.every((each) => each.whole)
    const isCounted =
      !whole && hasBlocks(relation) && guess.rows <= EXACT_ROWS && guess.rows * columns.length <= EXACT_CELLS
    // Where a whole scan takes longer than a statement may take, the sample's figures stand.
    const figures = isCounted
      ? yield* Effect.catchIf(
          figuresOf(server, relation, guess, read),
          ({ reason }) => reason === "timeout",
          () => Effect.succeed(undefined)
        )
      : undefined
    const seen = Math.max(0, ...read.map(({ row }) => row?.rows ?? 0))
    const rows = figures?.rows ?? (whole ? seen : Math.max(Math.round(guess.rows), seen))
    const name: TableName = { schema: relation.schema, table: relation.table }
    return {
      ...name,
      rows,
      sampled: !whole && figures === undefined,
      columns: read.map((each): ColumnProfile => {
        const made = toProfile(server, each, rows, figures?.of(each.column))
        const elements = elementsBy.get(each.column)
        return elements === undefined ? made : { ...made, elements }
      }),
      ...(unread.length === 0 ? {} : { unread })
    }
  }).pipe(Effect.withSpan("Datasource.profile", { attributes: { schema: relation.schema, table: relation.table } }))

/**
 * Reads the values of all columns; once more, by the number of rows that the sample suggests, where it has far fewer than the planner said. What
 * the first sample has stands if the second reading fails or takes longer than a statement may take.
 */
const sparselyRead = (server: Server, relation: Relation, planned: Guess, all: ReadonlyArray<RelationColumn>) =>
  Effect.gen(function* () {
    const read = (guess: Guess) => {
      const unread: Array<UnreadColumn> = []
      return Effect.map(valuesOf(server, relation, guess, all, unread), (values) => ({ guess, unread, values }))
    }
    const first = yield* read(planned)
    const share = Math.max(0, ...first.values.map(({ asked, row }) => (row?.rows ?? 0) / asked))
    const isSampled = first.values.some(({ whole }) => !whole) && hasBlocks(relation)
    // A sample of fewer rows takes few blocks, and by chance hardly any.
    const isTelling = Math.max(0, ...first.values.map(({ asked }) => asked)) >= FEWEST_ROWS
    if (!isSampled || !isTelling || share >= EXPECTED_SHARE) return first
    return yield* Effect.catchIf(
      read({ ...planned, rows: Math.round(planned.rows * share) }),
      ({ reason }) => reason === "timeout" || reason === "failed",
      () => Effect.succeed(first)
    )
  })

/** A column with its figures; `row` is undefined where the table has no rows. */
interface Read {
  readonly column: RelationColumn
  readonly row: ValuesRow | undefined
  /** Whether all rows were read. */
  readonly whole: boolean
  /** The number of rows that the statement asked for. */
  readonly asked: number
}

/** The number of rows of `columns` of the table's `all` columns whose values fit in memory. */
const roomFor = ({ hashMemory, workMemory }: Server, { width }: Guess, columns: number, all: number): number => {
  const bytes = AS_TEXT_BYTES + width / Math.max(1, all)
  const taken = ({ beside, within }: typeof LISTED_BYTES) => columns * (ROUNDED * (bytes + within) + beside)
  const room = Math.min(workMemory / taken(LISTED_BYTES), hashMemory / taken(HASHED_BYTES))
  return Math.max(1, Math.floor(USED_MEMORY * room))
}

/**
 * Reads the values of all columns, in as few statements as memory and collations allow. Halves a group of columns that fails until single
 * columns fail, which are added to `unread`.
 */
const valuesOf = (
  server: Server,
  relation: Relation,
  guess: Guess,
  all: ReadonlyArray<RelationColumn>,
  unread: Array<UnreadColumn>
): Effect.Effect<ReadonlyArray<Read>, DatasourceError> =>
  Effect.gen(function* () {
    const room = roomFor(server, guess, all.length, all.length)
    const small = guess.rows <= room
    const wide = !small && room < FEWEST_ROWS
    const together = wide ? Math.max(1, Math.floor((all.length * room) / FEWEST_ROWS)) : all.length
    const byCollation = Object.values(Array.groupBy(all, (column) => collationOf(column) ?? ""))
    const groups = byCollation.flatMap((columns) => Array.chunksOf(columns, together))
    const tries = yield* Ref.make(0)
    const read = (
      columns: ReadonlyArray<RelationColumn>,
      most = small ? Number.POSITIVE_INFINITY : SAMPLE_ROWS
    ): Effect.Effect<ReadonlyArray<Read>, DatasourceError> => {
      const isAll = most === Number.POSITIVE_INFINITY
      const limit = Math.min(roomFor(server, guess, columns.length, all.length), most)
      const wanted = Math.ceil(SAMPLED * limit)
      const source = isAll ? from(relation) : sampleFrom(relation, guess.rows, wanted)
      const asked = Math.max(1, Math.min(wanted, guess.rows))
      const fewer = Math.floor(Math.min(limit, guess.rows) / SLOWER)
      return columnValues(server, columns, source, limit).pipe(
        Effect.map((rows) => {
          const byPlace = new Map(rows.map((row) => [row.place, row]))
          const whole = isAll && (rows[0]?.rows ?? 0) < limit
          return columns.map((column, place): Read => ({ column, row: byPlace.get(place), whole, asked }))
        }),
        Effect.catchIf(
          ({ reason }) => reason === "timeout" && hasBlocks(relation) && fewer >= LEAST_ROWS,
          () => read(columns, fewer)
        ),
        Effect.catchIf(
          (error) => error.reason === "failed",
          (error) =>
            Effect.gen(function* () {
              const before = yield* Ref.getAndUpdate(tries, (count) => count + 1)
              if (before >= MOST_TRIES || all.length === 1) return yield* error
              if (columns.length > 1) {
                const [left, right] = Array.splitAt(columns, Math.ceil(columns.length / 2))
                return [...(yield* read(left, most)), ...(yield* read(right, most))]
              }
              unread.push(...columns.map((column) => ({ column: column.name, reason: error.said })))
              return unread.length === all.length ? yield* error : []
            })
        )
      )
    }
    const found = (yield* Effect.forEach(groups, (columns) => read(columns))).flat()
    const place = new Map(all.map((column, index) => [column, index]))
    return found.toSorted((a, b) => (place.get(a.column) ?? 0) - (place.get(b.column) ?? 0))
  })

/** Counts figures over all rows of the table, for each of the columns. */
const figuresOf = (server: Server, relation: Relation, guess: Guess, read: ReadonlyArray<Read>) =>
  Effect.gen(function* () {
    const hasKey = [...relation.columns.values()].some((column) => column.unique)
    const sorted = SORTED_HASH_BYTES * guess.rows
    const most = sorted > server.workMemory ? 0 : Math.min(COUNTED_COLUMNS, Math.floor(SORTS_MEMORY / sorted))
    const mayBeKeys = read.filter(
      ({ column, row }) =>
        useOf(column) === "compared" && row !== undefined && row.values === row.rows && row.singles === row.values
    )
    const counted = new Set(hasKey ? [] : mayBeKeys.slice(0, most).map(({ column }) => column))
    const groups = Array.chunksOf(read, FIGURED_COLUMNS)
    const found = new Map<RelationColumn, Figures>()
    let rows = 0
    for (const group of groups) {
      const [row] = yield* columnFigures(
        server,
        group.map(({ column }) => column),
        from(relation),
        counted
      )
      if (row === undefined) continue
      rows = Math.max(rows, row.rows)
      group.forEach(({ column }, place) => found.set(column, figuresAt(row, place)))
    }
    return { rows, of: (column: RelationColumn) => found.get(column) }
  })

interface Figures {
  readonly rows: number
  readonly values: number
  readonly minimum: string | null
  readonly maximum: string | null
  readonly minimumLength: number | null
  readonly maximumLength: number | null
  readonly length: number | null
  readonly infinity: number
  readonly minusInfinity: number
  readonly notANumber: number
  readonly distinct: number | null
}

const figuresAt = (row: FiguresRow, place: number): Figures => ({
  rows: row.rows,
  values: row.values[place] ?? 0,
  minimum: row.minimum[place] ?? null,
  maximum: row.maximum[place] ?? null,
  minimumLength: row.minimumLength[place] ?? null,
  maximumLength: row.maximumLength[place] ?? null,
  length: row.length[place] ?? null,
  infinity: row.infinity[place] ?? 0,
  minusInfinity: row.minusInfinity[place] ?? 0,
  notANumber: row.notANumber[place] ?? 0,
  distinct: row.distinct[place] ?? null
})

const NO_ROWS: Omit<ValuesRow, "place"> = {
  rows: 0,
  values: 0,
  distinct: 0,
  singles: 0,
  minimum: null,
  maximum: null,
  minimumLength: null,
  maximumLength: null,
  length: null,
  infinity: 0,
  minusInfinity: 0,
  notANumber: 0,
  sample: [],
  common: [],
  counts: [],
  parts: [],
  partRows: []
}

const toProfile = (
  server: Server,
  { column, row = { place: 0, ...NO_ROWS }, whole }: Read,
  rows: number,
  figures: Figures | undefined
): ColumnProfile => {
  const { received } = textsOf(server)
  const use = useOf(column)
  const scale = row.rows === 0 ? 1 : rows / row.rows
  const values = figures?.values ?? Math.round(row.values * scale)
  const text = (value: string | null) => (value === null || use !== "compared" ? null : (received(value) ?? null))
  const isNumeric = column.typeClass === "integer" || column.typeClass === "number"
  const sample = row.sample.flatMap((value) => received(value) ?? [])
  const common = row.common
    .flatMap((value, index) => {
      const shown = received(value)
      return shown === undefined ? [] : [{ value: shown, count: Math.round((row.counts[index] ?? 0) * scale) }]
    })
    .toSorted((a, b) => b.count - a.count || Number(isNumeric) * (Number(a.value) - Number(b.value)))
  const distinct =
    use !== "compared"
      ? null
      : whole
        ? row.distinct
        : column.unique
          ? values
          : (figures?.distinct ?? scaleDistinct(row.distinct, row.singles, row.values, values))
  const exact = whole || use !== "compared" || column.unique || (figures !== undefined && figures.distinct !== null)
  const lostBounds = [row.minimum, row.maximum].filter((value) => value !== null && received(value) === undefined)
  const lost = Math.max(row.sample.length - sample.length, row.common.length - common.length, lostBounds.length)
  const counts = figures ?? row
  const share = figures === undefined ? scale : 1
  const notFinite: NotFinite = {
    infinity: Math.round(counts.infinity * share),
    minusInfinity: Math.round(counts.minusInfinity * share),
    notANumber: Math.round(counts.notANumber * share)
  }
  return {
    column: column.name,
    nulls: Math.max(0, rows - values),
    distinct,
    minimum: text(figures === undefined ? row.minimum : figures.minimum),
    maximum: text(figures === undefined ? row.maximum : figures.maximum),
    minimumLength: figures?.minimumLength ?? row.minimumLength,
    maximumLength: figures?.maximumLength ?? row.maximumLength,
    averageLength: figures?.length ?? row.length,
    sample,
    common,
    ...histogramOf(row, scale, received),
    ...(exact ? {} : { estimated: true }),
    ...(Object.values(notFinite).some((count) => count > 0) ? { notFinite } : {}),
    ...(lost > 0 ? { garbled: lost } : {})
  }
}

const histogramOf = (
  { maximum, minimum, partRows, parts }: Omit<ValuesRow, "place">,
  scale: number,
  received: (value: string) => string | undefined
): Pick<ColumnProfile, "histogram"> => {
  const [low, high] = [minimum, maximum].map((end) => (end === null ? undefined : received(end)))
  if (parts.length === 0 || low === undefined || high === undefined) return {}
  const rows = Array.makeBy(HISTOGRAM_PARTS, () => 0)
  parts.forEach((part, at) => (rows[part - 1] = Math.round((partRows[at] ?? 0) * scale)))
  return { histogram: { low, high, rows } }
}

/**
 * Estimates a column's distinct values from a sample of `values` of `all` values, with `distinct` distinct ones of which `singles` occur
 * once: Duj1 of Haas and Stokes, which ANALYZE uses.
 */
const scaleDistinct = (distinct: number, singles: number, values: number, all: number): number => {
  if (all <= values || values === 0) return distinct
  const estimate = (values * distinct) / (values - singles + (singles * values) / all)
  return Math.round(Math.min(Math.max(estimate, distinct), all))
}
