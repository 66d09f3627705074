import { Effect, Schema } from "effect"
import type { DatasourceError } from "./DatasourceError.ts"
import type { DatasourcePool } from "./DatasourcePool.ts"
import { columnSql, from, type Relation, type RelationColumn } from "./Relation.ts"

/** The types that a value is looked up as, so that an index on the column serves; others are compared as text. */
const CASTS: Readonly<Record<string, (value: string) => boolean>> = {
  int2: (value) => isWithin(value, 2n ** 15n),
  int4: (value) => isWithin(value, 2n ** 31n),
  int8: (value) => isWithin(value, 2n ** 63n),
  oid: (value) => /^\d{1,10}$/.test(value) && BigInt(value) < 2n ** 32n,
  numeric: (value) => /^-?\d{1,100}(\.\d{1,100})?$/.test(value),
  uuid: (value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value),
  text: () => true,
  varchar: () => true,
  bpchar: () => true
}

const isWithin = (value: string, bound: bigint) => {
  if (!/^-?\d{1,19}$/.test(value)) return false
  const number = BigInt(value)
  return number >= -bound && number < bound
}

/** Text is compared without the spaces that char(n) is padded with. */
const trimmed = (value: string) => value.replace(/ +$/, "")

const TEXTS: ReadonlyArray<string> = ["text", "varchar", "bpchar"]

/**
 * Which of the values, given as text, are in the column; one statement, which a hash join or an index serves. Values that the
 * column's type cannot have are not there.
 */
export const found = (
  pool: DatasourcePool,
  relation: Relation,
  column: RelationColumn,
  values: ReadonlyArray<string>
): Effect.Effect<ReadonlySet<string>, DatasourceError> => {
  const fits = column.isEnum ? undefined : CASTS[column.type]
  const possible = values.filter((value) => !value.includes("\0") && (fits?.(value) ?? true))
  if (possible.length === 0) return Effect.succeed(new Set())
  const exact = fits !== undefined
  const isText = !exact || TEXTS.includes(column.type)
  const asked = possible.flatMap((value) => [...(exact ? [value] : []), ...(isText ? [trimmed(value)] : [])])
  const type = exact ? column.type : "text"
  const target = exact ? columnSql(column) : `rtrim(${columnSql(column)}::text)`
  return pool
    .rows(
      Schema.Struct({ value: Schema.String }),
      `SELECT v.text AS value FROM (SELECT u AS text, u::${type} AS value FROM unnest($1::text[]) u) v
        WHERE EXISTS (SELECT FROM ${from(relation)} WHERE ${target} = v.value)`,
      [[...new Set(asked)]]
    )
    .pipe(
      Effect.map((rows) => {
        const there = new Set(rows.map((row) => row.value))
        return new Set(possible.filter((value) => there.has(value) || (isText && there.has(trimmed(value)))))
      }),
      Effect.withSpan("Datasource.probe")
    )
}
