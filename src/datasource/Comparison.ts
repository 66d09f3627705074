import { isKeyList, folded, isFolded, isMoment, isText, keyText, shownText } from "./Cells.ts"
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
  /^[+-]?\d{1,100}(\.\d{1,100})?(e[+-]?\d{1,3})?$/i.test(value.trim()) || value === "NaN" ? [value.trim()] : []

/** A number that PostgreSQL would refuse as out of range, too large or too close to zero for the type, is not in any column of it. */
const float =
  (rounded: (number: number) => number) =>
  (value: string): ReadonlyArray<string> =>
    /^[+-]?Infinity$/.test(value)
      ? [value]
      : decimal(value).filter((text) => {
          const number = rounded(Number(text))
          return (
            text === "NaN" || (Number.isFinite(number) && (number !== 0 || !/[1-9]/.test(text.replace(/e.*/i, ""))))
          )
        })

/** The canonical form of a text that PostgreSQL reads as a UUID: in capitals, without dashes, in braces. Undefined for any other text. */
export const uuidOf = (value: string): string | undefined => {
  const hex = /^\{?([0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12})\}?$/i.exec(value.trim())?.[1]?.replaceAll("-", "")
  return hex?.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}

const uuid = (value: string): ReadonlyArray<string> => {
  const canonical = uuidOf(value)
  return canonical === undefined ? [] : [canonical]
}

/** A value may have trailing spaces from a char(n) column: it is looked up with and without them. */
const text = (value: string): ReadonlyArray<string> => {
  if (value.includes("\0")) return []
  const trimmed = value.replace(/ +$/, "")
  return trimmed === value ? [value] : [value, trimmed]
}

/** A text in lower case by the rules of locale C. */
const inAscii = (value: string): string => value.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())

const NUMBERS: Readonly<Record<string, Pick<Lookup, "type" | "asked">>> = {
  int2: { type: "int2", asked: whole(2n ** 15n) },
  int4: { type: "int4", asked: whole(2n ** 31n) },
  int8: { type: "int8", asked: whole(2n ** 63n) },
  oid: { type: "oid", asked: whole(2n ** 32n, 0n) },
  numeric: { type: "numeric", asked: decimal },
  float4: { type: "float4", asked: float(Math.fround) },
  float8: { type: "float8", asked: float((number) => number) },
  uuid: { type: "uuid", asked: uuid },
  text: { type: "text", asked: text },
  varchar: { type: "text", asked: text },
  bpchar: { type: "bpchar", asked: text }
}

/** Whether two columns, of which one is citext, are compared in lower case. */
const isCompared = (target: RelationColumn, source: RelationColumn | undefined): boolean =>
  isFolded(target) || (source !== undefined && isFolded(source) && target.builtIn && target.typeClass === "text")

/** Whether texts of the target are compared with whole numbers, as these. */
const isReadAsNumber = (target: RelationColumn, source: RelationColumn | undefined): boolean =>
  source?.typeClass === "integer" && target.builtIn && isText(target)

/** The SQL of a text's whole number, without the zeros and spaces that pad it; NULL for any other text. */
const unpadded = (column: string): string => pg`substring(${column} FROM '^ *0*([0-9]+) *$')`

/**
 * How values of the column `source` (or of unknown origin) are looked up in the column `target`; `areNumbers` is whether they are whole
 * numbers, and the texts of the target are read as such.
 */
export const lookupOf = (
  target: RelationColumn,
  source?: RelationColumn,
  areNumbers = isReadAsNumber(target, source)
): Lookup => {
  const column = columnSql(target)
  if (areNumbers) {
    const text = pg`${unpadded(keyText(target, column))} COLLATE pg_catalog."C"`
    return { target: text, type: "text", asked: (value) => [wholeNumber(value) ?? value] }
  }
  if (isCompared(target, source)) {
    return {
      target: folded(shownText(target, column)),
      type: "text",
      // `sourceText` is in lower case already; a value of unknown origin is looked up in each of the ways in which it may be folded.
      asked: (value) =>
        source !== undefined && !isKeyList(source)
          ? text(value)
          : text(value).flatMap((each) => [...new Set([each, each.toLowerCase(), inAscii(each)])])
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
  return isCompared(target, source) ? folded(keyText(source, column)) : keyText(source, column)
}
