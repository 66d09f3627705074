import type { Allowed } from "../datasource/Catalog.ts"

const joined = (values: ReadonlyArray<string>): string =>
  values.length < 2 ? values.join("") : `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`

/** Values that are listed; the others are counted. */
const SHOWN = 20

const SOURCES: Record<Allowed["by"], string> = { check: "by a CHECK", domain: "by its domain", elements: "by its enum" }

/** What a column may contain, in words: "open, paid or void (by a CHECK)". */
export const allowedText = ({ by, high, low, values }: Allowed): string => {
  const text = (value: string) => (value === "" ? '""' : value)
  const said =
    values !== undefined
      ? values.length > SHOWN
        ? `${values.slice(0, SHOWN).map(text).join(", ")} or one of ${values.length - SHOWN} more`
        : joined(values.map(text))
      : [
          ...(low === undefined ? [] : [`${low.inclusive ? "at least" : "more than"} ${low.value}`]),
          ...(high === undefined ? [] : [`${high.inclusive ? "at most" : "less than"} ${high.value}`])
        ].join(" and ")
  return `${said} (${SOURCES[by]})`
}
