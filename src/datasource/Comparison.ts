import { isFolded, isMoment, keyText, shownText } from "./Cells.ts"
import { pg } from "./PgSql.ts"
import { columnSql, type RelationColumn } from "./Relation.ts"

/** How values that are given as text are looked up in a column: typed, so that an index on the column can be used. */
export interface Lookup {
  /** The SQL of the column as it is compared. */
  readonly target: string
  /** The name of the built-in type that the texts are cast to. */
  readonly type: string
  /** The texts that a value may equal, in the syntax of `type`; empty where the column's type cannot contain it. */
  readonly asked: (value: string) => ReadonlyArray<string>
}

const isWithin = (text: string, bound: bigint): boolean => {
  const value = BigInt(text)
  return value >= -bound && value < bound
}

/** The canonical form of a whole number in a text, padded with zeros or spaces: ` 007` is `7`. Undefined for any other text. */
export const wholeNumber = (value: string): string | undefined => {
  const text = value.trim()
  return /^[+-]?\d{1,60}(\.0{1,20})?$/.test(text)
    ? String(BigInt(text.replace(/^\+/, "").replace(/\..*/, "")))
    : undefined
}

const whole =
  (bound: bigint, least = -bound) =>
  (value: string): ReadonlyArray<string> => {
    const number = wholeNumber(value)
    return number !== undefined && isWithin(number, bound) && BigInt(number) >= least ? [number] : []
  }

const decimal = (value: string): ReadonlyArray<string> =>
  /^[+-]?\d{1,100}(\.\d{1,100})?(e[+-]?\d{1,2})?$/i.test(value.trim()) || value === "NaN" ? [value.trim()] : []

const uuid = (value: string): ReadonlyArray<string> =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value.trim()) ? [value.trim().toLowerCase()] : []

/** A value may have trailing spaces from a char(n) column: it is looked up with and without them. */
const text = (value: string): ReadonlyArray<string> => {
  if (value.includes("\0")) return []
  const trimmed = value.replace(/ +$/, "")
  return trimmed === value ? [value] : [value, trimmed]
}

const NUMBERS: Readonly<Record<string, Pick<Lookup, "type" | "asked">>> = {
  int2: { type: "int2", asked: whole(2n ** 15n) },
  int4: { type: "int4", asked: whole(2n ** 31n) },
  int8: { type: "int8", asked: whole(2n ** 63n) },
  oid: { type: "oid", asked: whole(2n ** 32n, 0n) },
  numeric: { type: "numeric", asked: decimal },
  float4: { type: "float4", asked: decimal },
  float8: { type: "float8", asked: decimal },
  uuid: { type: "uuid", asked: uuid },
  text: { type: "text", asked: text },
  varchar: { type: "text", asked: text },
  bpchar: { type: "bpchar", asked: text }
}

/** How values of the column `source` (or of unknown origin) are looked up in the column `target`. */
export const lookupOf = (target: RelationColumn, source?: RelationColumn): Lookup => {
  const column = columnSql(target)
  const folded = (each: RelationColumn) => each.builtIn && (each.typeClass === "text" || each.type === "citext")
  if (isFolded(target) || (source !== undefined && isFolded(source) && folded(target))) {
    return {
      target: pg`lower(${shownText(target, column)})`,
      type: "text",
      asked: (value) => text(value).map((each) => each.toLowerCase())
    }
  }
  if (source !== undefined && isMoment(source) && isMoment(target)) {
    return source.type === target.type
      ? { target: column, type: target.type, asked: (value) => [value] }
      : { target: pg`${column}::timestamp`, type: "timestamp", asked: (value) => [value] }
  }
  const typed = target.builtIn && !target.isEnum ? NUMBERS[target.type] : undefined
  if (typed !== undefined) return { target: column, ...typed }
  if (target.builtIn && target.type === "money")
    return { target: pg`${column}::numeric`, type: "numeric", asked: decimal }
  return { target: pg`${keyText(target, column)} COLLATE pg_catalog."C"`, type: "text", asked: text }
}

/** The SQL of a column's values as the texts that `lookupOf(target, source)` accepts. */
export const sourceText = (source: RelationColumn, target: RelationColumn): string => {
  const column = columnSql(source)
  if (source.builtIn && source.type === "money") return pg`trim_scale(${column}::numeric)::text`
  if (isMoment(source) && isMoment(target) && source.type !== target.type) return pg`${column}::timestamp::text`
  return keyText(source, column)
}
