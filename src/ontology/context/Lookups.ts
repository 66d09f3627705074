import { Array, Effect } from "effect"
import type { DatasourceError } from "../../datasource/DatasourceError.ts"
import { pg } from "../../datasource/PgSql.ts"
import type { ContextColumn, ContextJoin, ContextTable, Facts } from "./Facts.ts"
import { isCountable, onOf } from "./FanOut.ts"
import { numberOf, type Readable, rowsOf } from "./Measure.ts"

/** A key, what it is called, and how many rows have it where that was counted. */
export interface Named {
  readonly key: string
  readonly name: string
  readonly count: number | null
}

/** The most rows of a table whose keys are listed with their names. */
const LISTED_ROWS = 30
/** The most values of a referring column that are listed with the names of what they refer to. */
const NAMED_VALUES = 12
/** Tables that one statement reads. */
const AT_ONCE = 10
/** Longest name that stands for a key, in characters: longer ones are prose. */
const NAME_LENGTH = 60

/** What says where something is, and not what it is called. */
const PLACES: ReadonlyArray<string> = ["postal_code", "address", "phone", "url", "email"]

const KEY_TYPES: ReadonlyArray<string> = ["integer", "text"]

/** The column that says what a row is called: of a name, a title or a word that tells rows apart. Never of a person. */
export const nameColumn = ({ columns, key, rows, subject }: ContextTable): ContextColumn | undefined => {
  const possible = columns.filter(
    (column) =>
      column.source.typeClass === "text" &&
      !column.personal &&
      !column.meaning.foreignKey &&
      !PLACES.includes(column.meaning.semanticType) &&
      !key.includes(column) &&
      (column.source.profile.distinct ?? 0) > rows / 2 &&
      (column.source.profile.averageLength ?? 0) <= NAME_LENGTH
  )
  const ranked = ["name", "title", "label", "identifier", "description", "code", "abbr"]
  const rank = ({ meaning }: ContextColumn) => {
    const at = ranked.findIndex((word) => meaning.label.toLowerCase().split(" ").includes(word))
    return at < 0 ? ranked.length : at
  }
  const [best] = [...possible].sort((a, b) => rank(a) - rank(b))
  return best !== undefined && (rank(best) < ranked.length || subject.entity.verdict === "lookup") ? best : undefined
}

/** Short lists with their names, by the id of the name column, and values of referring columns with the names of their targets. */
export const lookups = (
  facts: Facts,
  readable: Readable
): Effect.Effect<ReadonlyMap<string, ReadonlyArray<Named>>, DatasourceError> =>
  Effect.gen(function* () {
    const found = new Map<string, Array<Named>>()
    const wanted = [
      ...facts.tables.flatMap(listed),
      ...facts.joins.flatMap(referred),
      ...facts.tables.flatMap(uncounted)
    ]
    for (const batch of Array.chunksOf(wanted, AT_ONCE)) {
      const parts = batch.map(
        ({ sql }, place) => pg`SELECT ARRAY['${place}', k, n, count] AS values FROM (${sql}) r${place}`
      )
      for (const [place, key, name, count] of yield* rowsOf(readable, parts.join(" UNION ALL "))) {
        const id = batch[numberOf(place)]?.id
        if (id === undefined || key === null || key === undefined || name === null || name === undefined) continue
        const named = { key, name, count: count === null ? null : numberOf(count) }
        found.set(id, [...(found.get(id) ?? []), named])
      }
    }
    for (const all of found.values()) all.sort(byCount)
    return found
  })

const byCount = (a: Named, b: Named): number =>
  (b.count ?? 0) - (a.count ?? 0) ||
  (/^\d+$/.test(a.key + b.key) ? Number(a.key) - Number(b.key) : a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

interface Wanted {
  readonly id: string
  /** A SELECT of the texts `k`, `n` and `count`. */
  readonly sql: string
}

/** Short lists of values of which the profile has but an estimate. They stand for themselves. */
const uncounted = (table: ContextTable): ReadonlyArray<Wanted> =>
  table.columns.flatMap((column) => {
    const { profile } = column.source
    const distinct = profile.distinct ?? 0
    const isShort = profile.estimated === true && distinct > 1 && distinct <= NAMED_VALUES && profile.common.length > 0
    return isShort && table.isMeasured && isKey(column) && !column.meaning.foreignKey
      ? [
          {
            id: `${column.id} counted`,
            sql: pg`SELECT ${column.sql}::text AS k, ${column.sql}::text AS n, count(*)::text AS count FROM ${table.from} GROUP BY ${column.sql} LIMIT ${NAMED_VALUES + 1}`
          }
        ]
      : []
  })

const isKey = ({ builtIn, personal, source }: ContextColumn) =>
  builtIn && !personal && KEY_TYPES.includes(source.typeClass)

const listed = (table: ContextTable): ReadonlyArray<Wanted> => {
  const [key, ...more] = table.key
  const name = nameColumn(table)
  if (key === undefined || more.length > 0 || name === undefined || !name.builtIn || !isKey(key)) return []
  if (
    !table.isMeasured ||
    table.rows < 2 ||
    table.rows > LISTED_ROWS ||
    key.meaning.foreignKey ||
    table.subject.isAboutPeople()
  )
    return []
  if (name.source.profile.distinct !== table.rows - name.nulls) return []
  return [
    {
      id: name.id,
      sql: pg`SELECT ${key.sql}::text AS k, ${name.sql}::text AS n, NULL::text AS count FROM ${table.from} LIMIT ${LISTED_ROWS + 1}`
    }
  ]
}

const referred = (join: ContextJoin): ReadonlyArray<Wanted> => {
  const { columns, from, relationship, targets, to } = join
  const [column, ...more] = columns
  const [target] = targets
  const name = nameColumn(to)
  const distinct = column?.source.profile.distinct ?? 0
  if (column === undefined || target === undefined || more.length > 0 || name === undefined || !name.builtIn) return []
  if (!isCountable(join) || relationship.when !== undefined || to.rows <= LISTED_ROWS || !isKey(column)) return []
  if (distinct < 1 || distinct > NAMED_VALUES || from.rows - column.nulls < 3 * distinct) return []
  return [
    {
      id: column.id,
      sql: pg`SELECT c.${column.sql}::text AS k, min(p.${name.sql}::text) AS n, count(*)::text AS count
        FROM ${from.from} c JOIN ${to.from} p ON ${onOf(join)} GROUP BY c.${column.sql} LIMIT ${NAMED_VALUES + 1}`
    }
  ]
}
