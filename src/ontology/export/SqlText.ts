import { quoteIdentifier } from "../../datasource/Identifier.ts"
import { wellFormed } from "./Names.ts"

/** The longest name in PostgreSQL, in bytes of UTF-8. */
const NAME_BYTES = 63

/** Columns in parentheses: `("a", "b")`. */
export const columnList = (columns: ReadonlyArray<string>): string => `(${columns.map(quoteIdentifier).join(", ")})`

/** The longest beginning of a text that has at most so many bytes and ends with a whole character. */
const cut = (text: string, bytes: number): string => {
  let length = 0
  let kept = ""
  for (const character of text) {
    length += Buffer.byteLength(character)
    if (length > bytes) break
    kept += character
  }
  return kept
}

/** Names for constraints of at most 63 bytes, each given out once: `orders_customer_id_fkey`, as PostgreSQL itself calls them. */
export const constraintNames = (taken: Iterable<string>): ((stem: string, ending: string) => string) => {
  const given = new Set(taken)
  return (stem, ending) => {
    for (let n = 1; ; n++) {
      const end = n === 1 ? `_${ending}` : `_${ending}${n}`
      const name = `${cut(wellFormed(stem), NAME_BYTES - Buffer.byteLength(end))}${end}`
      if (given.has(name)) continue
      given.add(name)
      return name
    }
  }
}

/** Lines of comment: a break in a name would otherwise end the comment, and the rest be run. */
export const remark = (text: string): string =>
  wellFormed(text)
    .split(/\r\n|[\n\r]/)
    .map((line) => `-- ${line}`.trimEnd())
    .join("\n")
