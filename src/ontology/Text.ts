import { bracketed, count, listed } from "../language/Describing.ts"
import { plural } from "../language/Words.ts"

/** The longest piece of somebody else's text that is quoted, in characters: a comment may be a page. */
const QUOTED_LENGTH = 300

/** Somebody else's text on one line: control and format characters and runs of white space become a space; too long is cut with "…". */
export const oneLine = (text: string, length: number = QUOTED_LENGTH): string => {
  const line = text.replace(/[\p{C}\s\u2028\u2029]+/gu, " ").trim()
  const characters = Array.from(line)
  return characters.length <= length
    ? line
    : `${characters
        .slice(0, length - 1)
        .join("")
        .trimEnd()}…`
}

export { count as figure } from "../language/Describing.ts"

/** "1 row", "1,204 rows". */
export const counted = (n: number, noun: string, nouns: string = plurals(noun)): string =>
  `${count(n)} ${n === 1 ? noun : nouns}`

/** A share as a person writes it: never "0 %" for something, nor "100 %" for less than all. */
export const percent = (share: number): string => {
  if (share === 0) return "0 %"
  if (share < 0.001) return "less than 0.1 %"
  const rounded = Math.round(share * 1000) / 10
  return `${share < 1 ? Math.min(rounded, 99.9) : 100} %`
}

/** "a", "a and b", "a, b and c"; with `limit`, what is beyond it is counted. */
export const list = (items: ReadonlyArray<string>, limit = Number.POSITIVE_INFINITY): string =>
  listed(items.length > limit ? [...items.slice(0, limit - 1), `${items.length - limit + 1} more`] : items)

/** What a table pairs, in words: "many to many: Users and Tags", "many to many: Users among each other". */
export const pairsText = (pairs: ReadonlyArray<string>): string => {
  const [first = "", ...more] = [...new Set(pairs)].map(plurals)
  return `many to many: ${more.length === 0 ? `${first} among each other` : list([first, ...more])}`
}

/** How a table's key is known: of a table without rows, or that was not read, no data say so. */
export const keyOrigin = ({
  keyDeclared,
  rows
}: {
  readonly keyDeclared: boolean
  readonly rows: number | null
}): "declared" | "found in the data" | "by name" =>
  keyDeclared ? "declared" : rows === null || rows === 0 ? "by name" : "found in the data"

/** The plural of a name: "Invoice Line" → "Invoice Lines", of its last word only. */
export const plurals = (name: string): string => {
  const [own, spelling] = bracketed(name)
  const last = /\p{L}+$/u.exec(own)?.[0] ?? ""
  const many = plural(last.toLowerCase())
  if (last === "" || many === last.toLowerCase()) return name
  const before = own.slice(0, own.length - last.length)
  return before + (/^\p{Lu}/u.test(last) ? many.charAt(0).toUpperCase() + many.slice(1) : many) + spelling
}
