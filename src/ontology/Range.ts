import type { ColumnProfile } from "../datasource/TableProfile.ts"
import { thousands } from "../language/Describing.ts"
import type { SemanticType } from "./Ontology.ts"
import { oneLine } from "./Text.ts"

/** What `rangeText` reads of a column. `unit` is as in the ontology ("percent"). */
export interface Ranged {
  readonly profile: ColumnProfile
  readonly semanticType: SemanticType
  readonly unit: string | null
}

/**
 * The range of a column's values: "from 1,200 to 3,400". Times are cut to the day if their days differ; money has cents if any does;
 * percentages have a sign; infinities and NaN are counted separately. Undefined without values.
 */
export const rangeText = ({ profile, semanticType, unit }: Ranged): string | undefined => {
  const { maximum, minimum } = profile
  const beyond = notFiniteText(profile)
  if (minimum === null || maximum === null) return beyond === undefined ? undefined : `only ${beyond}`
  const sameDay = dayOf(minimum) !== undefined && dayOf(minimum) === dayOf(maximum)
  const cents = semanticType === "money" && [minimum, maximum].some((value) => /\.\d*[1-9]/.test(value))
  const written = (value: string) =>
    (sameDay ? undefined : dayOf(value)) ?? numberText(value, semanticType, unit, cents) ?? oneLine(value, 40)
  return `from ${written(minimum)} to ${written(maximum)}${beyond === undefined ? "" : `, besides ${beyond}`}`
}

/** The date at the beginning of a time as PostgreSQL prints it, with "BC"; undefined if there is none. */
export const dayOf = (value: string): string | undefined => {
  const day = /^\d{4,}-\d\d-\d\d/.exec(value)?.[0]
  return day === undefined ? undefined : `${day}${value.endsWith(" BC") ? " BC" : ""}`
}

/** Whether a day stands for none: the first of a calendar or clock, or one in a far future. */
export const isPlaceholder = (day: string): boolean =>
  /^(?:0001-01-01|1753-01-01|1899-12-3[01]|1900-01-01|1970-01-01|(?:29|[3-9]\d)\d\d-)/.test(day)

/** Whole numbers of more digits are not grouped. */
const GROUPED_DIGITS = 15

const numberText = (
  value: string,
  semanticType: SemanticType,
  unit: string | null,
  cents: boolean
): string | undefined => {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value)
  if (parts === null) return undefined
  const [, sign = "", whole = "", decimals = ""] = parts
  const kept = decimals.replace(/0+$/, "")
  const fraction = cents ? kept.padEnd(2, "0") : kept
  const digits = semanticType === "year" || whole.length > GROUPED_DIGITS ? whole : thousands(whole)
  const number = oneLine(`${sign}${digits}${fraction === "" ? "" : `.${fraction}`}`, 40)
  return semanticType === "percentage" && unit === "percent" ? `${number} %` : number
}

/** Infinities and NaN, each counted; undefined without any. */
export const notFiniteText = ({ notFinite }: ColumnProfile): string | undefined => {
  if (notFinite === undefined) return undefined
  const { infinity, minusInfinity, notANumber } = notFinite
  const parts = [
    ...(minusInfinity > 0 ? [`${minusInfinity} × minus infinity`] : []),
    ...(infinity > 0 ? [`${infinity} × infinity`] : []),
    ...(notANumber > 0 ? [`${notANumber} × NaN, not a number`] : [])
  ]
  return parts.length === 0 ? undefined : parts.join(" and ")
}
