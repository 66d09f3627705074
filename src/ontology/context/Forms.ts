import { wordSet } from "../../language/wordSet.ts"
import type { SubjectColumn } from "../Discovered.ts"

/** How texts or whole numbers write a day, a month or a time, where PostgreSQL's own types do not say it. */
export interface Form {
  /** As `to_date` takes it: `DD.MM.YYYY`. */
  readonly pattern: string
  /** What the values are. */
  readonly of: "day" | "month" | "time"
  /** What every value matches, as SQL's `~` takes it. */
  readonly regex: string
  /** Whether the values' order is that of time. */
  readonly sorts: boolean
}

/** Minimum number of different values that show a form if the column's name does not mention time. Set by hand. */
const FEWEST = 3
const DATED = wordSet("date day from until since datum tag fecha data jour time hour uhrzeit")

const day = (pattern: string): Form => {
  const parts = pattern.replace("YYYY", "([12][0-9]{3})").replace("MM", "(0[1-9]|1[0-2])")
  const regex = parts.replace("DD", "(0[1-9]|[12][0-9]|3[01])").replaceAll(".", "[.]")
  return { pattern, of: "day", regex: `^${regex}$`, sorts: pattern.startsWith("YYYY") }
}

/** The forms of texts. If a value fits several, the first one counts. ISO dates are recognised elsewhere, by `Looks`. */
const TEXTS: ReadonlyArray<Form> = [
  day("YYYYMMDD"),
  day("YYYY/MM/DD"),
  day("YYYY.MM.DD"),
  day("DD.MM.YYYY"),
  day("DD/MM/YYYY"),
  day("MM/DD/YYYY"),
  day("DD-MM-YYYY"),
  day("MM-DD-YYYY"),
  { pattern: "YYYY-MM", of: "month", regex: "^[12][0-9]{3}-(0[1-9]|1[0-2])$", sorts: true },
  { pattern: "HH:MM:SS", of: "time", regex: "^[0-9]{1,3}:[0-5][0-9]:[0-5][0-9]$", sorts: true },
  { pattern: "HH:MM", of: "time", regex: "^[0-9]{1,3}:[0-5][0-9]$", sorts: true }
]

const NUMBERS: ReadonlyArray<Form> = [day("YYYYMMDD")]

/** Matches `YYYY-MM` with a month above 4: `2024-03` could also be a third quarter. */
const NO_QUARTER = /-(?:0[5-9]|1[0-2])$/

/** The form that all values of a column have; undefined where they have none, or too few show it. */
export const formOf = ({ look, profile, said, typeClass }: SubjectColumn): Form | undefined => {
  const forms = typeClass === "text" ? TEXTS : typeClass === "integer" ? NUMBERS : []
  if (forms.length === 0 || look.form !== null || look.sensitive !== null) return undefined
  const values = [...new Set([...profile.sample, ...profile.common.map(({ value }) => value)])].filter(
    (value) => value !== ""
  )
  if (values.length < (said.some((word) => DATED.has(word)) ? 1 : FEWEST)) return undefined
  const form = forms.find(({ regex }) => {
    const pattern = new RegExp(regex)
    return values.every((value) => pattern.test(value))
  })
  if (form === undefined || (form.of === "month" && !values.some((value) => NO_QUARTER.test(value)))) return undefined
  // If hours have one or two digits, "9:00" sorts after "10:00".
  return form.of === "time" && profile.minimumLength !== profile.maximumLength ? { ...form, sorts: false } : form
}

/** Whether times are of more than a day: no `time` takes them. */
export const isBeyondADay = ({ profile }: SubjectColumn): boolean =>
  [profile.maximum, ...profile.sample, ...profile.common.map(({ value }) => value)].some(
    (value) => Number(/^(\d+):/.exec(value ?? "")?.[1] ?? 0) >= 24
  )
