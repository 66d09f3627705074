import { memoised } from "./memoised.ts"
import { flatMapInSteps, indexInSteps, mapInSteps, type Steps } from "../steps/Steps.ts"
import * as Abbreviations from "./Abbreviations.ts"
import { KEY_WORDS, LEXICON } from "./Lexicon.ts"
import { columnPrefix, foldedPrefix, Vocabulary } from "./Vocabulary.ts"
import { singular, titleCase, written } from "./Words.ts"
import { wordSet } from "./wordSet.ts"

/** A table's names as the database spells them. */
export interface NamedTable {
  readonly table: string
  readonly columns: ReadonlyArray<string>
}

/** What people call the things of one schema. Deterministic, and the same whatever the order of the tables. */
export interface Naming {
  /** What one row of a table is called: `tbl_inv_lines` → "Invoice Line". Never empty. */
  readonly table: (table: string) => string
  /** The words of that name, lower case, singular: `["invoice", "line"]`. Empty for a name without letters or digits. */
  readonly words: (table: string) => ReadonlyArray<string>
  /** Other ways to say the name, Title Case, in their order: as the abbreviations have it, with the prefix. */
  readonly aliases: (table: string) => ReadonlyArray<string>
  /** A column's name for people, lower case but for acronyms: `unit_prc` → "unit price". Never empty. */
  readonly column: (table: string, column: string) => string
  /** The words of a column's name without what only says that it is a key: `ship_addr_id` → `["ship", "address"]`. */
  readonly columnWords: (table: string, column: string) => ReadonlyArray<string>
  /** What a column's name ends in that says it is a key: "id" of `customer_id`, "no" of `dept_no`; "" where nothing does. */
  readonly keyWord: (table: string, column: string) => string
  /**
   * What `target` is to a row of `table` whose `column` refers to it: `shipping_address_id` → "shipping", `reports_to` → "reports to";
   * "" where the column only says which one.
   */
  readonly role: (table: string, column: string, target: string) => string
}

/** Say "this is a table", not what is in it. */
const TABLE_WORDS = new Set("t tb tbl tab tabl vw mv lkp tlkp lu lut qry".split(" "))
/** The same at the end. */
const TABLE_ENDINGS = new Set("tb tbl tabl vw mst mstr".split(" "))
/** The same of a data warehouse, at either end, where several tables have them. */
const WAREHOUSE_WORDS = new Set("dim fact fct".split(" "))
/** Share of all tables, and fewest tables, that a common prefix must have to say nothing. */
const PREFIX_SHARE = 0.8
const FEWEST_PREFIXED = 5
/** Share of the tables, from 0 to 1, that must begin with a prefix if columns begin with it, too. Set by hand. */
const ALL_BUT_A_FEW = 0.95
/** What a program calls a part of itself in front of its tables (`dcim_rack`, `acc_gl_account`) has so many letters at most. */
const LONGEST_MODULE = 4
/** Tables that begin with a module's name: more of them if it is as long as many words are. */
const fewestInModule = (word: string) => (word.length < LONGEST_MODULE ? 2 : 3)
/** Short words that are no module's name. */
const SHORT_WORDS = wordSet(`
  bed bid bus car cup day dog ink jar key law map oil pet row sea tax toy van way
  bill bond bulk cage camp care cell chat clan coin cook core crew crop deal debt dish dock door drug duty fare farm fish food fuel fund
  gate gear gift goal hall herd idea iron lake lamp land lane lead leaf lens life line load loan lock meal milk mine mint mode moon nest
  note oven pack pain pair peak pets pipe plot poem poll pool port pump race rack rail rank rent ride ring risk road role roof room root
  rose seal seed shoe shot sign silk skin slot snow soil song soup spot star stem suit tank tape tour toys tram tree trip tube turn type
  user vote wall ward wave wife wind wine wing wire wish wood yard
  big new old raw top hot low red max all any demo main test temp next last free full high long open good back base
`)
/** Words in front of others that keep their plural: "Sales Order". */
const PLURAL_MODIFIERS = new Set("sales goods savings customs sports news".split(" "))

/** Whether a name is a code, as of old systems (`kna1`, `t001w`): letters that are and stand for no word, and digits. */
const isCode = (name: string, [first]: ReadonlyArray<string>): boolean => {
  const letters = /^([a-z]{1,4})\d{1,4}[a-z]{0,2}$/i.exec(name)?.[1]?.toLowerCase()
  return letters !== undefined && letters === first && !LEXICON.has(letters) && !SHORT_WORDS.has(letters)
}

const withoutRepetition = (words: ReadonlyArray<string>) =>
  words.filter((word, i) => i === 0 || singular(word) !== singular(words[i - 1] ?? ""))

/** What a column's name says: its words, and the key words that they end in; a number after those is one of its words (`item_id_2`). */
const parted = (words: ReadonlyArray<string>): { readonly said: ReadonlyArray<string>; readonly key: string } => {
  const after = words.findLastIndex((word) => !/^\d+$/.test(word)) + 1
  let end = after
  while (end > 0 && KEY_WORDS.has(words[end - 1] ?? "")) end--
  return { said: [...words.slice(0, end), ...words.slice(after)], key: words.slice(end, after).join("_") }
}

/** Where the longest run of words that both have begins in `words`, the last such, and how long it is. */
const commonRun = (words: ReadonlyArray<string>, others: ReadonlyArray<string>) => {
  let best = { at: 0, length: 0 }
  for (let i = 0; i < words.length; i++) {
    for (let j = 0; j < others.length; j++) {
      let length = 0
      while (i + length < words.length && words[i + length] === others[j + length]) length++
      if (length > 0 && length >= best.length) best = { at: i, length }
    }
  }
  return best
}

/** Learns a schema's words, abbreviations and prefixes from the names of all its tables and columns; `known` is their vocabulary, if there is one. */
export function* make(tables: ReadonlyArray<NamedTable>, known?: Vocabulary): Steps<Naming> {
  const vocabulary = known ?? (yield* Vocabulary.make(tables.flatMap(({ table, columns }) => [table, ...columns])))
  const prefixes = yield* indexInSteps(tables, ({ table, columns }) => [table, columnPrefix(columns)])
  const plainColumn = memoised2((table, column) => {
    const prefix = prefixes.get(table) ?? ""
    return vocabulary.tokens(prefix !== "" && column.startsWith(prefix) ? column.slice(prefix.length) : column)
  })
  const everywhere = foldedPrefix(tables.map(({ table }) => table))
  const tokens = (table: string) =>
    vocabulary.tokens(table.startsWith(everywhere) ? table.slice(everywhere.length) : table)
  const split = yield* mapInSteps(tables, ({ table }) => tokens(table))
  const columns = yield* flatMapInSteps(tables, ({ table, columns }) =>
    columns.map((column) => plainColumn(table, column))
  )
  const abbreviations = yield* Abbreviations.make({ tables: split, columns })
  const saysNothing = yield* emptyPrefixes(split, columns)
  const endings = new Set([
    ...TABLE_ENDINGS,
    ...severally(
      split.map((words) => words.at(-1)),
      WAREHOUSE_WORDS
    )
  ])
  const whole = new Set(yield* mapInSteps(split, (words) => words.map(singular).join(" ")))

  const plain = (table: string, empty = saysNothing): ReadonlyArray<string> => {
    let words = tokens(table)
    const isEmpty = ([first = "", next = ""]: ReadonlyArray<string>) =>
      // What is left must still be a word (T001 is T001), and no other table.
      empty.has(first) && /\p{L}/u.test(next) && (TABLE_WORDS.has(first) || !isAnother(words.slice(1)))
    const isAnother = (rest: ReadonlyArray<string>) => whole.has(withoutRepetition(rest.map(singular)).join(" "))
    while (words.length > 1 && isEmpty(words)) words = words.slice(1)
    while (words.length > 1 && endings.has(words.at(-1) ?? "")) words = words.slice(0, -1)
    return withoutRepetition(words)
  }
  const nameWords = (words: ReadonlyArray<string>): ReadonlyArray<string> =>
    words
      .flatMap((word) => abbreviations.expand(word).split(" "))
      .map((word, i, all) => (i < all.length - 1 && PLURAL_MODIFIERS.has(word) ? word : singular(word)))
  const title = titleCase
  const words = memoised((table: string) => withoutRepetition(nameWords(plain(table))))
  const name = memoised((table: string) =>
    isCode(table, words(table)) ? table.toUpperCase() : title(words(table)) || table.trim() || "Table"
  )

  const roleWords = (table: string, column: string) =>
    parted(plainColumn(table, column)).said.flatMap((word) => abbreviations.expand(word).split(" "))
  const columnWords = memoised2((table, column) => roleWords(table, column).map(singular))

  /** `id_student` is called as `student_id` is, where there are students. */
  const keyLast = ([first = "", ...rest]: ReadonlyArray<string>) =>
    first === "id" && whole.has(rest.map(singular).join(" ")) ? [...rest.map(singular), first] : [first, ...rest]

  return {
    table: name,
    words,
    aliases: memoised((table) => {
      const said = (words: ReadonlyArray<string>) => title([...words.slice(0, -1), ...words.slice(-1).map(singular)])
      const own = name(table)
      return [...new Set([said(plain(table)), said(withoutRepetition(nameWords(plain(table, TABLE_WORDS))))])].filter(
        (alias) => alias !== own && alias !== ""
      )
    }),
    column: (table, column) => {
      const words = keyLast(plainColumn(table, column)).flatMap((word, i, all) =>
        word === "no" && i > 0 && i === all.length - 1 ? ["number"] : abbreviations.expand(word).split(" ")
      )
      return words.map(written).join(" ") || column
    },
    columnWords,
    keyWord: (table, column) => parted(plainColumn(table, column)).key,
    role: (table, column, target) => {
      const own = words(table)
      const said = columnWords(table, column)
      const skip = said.length > own.length && own.every((word, i) => said[i] === word) ? own.length : 0
      const { at, length } = commonRun(said.slice(skip), words(target))
      return roleWords(table, column)
        .slice(skip)
        .filter((_, i) => i < at || i >= at + length)
        .join(" ")
    }
  }
}

/** Those of `words` that stand there several times. */
const severally = (standing: ReadonlyArray<string | undefined>, words: ReadonlySet<string>) =>
  [...words].filter((word) => standing.filter((each) => each === word).length > 1)

/**
 * First words that say nothing about a table: those of every schema, and of this one those that nearly all tables share, and single
 * letters that several do.
 */
export function* emptyPrefixes(
  tables: ReadonlyArray<ReadonlyArray<string>>,
  columns: ReadonlyArray<ReadonlyArray<string>>
): Steps<ReadonlySet<string>> {
  const counts = new Map<string, number>()
  // Different spellings of one name count once.
  const apart = new Map(tables.map((words) => [words.join(" "), words])).values()
  for (const [first] of apart) if (first !== undefined) counts.set(first, (counts.get(first) ?? 0) + 1)
  // What has a table or a key of its own is a thing, however many tables begin with it.
  const things = new Set([
    ...tables.flatMap((words) => (words.length === 1 ? words.map(singular) : [])),
    ...(yield* flatMapInSteps(columns, (words) => (words.length > 1 ? parted(words).said.slice(0, 1) : [])))
  ])
  const letters = [...counts].reduce((sum, [word, count]) => sum + (/^\p{L}$/u.test(word) ? count : 0), 0)
  const shared = [...counts].filter(([word, count]) => {
    if (/^\p{L}$/u.test(word)) return letters > 1
    // A short prefix that is no word and begins nearly all tables distinguishes none of them, whatever columns are called.
    const isShort = word.length < LONGEST_MODULE && !LEXICON.has(word) && !SHORT_WORDS.has(word)
    if (isShort && count >= FEWEST_PREFIXED && count >= ALL_BUT_A_FEW * tables.length) return true
    if (things.has(singular(word))) return false
    if (count >= FEWEST_PREFIXED && count >= PREFIX_SHARE * tables.length) return true
    // A module's name: short, no word, and nothing of its own.
    return (
      count >= fewestInModule(word) &&
      word.length <= LONGEST_MODULE &&
      /^\p{L}+$/u.test(word) &&
      !LEXICON.has(singular(word)) &&
      !SHORT_WORDS.has(singular(word))
    )
  })
  const warehouse = severally(
    tables.map(([first]) => first),
    WAREHOUSE_WORDS
  )
  return new Set([...TABLE_WORDS, ...warehouse, ...shared.map(([word]) => word)])
}

const memoised2 = <A>(of: (first: string, second: string) => A): ((first: string, second: string) => A) => {
  const made = memoised((first: string) => memoised((second: string) => of(first, second)))
  return (first, second) => made(first)(second)
}
