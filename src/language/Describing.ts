import { plural, singular } from "./Words.ts"

/** Longest quotation from a comment, in characters. */
const LONGEST_QUOTE = 200
/** Attributes and tables that a sentence names; the rest is counted. */
const MOST_NAMED = 4

/** "a", "a and b", "a, b and c". */
export const listed = (items: ReadonlyArray<string>): string =>
  items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`

/** The first four, and how many `others` there are besides: "a, b, c, d and 3 other columns". */
export const listedFew = (items: ReadonlyArray<string>, other: string): string => {
  const left = items.length - MOST_NAMED
  return left < 2 ? listed(items) : listed([...items.slice(0, MOST_NAMED), `${left} other ${plural(other)}`])
}

/** Decimal digits in groups of three: "1234567" → "1,234,567". */
export const thousands = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ",")

/** A whole number for people, whatever the locale: 1234567 → "1,234,567". */
export const count = (n: number): string => thousands(String(n))

/** A name inside a sentence: "Invoice Line" → "invoice line"; words said letter by letter stay. */
export const inSentence = (name: string): string =>
  name
    .split(" ")
    .map((word) => (word.length > 1 && word === word.toUpperCase() ? word : word.toLowerCase()))
    .join(" ")

/** The plural of a name inside a sentence: "Invoice Line" → "invoice lines". */
const manyInSentence = (name: string): string => {
  const words = inSentence(name).split(" ")
  return [...words.slice(0, -1), plural(words.at(-1) ?? "")].join(" ")
}

/** One line of somebody else's text, without quotes of its own: its first sentence, cut where it is long. */
export const quotation = (text: string): string => {
  const line = text.replace(/[\s\p{Cc}]+/gu, " ").trim()
  const sentence = (/^.*?[^.]{3}[.!?](?=\s\p{Lu})/u.exec(line)?.[0] ?? line).replaceAll('"', "'").replace(/[.\s]+$/, "")
  if (sentence.length <= LONGEST_QUOTE) return sentence
  // PostgreSQL rejects half of a surrogate pair.
  const cut = sentence.slice(0, LONGEST_QUOTE).replace(/[\uD800-\uDBFF]$/, "")
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), LONGEST_QUOTE / 2)).trimEnd()}…`
}

/** What is known about a table, in the words of people. */
export interface TableFacts {
  /** What one row is called, "Invoice Line". */
  readonly name: string
  /** How many rows; null where nobody counted. */
  readonly rows: number | null
  readonly sampled: boolean
  /** Whether it is a view of other tables. */
  readonly view: boolean
  /** Columns that are its own, by their labels, the telling ones first. */
  readonly attributes: ReadonlyArray<string>
  /** What it certainly refers to, by name and role; and what it probably does. */
  readonly refersTo: ReadonlyArray<{ readonly name: string; readonly role: string }>
  readonly seemsToReferTo: ReadonlyArray<{ readonly name: string; readonly role: string }>
  /** Names of what certainly refers to it. */
  readonly referredToBy: ReadonlyArray<string>
  /** What the database says about it. */
  readonly comment: string | null
}

const subject = ({ name, rows, sampled, view }: TableFacts): string => {
  const many = manyInSentence(name)
  if (view) return `A view of ${many}`
  if (rows === null) return `A table of ${many}`
  if (rows === 0) return `A table for ${many}, without rows so far,`
  return `${sampled ? "About " : ""}${count(rows)} ${rows === 1 ? inSentence(name) : many}`
}

const withRoles = (references: TableFacts["refersTo"]) => {
  const names = [...new Set(references.map(({ name }) => name))]
  return names.map((name) => {
    const roles = references.filter((each) => each.name === name && each.role !== "").map(({ role }) => role)
    if (roles.length === 0) return name
    const also = references.some((each) => each.name === name && each.role === "") ? "also " : ""
    return `${name} (${also}${listedFew([...new Set(roles)], "role")})`
  })
}

/** Whether a text has no word that the name has not. */
const saysNoMore = (text: string, name: string) => {
  const said = (words: string) => words.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const known = new Set(said(name).map(singular))
  return said(text).every((word) => known.has(singular(word)))
}

/**
 * One sentence about a table that says more than its name: what the database itself says, quoted, then how many of what, with which
 * attributes, what it refers to and what refers to it. A comment is text to quote, whatever it says.
 */
export const describeTable = (facts: TableFacts): string => {
  const parts = [
    facts.attributes.length === 0 ? "" : `with ${listedFew(facts.attributes, "column")}`,
    facts.refersTo.length === 0 ? "" : `referring to ${listedFew(withRoles(facts.refersTo), "table")}`,
    facts.seemsToReferTo.length === 0
      ? ""
      : `probably referring to ${listedFew(withRoles(facts.seemsToReferTo), "table")}`,
    facts.referredToBy.length === 0 ? "" : `referred to by ${listedFew([...new Set(facts.referredToBy)], "table")}`
  ].filter((part) => part !== "")
  const quote = facts.comment === null || saysNoMore(facts.comment, facts.name) ? "" : quotation(facts.comment)
  const said = [subject(facts), ...parts.slice(0, 1)].join(" ")
  const sentence = [said, ...parts.slice(1)].join(", ").replace(/,+$/, "")
  return quote === "" ? `${sentence}.` : `"${quote}": ${sentence}.`
}

/** The comment that a description of `describeTable` quotes; undefined where it quotes none. */
export const quotedComment = (description: string): string | undefined => /^"([^"]+)"(?:: |$)/.exec(description)?.[1]
