import { FORM_WORDS, KEY_WORDS } from "../language/Lexicon.ts"
import { wordSet } from "../language/wordSet.ts"
import type { Vocabulary } from "../language/Vocabulary.ts"
import { singular } from "../language/Words.ts"

/** A column's name taken apart, without its table's prefix. */
export interface ColumnWords {
  /** All words, singular, joined by `_`: two columns are called the same where these are equal. */
  readonly name: string
  /** All words, singular. */
  readonly all: ReadonlyArray<string>
  /** What is left without the key words at its end, or an id before it: `["ship", "address"]` of `ship_address_id`. */
  readonly stem: ReadonlyArray<string>
  /** The key words at its end (or the id before it): `id` of `ship_address_id`, "" where there are none. */
  readonly suffix: string
  /** Whether that is an id before it: `id_cliente`. A role follows the thing then, as in Romance languages. */
  readonly isLeading: boolean
  /** The number at its end: 1 of `parcel1`. */
  readonly number: number | null
  /** Whether the last word of the stem is a plural: `targets`. */
  readonly plural: boolean
}

/** Says that what follows refers to something, at the beginning of a name (`fk_customer`, `id_cliente`, `codigo_jefe`). */
const LEADING = wordSet("id fk ref codigo código cod nro numero número code num clave")

/** Key words that may stand before a role as well as at the end: `team_id_loser`. Others are ordinary words there. */
const BEFORE_ROLE = new Set(["id", "key", "code", "sk", "fk", "uuid", "guid"])

/** Key words that name a table if another key word follows. */
const NAMING_KEYS = wordSet("code number key ref")

/** Letters that number columns, as digits do. */
const LETTERS = ["a", "b", "c", "d"]

/** Takes a column's name (its table's prefix removed) apart. */
export const columnWords = (vocabulary: Vocabulary, name: string): ColumnWords => {
  const tokens = vocabulary.tokens(name)
  const last = tokens.at(-1)
  const numbered = tokens.length > 1 && last !== undefined && /^\d{1,2}$/.test(last)
  const all = roleFirst(tokens.map(singular))
  const unnumbered = numbered ? all.slice(0, -1) : all
  // A letter behind a key word numbers, or tells a type: `id_a`.
  const behindKey = LETTERS.includes(unnumbered.at(-1) ?? "") && KEY_WORDS.has(unnumbered.at(-2) ?? "")
  const bare = behindKey ? unnumbered.slice(0, -1) : unnumbered
  let end = bare.length
  while (end > 0 && KEY_WORDS.has(bare[end - 1] ?? "")) end--
  // `code_id` is the id of a table `code`.
  if (end === 0 && bare.length > 1 && NAMING_KEYS.has(bare[0] ?? "")) end = 1
  const suffix = bare.slice(end)
  // A letter that numbers columns: `person_a`, `term_b_id`.
  const letter = end > 1 ? LETTERS.indexOf(bare[end - 1] ?? "") : -1
  if (letter >= 0) end--
  const leading = end > 1 && suffix.length === 0 && LEADING.has(bare[0] ?? "")
  return {
    name: all.join("_"),
    all,
    stem: leading ? bare.slice(1, end) : bare.slice(0, end),
    suffix: leading ? (bare[0] ?? "") : suffix.join("_"),
    isLeading: leading,
    number: numbered ? Number(last) : letter >= 0 ? letter + 1 : null,
    plural: suffix.length === 0 && end > 0 && tokens[end - 1] !== all[end - 1]
  }
}

/** The words in the order in which most schemas write them: a role behind the key word goes to the front. */
const roleFirst = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const at = words.findLastIndex((word, i) => i > 0 && BEFORE_ROLE.has(word))
  const role = words.slice(at + 1)
  const plain = role.length > 0 && role.every((word) => /^\p{L}{2,}$/u.test(word) && !KEY_WORDS.has(word))
  return at > 0 && plain ? [...role, ...words.slice(0, at + 1)] : words
}

/** The words of a table's name, singular, without those in front that say nothing (`tbl_`; `empty`, see `Naming.emptyPrefixes`). */
export const tableWords = (vocabulary: Vocabulary, name: string, empty: ReadonlySet<string>): ReadonlyArray<string> => {
  const tokens = vocabulary.tokens(name)
  const start = tokens.findIndex(
    (word, i) => i === tokens.length - 1 || !empty.has(word) || !/\p{L}/u.test(tokens[i + 1] ?? "")
  )
  return tokens.slice(Math.max(0, start)).map(singular)
}

/** A table's words without those at the end that say in what form it holds things, and not what: `invoice` of `invoice_header_data`. */
export const withoutForm = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = words.findLastIndex((word) => !FORM_WORDS.has(word))
  return words.slice(0, Math.max(0, end) + 1)
}

/** Whether two lists of words are the same. */
export const sameWords = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length && a.every((word, i) => word === b[i])

/** Whether `words` ends in `tail`, and is longer. */
export const endsIn = (words: ReadonlyArray<string>, tail: ReadonlyArray<string>): boolean =>
  tail.length > 0 && words.length > tail.length && sameWords(words.slice(-tail.length), tail)

/** Whether `words` begins with `head`, and is longer. */
export const beginsWith = (words: ReadonlyArray<string>, head: ReadonlyArray<string>): boolean =>
  head.length > 0 && words.length > head.length && sameWords(words.slice(0, head.length), head)

/** Shortest abbreviation that means anything. */
const SHORTEST_ABBREVIATION = 3

/** Whether two words have the same digits: a number is never short for another one (`10` for `101`). */
const sameDigits = (a: string, b: string): boolean => a.replaceAll(/\D/g, "") === b.replaceAll(/\D/g, "")

/**
 * Whether `short` abbreviates `long`: its beginning (`cust`, `emp`), or its first letter and consonants in order (`dept`, `qty`). Digits
 * are not left out.
 */
export const abbreviates = (short: string, long: string): boolean => {
  if (short.length < SHORTEST_ABBREVIATION || long.length <= short.length || short[0] !== long[0]) return false
  if (!sameDigits(short, long)) return false
  if (long.startsWith(short)) return true
  if (/[aeiou]/.test(short.slice(1)) && !/^[^aeiou]e[^aeiou]+$/.test(short)) return false
  let at = 0
  for (const letter of long) if (letter === short[at]) at++
  return at === short.length
}

/** Letters that two forms of a word have in common at least, and that either has behind them at most. */
const SHORTEST_ROOT = 6
const LONGEST_ENDING = 2

/** Whether two words may be forms of one, whatever the language: `doktor` and `doktorzy`. Often they are not, so that more has to say so. */
export const isInflected = (a: string, b: string): boolean => {
  let root = 0
  while (root < a.length && a[root] === b[root]) root++
  return root >= SHORTEST_ROOT && Math.max(a.length, b.length) - root <= LONGEST_ENDING
}

/** The first letters of several words: `uom` of `["unit", "of", "measure"]`; "" of one. */
export const initialsOf = (words: ReadonlyArray<string>): string =>
  words.length > 1 ? words.map((each) => each[0] ?? "").join("") : ""

/** Whether a word is the initials of others. */
export const isAcronym = (word: string, words: ReadonlyArray<string>): boolean =>
  word !== "" && word === initialsOf(words)

/** How many letters of the last word a folded abbreviation of several words must show. */
const SHORTEST_END = 3

/** Whether `short` is the beginnings of all these words written together: `sorder` of `["sales", "order"]`. */
export const foldsInto = (short: string, words: ReadonlyArray<string>): boolean => {
  const [word, ...rest] = words
  if (word === undefined) return false
  if (rest.length === 0) return short.length >= SHORTEST_END && word.startsWith(short) && sameDigits(short, word)
  for (let taken = Math.min(word.length, short.length - SHORTEST_END); taken > 0; taken--) {
    if (word.startsWith(short.slice(0, taken)) && foldsInto(short.slice(taken), rest)) return true
  }
  return false
}

/** Letters from which several words may be the beginning of one that was not cut: `tax auth` of `taxauthority`. */
const SHORTEST_BEGINNING = 6

/** Whether several words are the beginning of one on the other side. */
const beginsFolded = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean => {
  const [several, one] = a.length > b.length ? [a, b] : [b, a]
  const short = several.join("")
  const whole = one[0] ?? ""
  return one.length === 1 && short.length >= SHORTEST_BEGINNING && whole.startsWith(short) && sameDigits(short, whole)
}

/** Whether the words are the same, some of them abbreviated on either side (one at least). */
export const abbreviated = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length ? abbreviatedEach(a, b) : beginsFolded(a, b) || hasInitials(a, b) || hasInitials(b, a)

/** Whether words are others of which several are cut down to their initials: `uom category` of `unit of measure category`. */
const hasInitials = (short: ReadonlyArray<string>, long: ReadonlyArray<string>): boolean => {
  const [word, ...rest] = short
  if (word === undefined || rest.length === 0 || short.length >= long.length) return false
  if (isAcronym(word, long.slice(0, word.length))) return abbreviatedRest(rest, long.slice(word.length))
  return saysWord(word, long[0] ?? "") && hasInitials(rest, long.slice(1))
}

/** Whether what is left is the same, abbreviated or not, or cut down to initials again. */
const abbreviatedRest = (short: ReadonlyArray<string>, long: ReadonlyArray<string>): boolean =>
  (short.length === long.length && short.every((word, i) => saysWord(word, long[i] ?? ""))) || hasInitials(short, long)

/** Whether two words are the same, or one abbreviates the other. */
const saysWord = (word: string, other: string): boolean =>
  word === other || abbreviates(word, other) || abbreviates(other, word)

const abbreviatedEach = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  !sameWords(a, b) && a.every((word, i) => saysWord(word, b[i] ?? ""))
