/** A text without half characters, which no file can hold. */
export const wellFormed = (text: string): string => text.replace(/\p{Cs}/gu, "\uFFFD")

/** Names that are given out once each, whatever their case: the second `a` is `a_2`. */
export const uniqueNames = (taken: Iterable<string> = []): ((wanted: string) => string) => {
  const given = new Set([...taken].map((name) => name.toLowerCase()))
  return (wanted) => {
    let name = wanted
    for (let n = 2; given.has(name.toLowerCase()); n++) name = `${wanted}_${n}`
    given.add(name.toLowerCase())
    return name
  }
}

/** The words of a name in ASCII letters and digits: `créditNote_id` → credit, Note, id. */
const asciiWords = (name: string): ReadonlyArray<string> =>
  name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "")

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

/** A name as a type of a programming language: `order_lines` → OrderLines; begins with a letter, `initial` where it has none. */
export const typeWord = (name: string, initial: string): string => {
  const word = asciiWords(name)
    .map((each) => capital(/[a-z]/.test(each) ? each : each.toLowerCase()))
    .join("")
  return /^[A-Z]/.test(word) ? word : `${initial}${word}`
}

/** A name as a member of a programming language: `unit_price` → unitPrice; begins with a letter, `initial` where it has none. */
export const memberWord = (name: string, initial: string): string => {
  const word = typeWord(name, initial)
  return word.charAt(0).toLowerCase() + word.slice(1)
}
