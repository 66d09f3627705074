import type { ColumnProfile, Look } from "../datasource/TableProfile.ts"
import { EMAIL, IP_LIKE, isShared, sensitiveByLook } from "../language/SensitiveLooks.ts"

/** Share of the sample, from 0 to 1, that must have a format: real data contain typing errors. */
const LOOKS_LIKE = 0.95

const FORMS = [
  ["email", EMAIL],
  ["url", /^(?:https?|ftp):\/\/\S+$/i],
  ["ip_address", IP_LIKE],
  ["date", /^\d{4}-\d\d-\d\d$/],
  ["timestamp", /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d/]
] as const

/** The format of a sample of values, as text. */
const lookOf = (values: ReadonlyArray<string>): Look => {
  const isLike = (pattern: RegExp) => values.length > 0 && isShared(values, (value) => pattern.test(value), LOOKS_LIKE)
  return {
    form: FORMS.find(([, pattern]) => isLike(pattern))?.[0] ?? null,
    sensitive: sensitiveByLook(values) ?? null
  }
}

/** The format of a column's values: as stored, or of the values if they are still there. */
export const lookOfColumn = ({ common, look, sample }: ColumnProfile): Look =>
  look ?? lookOf([...sample, ...common.map(({ value }) => value)])
