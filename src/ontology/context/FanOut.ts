import { Array, Effect } from "effect"
import { mayHideRows } from "../../datasource/Catalog.ts"
import type { DatasourceError } from "../../datasource/DatasourceError.ts"
import { quoteLiteral } from "../../datasource/Identifier.ts"
import { pg } from "../../datasource/PgSql.ts"
import type { ContextJoin, Facts } from "./Facts.ts"
import { numberOf, type Readable, valuesOf } from "./Measure.ts"

/** How many rows refer to a row of the other side. */
export interface FanOut {
  readonly least: number
  readonly most: number
  /** Rows of the other side that none refers to. */
  readonly without: number
}

/** Joins that one statement measures. */
const AT_ONCE = 8

/**
 * For each join, by its id: how many rows refer to one row of its target, at least and at most. Taken from the test join that discovery made,
 * where that counted all rows; otherwise counted here, `AT_ONCE` joins in one statement. A join that could not be counted is absent.
 */
export const fanOuts = (
  { joins }: Facts,
  readable: Readable
): Effect.Effect<ReadonlyMap<string, FanOut>, DatasourceError> =>
  Effect.gen(function* () {
    const found = new Map<string, FanOut>()
    const open: Array<ContextJoin> = []
    for (const join of joins) {
      const known = fromTestJoin(join)
      if (known !== undefined) found.set(join.id, known)
      else if (isCountable(join)) open.push(join)
    }
    for (const batch of Array.chunksOf(open, AT_ONCE)) {
      const counts = yield* valuesOf(readable, pg`SELECT ${`ARRAY[${batch.flatMap(counted).join(", ")}]`} AS values`)
      for (const [place, join] of batch.entries()) {
        const [least, most, without] = counts.slice(3 * place, 3 * place + 3).map(numberOf)
        if (least !== undefined && most !== undefined && without !== undefined && most > 0)
          found.set(join.id, { least, most, without })
      }
    }
    return found
  })

/**
 * Where rows of the target are left without any, the least is 0; where none is an orphan, the test join has counted the most. Of tables that
 * may hide rows nothing is known: what seems to be left without any may have hidden ones.
 */
const fromTestJoin = ({ from, orphans, relationship, to }: ContextJoin): FanOut | undefined => {
  const { inclusion } = relationship.evidence
  if (inclusion === null || inclusion.sampled || orphans > 0 || inclusion.maxTo !== 1) return undefined
  if (mayHideRows(from.subject.table) || mayHideRows(to.subject.table)) return undefined
  const without = to.rows - inclusion.matched
  return without > 0 && inclusion.targetDistinct === to.rows
    ? { least: 0, most: inclusion.maxFrom, without }
    : undefined
}

/** Whether a statement can count it. Types that do not compare as they are would need a cast, which may fail. */
export const isCountable = ({ columns, from, relationship, targets, to, toOne }: ContextJoin): boolean =>
  from.isMeasured &&
  to.isMeasured &&
  toOne &&
  relationship.compared === undefined &&
  columns.length > 0 &&
  columns.length === targets.length &&
  columns.every(
    (column, place) =>
      column.builtIn &&
      targets[place]?.builtIn === true &&
      compares(column.source.type, targets[place].source.type) &&
      column.source.typeClass === targets[place].source.typeClass
  )

/** Types of a class compare, but for moments of which one has a zone. */
const compares = (a: string, b: string) => a === b || !/^(?:date|time)/.test(a + b)

/** The SQL of the condition that joins `c`, the referring table, to `p`. */
export const onOf = ({ columns, relationship: { when }, targets }: ContextJoin, child = "c", parent = "p"): string => {
  const equal = columns.map((column, i) => pg`${child}.${column.sql} = ${parent}.${targets[i]?.sql ?? ""}`)
  const meant =
    when === undefined ? [] : [pg`${child}.${identifierOf(when.column)}::text = ${quoteLiteral(when.value)}`]
  return [...equal, ...meant].join(" AND ")
}

const identifierOf = (name: string) => `"${name.replaceAll('"', '""')}"`

const counted = (join: ContextJoin): ReadonlyArray<string> => {
  const one = join.columns[0]?.sql ?? ""
  const groups = pg`(SELECT count(c.${one}) AS n FROM ${join.to.from} p LEFT JOIN ${join.from.from} c ON ${onOf(join)} GROUP BY ${join.targets
    .map(({ sql }) => `p.${sql}`)
    .join(", ")}) g`
  return [pg`min(n)`, pg`max(n)`, pg`count(*) FILTER (WHERE n = 0)`].map(
    (figure) => pg`(SELECT (${figure})::text FROM ${groups})`
  )
}
