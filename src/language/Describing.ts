import { withArticle } from "./withArticle.ts"
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

/** A name, and the spelling of its table that tells it from a namesake: "Order (ORDER)" → "Order", " (ORDER)". */
export const bracketed = (name: string): readonly [name: string, spelling: string] => {
  const spelling = / \([^()]*\)$/.exec(name)?.[0] ?? ""
  return [name.slice(0, name.length - spelling.length), spelling]
}

/** A name in lower case, for the middle of a sentence: "Invoice Line" → "invoice line". Words in capitals ("VAT") and a spelling in brackets do not change. */
export const inSentence = (name: string): string => {
  const [own, spelling] = bracketed(name)
  const words = own
    .split(" ")
    .map((word) => (word.length > 1 && word === word.toUpperCase() ? word : word.toLowerCase()))
  return words.join(" ") + spelling
}

/** Roles that a sentence names; further ones are "several". */
const MOST_ROLES = 2

/** The plural of a name: "Invoice Line" → "Invoice Lines". */
const many = (name: string): string => {
  const [own, spelling] = bracketed(name)
  const words = own.split(" ")
  const last = words.at(-1) ?? ""
  const plurals = plural(last.toLowerCase())
  return [...words.slice(0, -1), last.charAt(0) + plurals.slice(1)].join(" ") + spelling
}

/** The plural of a name inside a sentence: "Invoice Line" → "invoice lines". */
const manyInSentence = (name: string): string => {
  const [own, spelling] = bracketed(name)
  const words = inSentence(own).split(" ")
  return [...words.slice(0, -1), plural(words.at(-1) ?? "")].join(" ") + spelling
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

/** Something that rows refer to, by its name, "Address", and what it is to them, "shipping"; "" where nothing says so. */
export interface Referred {
  readonly name: string
  readonly role: string
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
  /** Whether all that it holds is what goes with what. */
  readonly link: boolean
  /** What rows certainly refer to: `key` where it is part of what tells them apart, `optional` where some do without. */
  readonly has: ReadonlyArray<Referred & { readonly key: boolean; readonly optional: boolean }>
  /** What tells rows apart besides, by the columns' labels. */
  readonly apartBy: ReadonlyArray<string>
  /** Whether no key says what tells rows apart, and only the rows that there are so far. Default: false. */
  readonly apartSoFar?: boolean
  /** What rows probably refer to. */
  readonly seemsToHave: ReadonlyArray<Referred>
  /** What each row, or some of them, has one or more of, counted: `rows` of them have it, and one at most `most`. */
  readonly hasMany?: ReadonlyArray<{ readonly name: string; readonly rows: number; readonly most: number }>
  /** Names of what else certainly refers to it. */
  readonly referredToBy: ReadonlyArray<string>
  /** The names of its rows: "Beverages, Condiments and 6 others". Undefined if no column names its rows, or that column holds personal data. */
  readonly values?: string | undefined
  /** When its rows happened: "order date 2022-01-01 to 2023-12-31". */
  readonly time?: string | undefined
  /** What the database says about it. */
  readonly comment: string | null
}

/** What rows are: how many of what, or of a link what goes with what. */
const subject = (facts: TableFacts): string => {
  const { has, link, name, rows, sampled, view } = facts
  const plurals = manyInSentence(name)
  if (view) return `A view of ${plurals}`
  const [first, ...others] = [...has].sort((a, b) => Number(b.key) - Number(a.key))
  const pairs = link && first !== undefined && others.length > 0
  const what = pairs ? `which ${withRole(first)} goes with which ${listed(others.map(withRole))}` : plurals
  if (rows === null) return `A table of ${what}`
  if (rows === 0) return `A table for ${what}, without rows so far`
  if (pairs)
    return `${what.charAt(0).toUpperCase()}${what.slice(1)}, in ${sampled ? "about " : ""}${count(rows)} ${rows === 1 ? "row" : "rows"}`
  return `${sampled ? "About " : ""}${count(rows)} ${rows === 1 ? inSentence(name) : plurals}`
}

const withRole = ({ name, role }: Referred) => (role === "" ? name : `${name} (${role})`)

/** "an Order", "a Customer", "another Employee" of an employee. */
const one = (name: string, own: string) => (name === own ? `another ${name}` : withArticle(name))

/** One phrase for all references to one thing: "an Address (shipping and billing)". */
const each = (own: string, references: ReadonlyArray<Referred>): ReadonlyArray<string> =>
  [...new Set(references.map(({ name }) => name))].map((name) => {
    const roles = references
      .filter((reference) => reference.name === name && reference.role !== "")
      .map(({ role }) => role)
    const said = one(name, own)
    if (roles.length === 0) return said
    if (roles.length > MOST_ROLES) return `several ${many(name)}`
    const also = references.some((reference) => reference.name === name && reference.role === "") ? "also " : ""
    return `${said} (${also}${listedFew([...new Set(roles)], "role")})`
  })

/** What tells rows apart, where that is something that they refer to. */
const perWhat = ({
  apartBy,
  apartSoFar = false,
  comment,
  has,
  link,
  referredToBy,
  time,
  values
}: TableFacts): string => {
  const keyed = [...new Set(has.filter(({ key }) => key).map(withRole))]
  if (link) return ""
  const isAlone =
    has.length + referredToBy.length === 0 && time === undefined && values === undefined && comment === null
  // One column that tells rows apart is said by every table.
  if (keyed.length === 0) return isAlone && apartBy.length > 1 ? `told apart by ${listedFew(apartBy, "column")}` : ""
  return apartBy.length === 0
    ? `${apartSoFar ? "so far " : ""}at most one per ${listedFew(keyed, "table")}`
    : `told apart by ${listedFew([...keyed, ...apartBy], "column")}`
}

/** Whether a text has no word that the name has not. */
const saysNoMore = (text: string, name: string) => {
  const said = (words: string) => words.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const known = new Set(said(name).map(singular))
  return said(text).every((word) => known.has(singular(word)))
}

/**
 * One sentence about a table that says what its rows are: what the database itself says, quoted, then how many of what, what tells them
 * apart, what each refers to and what refers to it. A comment is text to quote, whatever it says.
 */
export const describeTable = (facts: TableFacts): string => {
  const { has, link, name, referredToBy, rows, seemsToHave, time, values } = facts
  const own = link ? [] : has.filter(({ key }) => !key)
  const by = (optional: boolean) =>
    each(
      name,
      own.filter((reference) => reference.optional === optional)
    )
  const counted = (facts.hasMany ?? []).map(({ most, name: other, rows: having }) => ({
    having,
    said: most === 1 ? one(other, name) : `up to ${count(most)} ${many(other)}`
  }))
  // What two ways lead to, a reference and a link table, is said once.
  const always = [...new Set([...by(false), ...counted.flatMap(({ having, said }) => (having === rows ? [said] : []))])]
  const [sometimes, seems] = [by(true), each(name, seemsToHave)]
  const referring = [...new Set(referredToBy)].filter((other) => other !== name)
  const parts = [
    perWhat(facts),
    time ?? "",
    always.length === 0 ? "" : `${rows === 1 ? "with" : "each with"} ${listedFew(always, "table")}`,
    sometimes.length === 0
      ? ""
      : `${rows === 1 || rows === 0 ? "perhaps" : "some"} with ${listedFew(sometimes, "table")}`,
    ...new Set(counted.flatMap(({ having, said }) => (having === rows ? [] : [`${count(having)} with ${said}`]))),
    seems.length === 0 ? "" : `probably with ${listedFew(seems, "table")}`,
    referring.length === 0 ? "" : `referred to by ${listedFew(referring, "table")}`
  ].filter((part) => part !== "")
  const quote = facts.comment === null || saysNoMore(facts.comment, name) ? "" : quotation(facts.comment)
  const what = values === undefined ? subject(facts) : `${subject(facts)}: ${values}`
  const between = values === undefined || parts.length === 0 ? ", " : "; "
  const joined = [what, parts.join(", ")].filter((part) => part !== "").join(between)
  return quote === "" ? `${joined}.` : `"${quote}": ${joined}.`
}

/** The comment that a description of `describeTable` quotes; undefined where it quotes none. */
export const quotedComment = (description: string): string | undefined => /^"([^"]+)"(?:: |$)/.exec(description)?.[1]

/** A count at the beginning of a description, and the mark behind it. */
const COUNT = /^(?:About )?[\d,]+ [^,:;]+?(?:([,:;]) |\.?$)/

/**
 * A description of `describeTable` where its count stands beside it: the comment it quotes, or what follows the count, with a capital unless
 * values follow, which are spelled as they are.
 */
export const besideCount = (description: string): string => {
  const quoted = quotedComment(description)
  const rest = quoted ?? description.replace(COUNT, "")
  if (quoted === undefined && COUNT.exec(description)?.[1] === ":") return rest
  return `${rest.charAt(0).toUpperCase()}${rest.slice(1)}`
}
