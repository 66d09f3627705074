import { wordSet } from "../language/wordSet.ts"
import type { OntologyColumn } from "./Ontology.ts"
import { oneLine } from "./Text.ts"

/** Longest meaning of a code, in characters. */
const MEANING_LENGTH = 60
/** From this many codes on a dash, a colon or a blank with a bracket in between is a definition, too. */
const SEVERAL = 2

/** What a definition begins with: the start of the comment, or a sign that ends the one before. */
const BEFORE = String.raw`(?:^|[\s,;.|/([{"'“„«:])`
/** What stands between a code and its meaning: certain, and likely. */
const EQUALS = String.raw`["'”“»]?\s*(?:=>?|→|->)\s*`
const LIKELY = String.raw`["'”“»]?(?:\s*(?::|\bmeans\b|\bis for\b|\bfor\b)\s+|\s+[-–—]\s+|\s*(?=\())`
/** Numbers and nothing but a blank before their meanings, each after a sign: "0 new, 1 active, 2 closed". */
const LISTED_BEFORE = String.raw`(?:^|[,;:|/(]\s*)`
const BLANK = String.raw`\s+(?=\p{L})`
const NUMBERS = /^\d+$/
/** Minimum number of codes for such a list to count. Set by hand. */
const LISTED = 3

/** What ends a meaning: a sign, or the end of a sentence. */
const AFTER = /[,;|\n)\]}]|[.!?](?=\s|$)|\s\/\s|\s+(?:and|or)\s+(?=["'“„«]?[\p{L}\p{N}_-]+["'”“»]?\s*(?:=|→|->|:))/gu

/**
 * What a comment says that the values of its column mean: `1 = Pending. 2 = Open`, `A: active, I: idle`, `0 - new; 1 - done`, `1 (low), 2 (high)`.
 * A value has to be a whole word there. A definition without `=` counts where there are several.
 */
export const codesInComment = (comment: string, values: ReadonlyArray<string>): ReadonlyMap<string, string> => {
  const all = values.map((value) => value.trim()).filter((value) => value !== "" && value.length <= MEANING_LENGTH)
  const codes = all.filter((code) => comment.includes(code))
  const found = (between: string, before = BEFORE) =>
    new Map(
      codes.flatMap((code) =>
        definition(comment, code, codes, between, before).map((meaning) => [code, meaning] as const)
      )
    )
  const sure = found(EQUALS)
  if (sure.size > 0) return sure
  const likely = found(LIKELY)
  if (likely.size >= SEVERAL) return likely
  const listed = all.every((code) => NUMBERS.test(code)) ? found(BLANK, LISTED_BEFORE) : new Map<string, string>()
  return listed.size >= LISTED ? listed : new Map()
}

const definition = (
  comment: string,
  code: string,
  codes: ReadonlyArray<string>,
  between: string,
  before: string
): ReadonlyArray<string> => {
  const start = new RegExp(`${before}${escaped(code)}${between}`, "u").exec(comment)
  if (start === null) return []
  const rest = comment.slice(start.index + start[0].length).replace(/^[(["'“„«]/, "")
  const ends = [
    endOf(rest),
    // Definitions with nothing between them but a blank: "1=open 2=closed".
    ...codes.map((other) => new RegExp(String.raw`\s${escaped(other)}${between}`, "u").exec(rest)?.index ?? rest.length)
  ]
  const meaning = oneLine(rest.slice(0, Math.min(...ends)), MEANING_LENGTH).replace(/["'”“»\s]+$/u, "")
  return meaning === "" ? [] : [meaning]
}

/** Where the first sign is that ends a meaning. A bracket of the meaning's own, and what stands in it, does not. */
const endOf = (rest: string): number => {
  for (const { index } of rest.matchAll(AFTER)) {
    const before = rest.slice(0, index)
    const isInside = before.split(/[([{]/).length > before.split(/[)\]}]/).length
    if (!isInside || rest.slice(index).search(/[)\]}]/) < 0) return index
  }
  return rest.length
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")

/** Words that say nothing by themselves. */
const ARTICLES = wordSet("the of a an this is")

/** Whether a text about a column has a word that neither its name nor its values with their meanings have. */
export const saysMore = (
  text: string,
  { label, name, values }: Pick<OntologyColumn, "label" | "name" | "values">
): boolean => {
  const listed = (values ?? []).flatMap((each) => (each.label === null ? [] : [each.label, each.value]))
  const words = (of: string) => of.toLowerCase().match(/\p{L}+/gu) ?? []
  const known = new Set(words([name.replaceAll("_", " "), label, ...listed].join(" ")))
  return words(text).some((word) => !known.has(word) && !ARTICLES.has(word))
}
