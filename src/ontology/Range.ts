import type { ColumnProfile } from "../datasource/TableProfile.ts"
import { thousands } from "../language/Describing.ts"
import type { SemanticType } from "./Ontology.ts"
import { oneLine } from "./Text.ts"

/** A column, as far as its range is written. */
export interface Ranged {
  readonly profile: ColumnProfile
  readonly semanticType: SemanticType
  readonly unit: string | null
}

/**
 * Where a column's values begin and end, as a person writes it: times by the day where days differ, amounts of money with their cents, a
 * percent sign at percentages, thousands in groups. What is no end (infinity, NaN) is told apart. Undefined without values.
 */
export const rangeText = ({ profile, semanticType, unit }: Ranged): string | undefined => {
  const { maximum, minimum } = profile
  const beyond = beyondText(profile)
  if (minimum === null || maximum === null) return beyond === undefined ? undefined : `only ${beyond}`
  const sameDay = dayOf(minimum) !== undefined && dayOf(minimum) === dayOf(maximum)
  const cents = semanticType === "money" && [minimum, maximum].some((value) => /\.\d*[1-9]/.test(value))
  const written = (value: string) =>
    (sameDay ? undefined : dayOf(value)) ?? numberText(value, semanticType, unit, cents) ?? oneLine(value, 40)
  return `from ${written(minimum)} to ${written(maximum)}${beyond === undefined ? "" : `, besides ${beyond}`}`
}

/** The day of a time as PostgreSQL writes it; undefined where the text is none. */
export const dayOf = (value: string): string | undefined => {
  const day = /^\d{4,}-\d\d-\d\d/.exec(value)?.[0]
  return day === undefined ? undefined : `${day}${value.endsWith(" BC") ? " BC" : ""}`
}

/** Longer numbers are not grouped: nobody counts their digits. */
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

const beyondText = ({ notFinite }: ColumnProfile): string | undefined => {
  if (notFinite === undefined) return undefined
  const { infinity, minusInfinity, notANumber } = notFinite
  const parts = [
    ...(minusInfinity > 0 ? [`${minusInfinity} × minus infinity`] : []),
    ...(infinity > 0 ? [`${infinity} × infinity`] : []),
    ...(notANumber > 0 ? [`${notANumber} × NaN, not a number`] : [])
  ]
  return parts.length === 0 ? undefined : parts.join(" and ")
}
