import { Schema } from "effect"
import { EMAIL, IP_LIKE, sensitiveByLook } from "./Sensitive.ts"

/** What part of a sample must look like something for the column to be that: real data has typing errors. */
const LOOKS_LIKE = 0.95

const FORMS = [
  ["email", EMAIL],
  ["url", /^(?:https?|ftp):\/\/\S+$/i],
  ["ip_address", IP_LIKE],
  ["date", /^\d{4}-\d\d-\d\d$/],
  ["timestamp", /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d/]
] as const

/** What the values of a column look like: what may be known of them when they are gone. */
export const Look = Schema.Struct({
  /** What nearly all are written like; null where they have no form of their own. */
  form: Schema.NullOr(Schema.Literal("email", "url", "ip_address", "date", "timestamp")),
  /** Why they are to be kept from others, as far as they show it themselves; null where they do not. */
  sensitive: Schema.NullOr(Schema.String)
})
/** @see Look */
export type Look = typeof Look.Type

/** Looks at a sample of values, as text. */
export const lookOf = (values: ReadonlyArray<string>): Look => {
  const isLike = (pattern: RegExp) =>
    values.length > 0 && values.filter((value) => pattern.test(value)).length >= LOOKS_LIKE * values.length
  return {
    form: FORMS.find(([, pattern]) => isLike(pattern))?.[0] ?? null,
    sensitive: sensitiveByLook(values) ?? null
  }
}
