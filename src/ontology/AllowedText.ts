import { type Allowed, type Column, isOfElements } from "../datasource/Catalog.ts"

const joined = (values: ReadonlyArray<string>): string =>
  values.length < 2 ? values.join("") : `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`

/** Values that are listed; the others are counted. */
const SHOWN = 20

/** Labels of an enum that the catalog keeps: of one with so many there may be more. */
const KEPT_LABELS = 200

/** How many values are allowed besides those that were `said`: "12 more", "at least 180 more". */
export const moreOf = (values: ReadonlyArray<string>, said: number): string =>
  `${values.length >= KEPT_LABELS ? "at least " : ""}${values.length - said} more`

/** The values that a column may have, where the schema lists them: by its enum type, a CHECK or its domain. Not those of an array's elements. */
export const allowedValues = ({ allowed, enumLabels }: Column): ReadonlyArray<string> | undefined =>
  enumLabels ?? (isOfElements(allowed) ? undefined : allowed?.values)

const SOURCES: Record<Allowed["by"], string> = { check: "by a CHECK", domain: "by its domain", elements: "by its enum" }

/** What a column may contain, in words: "open, paid or void (by a CHECK)". */
export const allowedText = ({ by, high, low, values }: Allowed): string => {
  const text = (value: string) => (value === "" ? '""' : value)
  const said =
    values !== undefined
      ? values.length > SHOWN
        ? `${values.slice(0, SHOWN).map(text).join(", ")} or one of ${moreOf(values, SHOWN)}`
        : joined(values.map(text))
      : [
          ...(low === undefined ? [] : [`${low.inclusive ? "at least" : "more than"} ${low.value}`]),
          ...(high === undefined ? [] : [`${high.inclusive ? "at most" : "less than"} ${high.value}`])
        ].join(" and ")
  return `${said} (${SOURCES[by]})`
}
