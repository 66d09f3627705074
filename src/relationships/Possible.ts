import type { TypeClass } from "../datasource/Catalog.ts"
import { uuidOf, wholeNumber } from "../datasource/Comparison.ts"
import type { Compared, Inclusion } from "../datasource/Inclusion.ts"
import type { TargetKey } from "../schema/Keys.ts"
import type { ColumnModel } from "../schema/TableModel.ts"
import type { NameMatch } from "./signals/Names.ts"
import type { Pool } from "./signals/Pools.ts"
import type { Scorecard } from "./signals/Signal.ts"
import type { ValueEvidence } from "./signals/Values.ts"

/** A column that may refer to a key, as far as names and counts say. */
export interface Possible {
  readonly from: ColumnModel
  readonly key: TargetKey
  /** Whether `from` is the key of its own table. */
  readonly isOwnKey: boolean
  readonly names: NameMatch
  /** Whether the column's comment names the target; such a candidate is accepted without values, too. */
  readonly stated?: boolean
  /** What the columns of its name say together; undefined where that is nothing. */
  readonly pool?: Pool
}

/** A possible reference with all that its own name, values and kind say. */
export interface Weighed extends Possible {
  /** Null where either side holds nothing. */
  readonly evidence: ValueEvidence | null
  /** The sum of its lines, in log odds. */
  readonly points: number
  /** Its lines with their reasons. Computed at each call, because the reasons of most candidates are never shown. */
  readonly card: () => Scorecard
}

/** Columns with longer texts than this, in characters, are no references. */
const LONGEST_REFERENCE = 100

const REFERRING = new Set<TypeClass>(["integer", "number", "text", "uuid"])

/** Whether a column's type and values let it refer to anything. */
export const canRefer = ({ profile, typeClass }: ColumnModel): boolean =>
  REFERRING.has(typeClass) && (profile.maximumLength ?? 0) <= LONGEST_REFERENCE

/** Whether a column holds days. Most refer to nothing, and those of a calendar are dense: only a name says that they refer to its key. */
export const isDay = ({ baseType, type }: ColumnModel): boolean => (baseType ?? type) === "date"

/** Types whose values have fractions, with what is left of the scale of `numeric(10,2)`. */
const FRACTIONS = /^(?:real|double precision|money|numeric\(\d+,[1-9]\d*\))$/

/** Whether a column's type is one of measures: values with fractions are no keys, unless a name or a comment says so. */
export const hasFractions = ({ type }: ColumnModel): boolean => FRACTIONS.test(type)

/** Whether two types can be compared without reading one as the other. */
export const comparable = (a: TypeClass, b: TypeClass): boolean =>
  a === b || (a === "integer" && b === "number") || (a === "number" && b === "integer")

/** Whether the values of one of two columns are compared as those of the other. */
export const isCast = (from: ColumnModel, to: ColumnModel): boolean =>
  isReadAs(from, to.typeClass) || isKeyCast(from, to)

/** Whether `from` holds whole numbers, and the texts of the key `to` are all such numbers, padded with zeros or not. */
export const isKeyCast = (from: ColumnModel, to: ColumnModel): boolean =>
  from.typeClass === "integer" && isReadAs(to, from.typeClass)

/** Whether a column's sampled values are texts that are all whole numbers (padded with zeros or not), or all UUIDs. */
const isReadAs = ({ profile: { sample }, typeClass }: ColumnModel, other: TypeClass): boolean => {
  const read = typeClass === "text" ? READ_AS.get(other) : undefined
  return read !== undefined && sample.length > 0 && sample.every((value) => read(value) !== undefined)
}

const READ_AS: ReadonlyMap<TypeClass, (text: string) => string | undefined> = new Map([
  ["integer", wholeNumber],
  ["uuid", uuidOf]
])

/** How the texts of a cast are compared: what a sample says of them is sure where all have been joined, and all were found. */
export const castOf = (from: ColumnModel, to: ColumnModel, inclusion: Inclusion | null): Compared => {
  if (isKeyCast(from, to)) {
    const isWhole = to.profile.estimated !== true && to.profile.sample.length === to.profile.distinct
    return isWhole ? "key as whole numbers" : "key as whole numbers, where they are some"
  }
  const isSure = inclusion !== null && !inclusion.sampled && inclusion.orphanRows === 0
  if (to.typeClass === "uuid") return isSure ? "as uuids" : "as uuids, where they are some"
  return isSure && from.profile.sample.every((value) => !value.includes("."))
    ? "as whole numbers"
    : "as whole numbers, where they are some"
}
