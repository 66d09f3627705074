import {
  ENDS_OF_PAIRS,
  EXTERNAL_WORDS,
  FORERUNNER_WORDS,
  FORM_WORDS,
  LEADER_WORDS,
  LEXICON,
  PARENT_WORDS
} from "../../language/Lexicon.ts"
import { abbreviated, beginsWith, endsIn, foldsInto, isAcronym, sameWords } from "../../schema/ColumnWords.ts"
import type { TargetKey } from "../../schema/Keys.ts"
import type { SchemaModel } from "../../schema/SchemaModel.ts"
import { acts, isOfFirms, isOfPeople, knowsPerson, saysFirm, saysPerson } from "../../schema/People.ts"
import { type ColumnModel, isUnique, type TableModel } from "../../schema/TableModel.ts"
import { family, type Line, line, TRIAL } from "./Signal.ts"

/** The ways in which a column's name can name a table or its key; those that name a table in full weigh most. */
export const PATTERNS = family("pattern", {
  parent: [6, "a word for a parent: it points to another row of its own table", TRIAL],
  "key name": [5.2, "the name of the target itself, which is a key", TRIAL],
  table: [5, "the name of the target's table", TRIAL],
  "context and table": [4.6, "with its own table's name in front, the name of the target's table", TRIAL],
  "role and key name": [4.4, "a role, and the name of the target", TRIAL],
  "end of table": [4.2, "the end of the name of the target's table", TRIAL],
  "table but for its form": [4.2, "the name of the target's table without words as list, tree or entry at its end"],
  numbered: [4.2, "its number is the place of the target's table in its own table's name"],
  pair: [3.6, "one end of a pair, in a table that is named as pairs of the target's rows"],
  firm: [3.6, "it says what a firm is to another, and the rows of the target's table are firms"],
  person: [3.6, "it says that it is somebody, and the rows of the target's table are people"],
  agent: [3, "a word ends as those for somebody who does something, and the rows of the target's table are people"],
  "role and table": [3.6, "a role, and the name of the target's table", TRIAL],
  compound: [3.2, "a word of one piece that ends in the name of the target's table"],
  "beginning of table": [3.6, "the beginning of the name of the target's table, and of no other"],
  acronym: [3.6, "the initials of the words of the target's table's name"],
  extension: [3, "its table is named as a part, or a kind, of the target's table"],
  "perhaps parent": [3, "a word for a parent, and then one that does not say its own table"],
  "role and end of table": [3, "a role, and the end of the name of the target's table"],
  overlap: [2.6, "it shares words with the name of the target's table", TRIAL],
  stem: [2.2, "the same words as the target, but for key words", TRIAL]
})

/** @see PATTERNS */
export type NamePattern = keyof typeof PATTERNS

/** What makes a pattern weigh less. */
export const QUALIFIERS = family("pattern-is", {
  abbreviated: [-0.8, "the pattern fits only if abbreviations are expanded"],
  vague: [-1, "other tables' names end in the same word: for each e-fold of their number"],
  "several words": [0.8, "the name says several words of the target's table: for each further one, up to two"],
  "kind of another": [-2, "the name says kind or status, and the target's table is of those of another table"]
})

/** A pattern that fits. */
export interface Fit {
  readonly pattern: NamePattern
  readonly abbreviated: boolean
  /** The line of the pattern and those that qualify it. */
  readonly lines: ReadonlyArray<Line>
}

/** A pattern that fits, perhaps only with abbreviations expanded; `further` is what else makes it weigh more or less. */
const fitOf = (pattern: NamePattern, why: string, short = false, ...further: ReadonlyArray<Line>): Fit => ({
  pattern,
  abbreviated: short,
  lines: [
    line(PATTERNS[pattern], why),
    ...(short ? [qualifying(line(QUALIFIERS.abbreviated))] : []),
    ...further.filter(({ points }) => points !== 0).map(qualifying)
  ]
})

/** What it says that a name has so many words of a table's: each makes it less likely that they are there by chance. */
const wordy = (said: number): Line => line(QUALIFIERS["several words"], "", Math.max(0, Math.min(2, said - 1)))

const qualifying = (qualifier: Line): Line => ({ ...qualifier, qualifies: true })

/** What a column that refers to another row of its own table is called. */
const UPWARDS = new Set([...PARENT_WORDS, ...FORERUNNER_WORDS, ...LEADER_WORDS])

/** Last words of tables of kinds and states. A column with such a name alone means the kinds of its own table's rows. */
const KIND_WORDS = new Set("type kind status state category".split(" "))

/** What may stand beside such a word without meaning something else. */
const FILLERS = new Set(["to", "of", "by", "in", "from", "with", "the", "direct"])

/** The ways in which a column names its own table. */
export const selfFits = (model: SchemaModel, from: ColumnModel, to: ColumnModel): ReadonlyArray<Fit> => {
  const words = from.words.stem
  const table = to.table.words
  const found = words.find((word) => UPWARDS.has(word))
  const named = endsIn(words, table) || (to.words.stem.length > 0 && endsIn(from.words.all, to.words.all))
  const fits: Array<Fit> = []
  const plain = words.every(
    (word) => UPWARDS.has(word) || FILLERS.has(word) || table.includes(word) || sameWords([word], to.words.stem)
  )
  if (acts(from) && isOfPeople(to.table)) {
    fits.push(fitOf("person", `its name says that it is somebody, and the rows of ${to.table.table} are people`))
  }
  if (found !== undefined && plain && !sameWords(words, table) && (!LEADER_WORDS.has(found) || isOfPeople(to.table))) {
    fits.push(fitOf("parent", `"${found}" says that it points to another row of the same table`))
  } else if (words.length > 1 && UPWARDS.has(words[0] ?? "") && !LEADER_WORDS.has(words[0] ?? "")) {
    fits.push(fitOf("perhaps parent", `"${words[0]}" may say that it points to another row of the same table`))
  }
  if (named) fits.push(fitOf("role and key name", "its name is a role and then its own table's name"))
  else if (endsIn(words, table.slice(-1)) && table.length > 1) {
    // If another table's name ends so, and it holds anything, the role may be one of its rows as well.
    const others = model.ending(table.at(-1) ?? "").filter((other) => other !== to.table && other.rows > 0)
    const pattern = others.length === 0 ? "end of table" : "role and end of table"
    fits.push(fitOf(pattern, "its name is a role and the end of its own table's name"))
  } else if (sameWords(words, table) && !sameWords(words, to.words.stem) && !isUnique(from)) {
    fits.push(fitOf("role and table", "it is called as its own table, and is not what tells its rows apart"))
  }
  return fits
}

/** The ways in which a column names another table, or its key. */
export const allFits = (model: SchemaModel, from: ColumnModel, key: TargetKey): ReadonlyArray<Fit> => {
  const { all, name } = from.words
  const stem = withoutPreposition(from.words.stem)
  const to = key.column
  const table = to.table.words
  const title = to.table.table
  const fits: Array<Fit> = []
  const add = (...fit: Parameters<typeof fitOf>) => fits.push(fitOf(...fit))
  if (isExternal(from, to)) return fits
  if (stem.length === 0) {
    if (isExtension(from, to)) add("extension", `${from.table.table} is named as a part of ${title}`)
    return fits
  }
  if (name === to.words.name && to.words.stem.length > 0) {
    const named = key.isKey || sameWords(stem, table) || (to.words.suffix !== "" && key.kind !== "data")
    add(named ? "key name" : "stem", `it is called ${from.name}, as the key of ${title}`)
  } else if (to.words.stem.length > 0 && to.words.suffix !== "" && endsIn(all, to.words.all)) {
    add("role and key name", `its name ends in ${to.name}, the key of ${title}`)
  } else if (isRoleBehind(from, to)) {
    add("role and key name", `its name is ${to.name}, the key of ${title}, and then a role`)
  } else if (to.words.suffix !== "" && from.words.suffix === to.words.suffix) {
    if (abbreviated(stem, to.words.stem)) add("key name", `its name abbreviates ${to.name}`, true)
    else if (to.words.stem.length > 0 && endsAbbreviated(stem, to.words.stem)) {
      add("role and key name", `its name is a role and then, abbreviated, ${to.name}`, true)
    }
  }
  const prefix = to.table.prefix
  if (from.words.suffix !== "" && !sameWords(prefix, from.table.prefix)) {
    if (sameWords(stem, prefix)) add("key name", `it begins as the columns of ${title} do`)
    else if (endsIn(stem, prefix))
      add("role and key name", `its name is a role, and then as the columns of ${title} begin`)
  }
  const said = contextOf(from.table, stem, table, sameWords)
  const shortly = said > 0 ? 0 : contextOf(from.table, stem, table, abbreviated)
  if (sameWords(stem, table)) add("table", `its name says ${title}`, false, wordy(table.length))
  else if (saysTableAndKey(from, key)) add("table", `its name says ${title} and ${to.name}`, false, wordy(table.length))
  else if (abbreviated(stem, table)) add("table", `its name abbreviates ${title}`, true)
  else if (said > 0) {
    const reason = `its table's name and its own together say ${title}`
    add(said === stem.length ? "context and table" : "end of table", reason, false, wordy(said))
  } else if (isRearranged([...from.table.words, ...stem], table)) {
    add("context and table", `its table's name and its own together have the words of ${title}`)
  } else if (shortly > 0) {
    const reason = `its table's name and its own, abbreviated, together say ${title}`
    add(shortly === stem.length ? "context and table" : "end of table", reason, true, wordy(shortly))
  } else if (endsIn(table, stem)) {
    const many = line(QUALIFIERS.vague, "", Math.log(model.endings(stem.at(-1) ?? "", table.length)))
    const ofAnother = line(
      QUALIFIERS["kind of another"],
      "",
      stem.length === 1 && KIND_WORDS.has(stem[0] ?? "") ? 1 : 0
    )
    const vague = many.points <= ofAnother.points ? many : ofAnother
    add("end of table", `its name is the end of ${title}`, false, vague, wordy(stem.length))
  } else if (endsIn(stem, table))
    add("role and table", `its name is a role and then ${title}`, false, wordy(table.length))
  else if (from.words.isLeading && beginsWith(stem, table)) {
    add("role and table", `its name is ${title} and then a role`)
  } else if (isRearranged(stem, table)) add("role and table", `its name has the words of ${title}`)
  else if (endsAbbreviated(table, stem)) add("end of table", `its name abbreviates the end of ${title}`, true)
  else if (endsAbbreviated(stem, table))
    add("role and table", `its name is a role and then, abbreviated, ${title}`, true)
  else if (table.length > 1 && foldsInto(stem.at(-1) ?? "", table)) {
    add(stem.length === 1 ? "table" : "role and table", `"${stem.at(-1)}" abbreviates ${title}`, true)
  } else if (stem.length > 1 && table.length > 1 && stem.at(-1) === table.at(-1)) {
    add("role and end of table", `its name is a role and then the end of ${title}`)
  } else if (isCompound(stem.at(-1) ?? "", table)) {
    add("compound", `"${stem.at(-1)}" ends in ${title}`)
  } else if (isForm(stem, table)) add("table but for its form", `${title} holds what its name says`)
  else if (isAcronym(stem.at(-1) ?? "", table)) {
    add(stem.length === 1 ? "acronym" : "role and end of table", `"${stem.at(-1)}" are the initials of ${title}`)
  } else if (isOnlyBeginning(model, stem, to.table) && !(knowsPerson(from) && model.everything.some(isOfPeople))) {
    add("beginning of table", `its name is the beginning of ${title}, and of no other table`)
  } else {
    const shared = overlap(stem, table)
    if (shared > 0) add("overlap", `its name shares words with ${title}`, shared < SOFT)
  }
  if (to.words.stem.length > 0 && name !== to.words.name && sameWords(stem, to.words.stem)) {
    add("stem", `its name and ${to.name} say the same`)
  }
  if (fits.length === 0 && isEnd(from) && isOfPairs(from.table, to.table)) {
    add("pair", `its name is one end of a pair, and ${from.table.table} is named as pairs of ${title}`)
  }
  if (fits.length === 0 && saysFirm(from) && isOfFirms(to.table)) {
    add("firm", `its name says what a firm is to another, and the rows of ${title} are firms`)
  }
  if (fits.length === 0 && saysPerson(from) && isOfPeople(to.table)) {
    const pattern = knowsPerson(from) ? "person" : "agent"
    add(pattern, `its name says that it is somebody, and the rows of ${title} are people`)
  }
  if (isNumbered(from, table)) add("numbered", `its number is the place of ${title} in its table's name`)
  return fits
}

/** Whether a column's name is a table's and then its key's, where that ends in no key word: `tag_slug` of `tag.slug`. */
const saysTableAndKey = ({ elements, words: { all } }: ColumnModel, { column: to, isKey, kind }: TargetKey): boolean =>
  (isKey || (kind === "unique" && elements !== undefined)) &&
  to.words.stem.length > 0 &&
  sameWords(all, [...to.table.words, ...to.words.all])

/** Whether a column's name is that of one end of a pair (`subject_id`), and another of its table is as well. */
export const isEnd = (column: ColumnModel): boolean =>
  isCalledEnd(column) && column.table.columns.some((other) => other !== column && isCalledEnd(other))

/** What both ends of a path in a hierarchy are called, in closure tables also without a key word. */
const ENDS_OF_PATHS = new Set(["ancestor", "descendant"])

const isCalledEnd = ({ words: { stem, suffix } }: ColumnModel): boolean => {
  const [word = "", ...more] = stem
  return more.length === 0 && (suffix === "" ? ENDS_OF_PATHS : ENDS_OF_PAIRS).has(word)
}

/** Whether a table is named as pairs of another's rows: `term_relationship` of `term`. No other has a longer part of its name. */
const isOfPairs = ({ words }: TableModel, rows: TableModel): boolean =>
  beginsWith(words, rows.words) && words.length <= rows.words.length + MOST_WORDS_OF_PAIRS

/** Words at the end of such a table's name at most: `_relationship`, `_to_term`. */
const MOST_WORDS_OF_PAIRS = 2

/** Whether a table's bare key may be that of another, which its name has at its beginning or end: `customer_detail`.`id`, `vip_customer`.`id` → `customer`.`id`. */
const isExtension = (from: ColumnModel, to: ColumnModel): boolean =>
  to.words.stem.length === 0 &&
  from.words.name === to.words.name &&
  (beginsWith(from.table.words, to.table.words) || isKindOf(from.table, to.table))

/** Whether a table is named as a kind of another (`vip_customer`), and has no column besides its key that is named after that. */
const isKindOf = (kind: TableModel, { words }: TableModel): boolean =>
  endsIn(kind.words, words) && !kind.columns.some(({ words: { stem } }) => sameWords(stem, words))

/** What may stand behind the word that counts (`ship_via`, `sold_to`). */
const PREPOSITIONS = new Set(["by", "for", "from", "in", "of", "on", "to", "via", "with"])

export const withoutPreposition = (stem: ReadonlyArray<string>): ReadonlyArray<string> =>
  stem.length > 1 && PREPOSITIONS.has(stem.at(-1) ?? "") ? stem.slice(0, -1) : stem

/** How many words at the end of the column's stem make the target's name with the beginning of its table's (`order_line`.`kind_id` → `order_line_kind`). */
const contextOf = (
  from: TableModel,
  stem: ReadonlyArray<string>,
  table: ReadonlyArray<string>,
  says: typeof sameWords
): number => {
  for (let said = Math.min(stem.length, table.length - 1); said > 0; said--) {
    const head = table.length - said
    const tail = says(table.slice(head), stem.slice(-said))
    if (tail && sameWords(from.words.slice(0, head), table.slice(0, head))) return said
  }
  return 0
}

/** Whether a column holds ids of another system, by its name, and the table is not called so: `ext_id` is no id of an extension. */
export const isExternal = ({ words: { stem, suffix } }: ColumnModel, { table: { words } }: ColumnModel): boolean =>
  suffix !== "" && stem.length === 1 && EXTERNAL_WORDS.has(stem[0] ?? "") && !words.includes(stem[0] ?? "")

/** Whether a column is called as a key that begins with a key word, and then has a role: `idestado` of `idestado_previo`; "fk" is in front of a reference. */
const isRoleBehind = ({ words: { all, isLeading } }: ColumnModel, { words: to }: ColumnModel): boolean =>
  isLeading && to.isLeading && to.suffix !== "fk" && beginsWith(all, to.all)

/** Minimum letters of a table's name at the end of a longer word, and of the part before it. Set by hand. */
export const SHORTEST_TAIL = 5
const SHORTEST_HEAD = 4

/** Whether a word is of one piece, and a table is called as its end: `rechnungsadresse` of `adresse`. */
export const isCompound = (word: string, table: ReadonlyArray<string>): boolean => {
  const [tail] = table
  return (
    table.length === 1 &&
    tail !== undefined &&
    tail.length >= SHORTEST_TAIL &&
    word.length >= tail.length + SHORTEST_HEAD &&
    word.endsWith(tail) &&
    !LEXICON.has(word)
  )
}

/** Whether a table's name is another with only words for a form behind it: `permission_list` of `["permission"]`. */
const isForm = (stem: ReadonlyArray<string>, table: ReadonlyArray<string>): boolean =>
  beginsWith(table, stem) && table.slice(stem.length).every((word) => FORM_WORDS.has(word))

/** Whether a table's name begins with these words, and no other table's does. */
const isOnlyBeginning = (model: SchemaModel, stem: ReadonlyArray<string>, table: TableModel): boolean =>
  beginsWith(table.words, stem) &&
  table.words.length === stem.length + 1 &&
  model.beginning(stem[0] ?? "").every(({ words }) => words === table.words || !beginsWith(words, stem))

/** Whether two names have the same words in another order. */
const isRearranged = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length &&
  a.every((word) => b.includes(word)) &&
  !sameWords(a, b) &&
  sameWords(a.toSorted(), b.toSorted())

/** Whether words end in an abbreviation of a table's name. */
export const endsAbbreviated = (stem: ReadonlyArray<string>, table: ReadonlyArray<string>): boolean =>
  stem.length > table.length && abbreviated(stem.slice(-table.length), table)

/** From this share of common words two names overlap well. */
const SOFT = 0.6

/** The share of words that two names have in common, where the last of either is among them. */
const overlap = (stem: ReadonlyArray<string>, table: ReadonlyArray<string>): number => {
  const common = stem.filter((word) => table.includes(word))
  const last = stem.at(-1) ?? ""
  if (common.length === 0 || !(common.includes(last) || common.includes(table.at(-1) ?? ""))) return 0
  return (2 * common.length) / (stem.length + table.length)
}

/** Whether the column's number picks the target's name out of its own table's (`link_order_parcel`.`end1` → `parcel`). */
const isNumbered = (from: ColumnModel, table: ReadonlyArray<string>): boolean => {
  const { number, name, stem } = from.words
  if (number === null || table.length === 0) return false
  const siblings = from.table.columns.filter(
    (column) => column.words.number !== null && sameWords(column.words.stem, stem) && column.words.name !== name
  )
  if (siblings.length === 0) return false
  const place = siblings.filter((column) => (column.words.number ?? 0) < number).length
  const words = from.table.words
  const whole = words.length - table.length
  for (let at = 0; at <= whole; at++) {
    if (!sameWords(words.slice(at, at + table.length), table)) continue
    // The first of two stands before the middle of the name, the last at its end.
    const first = at + table.length < words.length
    if (place === 0 ? first : !first) return true
  }
  return false
}
