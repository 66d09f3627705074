import {
  ACCOUNT_TRAITS,
  ACTOR_WORDS,
  FORERUNNER_WORDS,
  LEADER_WORDS,
  PARENT_WORDS,
  PERSON_TRAITS,
  PERSON_WORDS
} from "../language/Lexicon.ts"
import { memoisedWeakly } from "../language/memoised.ts"
import { abbreviated, endsIn, foldsInto, sameWords } from "../schema/ColumnWords.ts"
import type { SchemaModel } from "../schema/SchemaModel.ts"
import { type ColumnModel, isUnique, type TableModel } from "../schema/TableModel.ts"
import type { TargetKey } from "../schema/Keys.ts"
import type { Line } from "./Scorecard.ts"

/** The ways in which a column's name can name a table or its key. */
export type NamePattern =
  | "key name"
  | "table"
  | "context and table"
  | "role and key name"
  | "end of table"
  | "extension"
  | "role and table"
  | "role and end of table"
  | "numbered"
  | "stem"
  | "overlap"
  | "parent"
  | "person"

/** What names say about a candidate. */
export interface NameMatch {
  /** The pattern that fits best; null where nothing fits. */
  readonly pattern: NamePattern | null
  /** Whether the name alone makes a candidate, whatever the values say. */
  readonly strong: boolean
  readonly lines: ReadonlyArray<Line>
}

/** Weight of each pattern, in log odds; patterns that name a table in full weigh most. The constants below are log odds as well. */
const POINTS: Record<NamePattern, number> = {
  parent: 6,
  "key name": 5.2,
  table: 5,
  "context and table": 4.6,
  "role and key name": 4.4,
  "end of table": 4.2,
  extension: 3,
  numbered: 4.2,
  person: 3.6,
  "role and table": 3.6,
  "role and end of table": 3,
  overlap: 2.6,
  stem: 2.2
}
/** For each further pattern that fits. */
const FURTHER = 0.6
/** Added to a pattern that fits only if abbreviations are expanded. */
const ABBREVIATED = -0.8
/** Subtracted per e-fold of the number of tables whose names end in the same word. */
const VAGUE = 1
/** Least points of the best pattern for a strong name, which makes a candidate whatever the values are. */
const STRONG = 3.5
/** A self-reference without a pattern; and the same if no names in the schema say anything and many rows refer to one. */
const SILENT_SELF = -3
const SILENT_SELF_IN_SILENCE = -1.5
/** Rows per distinct value, on average, from which many rows refer to one. */
const OFTEN = 2
/** The column has the name of a key that is not named after its own table; less if it is that table's key (a subtype's). */
const NOT_ITS_OWN = -4.5
const HANDED_ON = -2
/** The target has another column of the same name: both may refer to a third table. */
const NAMESAKE = -1.5
/** The same if the name says only the end of the target's: `source_id` beside a `language_source` with a `source_id`. */
const NAMESAKE_OF_TAIL = -6
/** The column names another table in full. */
const ANOTHER_IS_MEANT = -2.5
/** The column names its own table: others refer to it. */
const NAMES_ITS_OWN_TABLE = -3
/** The same if it is its table's key as well. */
const KEY_OF_ITS_OWN_TABLE = -6
/** Both tables have a column of this name and it is the key of neither. */
const SAME_PROPERTY = -2
const OTHER_SCHEMA = -0.6
/** The name says that somebody acted, and the target's rows are accounts; or others are. */
const ACCOUNT = 1.2
const NO_ACCOUNT = -3

/** What a column that refers to another row of its own table is called. */
const UPWARDS = new Set([...PARENT_WORDS, ...FORERUNNER_WORDS, ...LEADER_WORDS])

/** Last words of tables of kinds and states. A column with such a name alone means the kinds of its own table's rows. */
const KIND_WORDS = new Set("type kind status state category".split(" "))
/** Subtracted for a table of kinds of another table. */
const KIND_OF_ANOTHER = 2

/** Patterns that name a target in full: no other table can be meant. */
const FULL = new Set<NamePattern>(["key name", "table", "context and table", "numbered"])

interface Fit {
  readonly pattern: NamePattern
  readonly abbreviated?: boolean
  /** Log odds to subtract because many tables match. */
  readonly vague?: number
  readonly reason: string
}

/** The match without patterns, for schemas whose names say nothing: a pattern that fits there does so by chance. */
export const withoutNames = (from: ColumnModel, { column: to }: TargetKey): NameMatch => {
  const lines: Array<Line> = []
  if (from.table === to.table) {
    const { distinct, nulls } = from.profile
    const often = (distinct ?? 0) * OFTEN <= from.table.rows - nulls
    const points = often ? SILENT_SELF_IN_SILENCE : SILENT_SELF
    lines.push({ points, reason: "it would refer to another row of its own table" })
  }
  if (from.table.schema !== to.table.schema) {
    lines.push({ points: OTHER_SCHEMA, reason: "it is in another schema" })
  }
  return { pattern: null, strong: false, lines }
}

/** What a column's name says about a target; `isOwnKey` is whether the column is its own table's key. */
export const matchNames = (model: SchemaModel, from: ColumnModel, key: TargetKey, isOwnKey: boolean): NameMatch => {
  const to = key.column
  const self = from.table === to.table
  const fits = self ? selfFits(from, to) : allFits(model, from, key)
  const scored = fits
    .map((fit) => ({
      fit,
      points: POINTS[fit.pattern] + (fit.abbreviated === true ? ABBREVIATED : 0) - (fit.vague ?? 0)
    }))
    .sort((a, b) => b.points - a.points)
  const best = scored[0]
  const lines: Array<Line> = []
  if (best !== undefined) {
    lines.push({ points: best.points, reason: best.fit.reason })
    if (scored.length > 1) lines.push({ points: FURTHER * (scored.length - 1), reason: "" })
  } else if (self) {
    lines.push({
      points: SILENT_SELF,
      reason: "nothing in its name says that a row refers to another of the same table"
    })
  }
  const echoes = from.words.name === to.words.name || endsIn(from.words.all, to.words.all)
  if (!self && from.words.stem.length > 0 && echoes && !key.owned) {
    lines.push({
      points: key.handedOn ? HANDED_ON : NOT_ITS_OWN,
      reason: `${to.name} is not ${to.table.table}'s own: it comes from elsewhere`
    })
  }
  if (!self && from.words.name !== to.words.name && from.words.stem.length > 0) {
    const namesake = to.table.columns.find((column) => column.words.name === from.words.name)
    // People have creators as other rows have.
    if (namesake !== undefined && namesake !== to && best?.fit.pattern !== "person") {
      const isTail = best?.fit.pattern === "end of table" && to.table.table !== from.table.table
      lines.push({
        points: isTail ? NAMESAKE_OF_TAIL : NAMESAKE,
        reason: `${to.table.table} has a ${namesake.name} itself`
      })
    }
  }
  if (!self && best?.fit.pattern !== "extension" && namesItsOwnTable(model, from, isOwnKey)) {
    const points = from.words.stem.length > 0 && isOwnKey ? KEY_OF_ITS_OWN_TABLE : NAMES_ITS_OWN_TABLE
    lines.push({ points, reason: `its name says ${from.table.table}, its own table` })
  } else if (!self && best !== undefined) {
    const full = best.fit.abbreviated !== true && FULL.has(best.fit.pattern)
    const meant =
      model.named([...from.table.words, ...from.words.stem]) ?? (full ? undefined : model.named(from.words.stem))
    if (meant !== undefined && meant !== to.table && meant !== from.table) {
      lines.push({ points: ANOTHER_IS_MEANT, reason: `its name says ${meant.table}, another table` })
    }
  }
  if (!self && from.words.name === to.words.name && to.words.suffix === "" && !key.isKey) {
    lines.push({
      points: SAME_PROPERTY,
      reason: `${to.name} is a property of both tables, and the key of neither`
    })
  }
  if (best?.fit.pattern === "person" && acts(from)) lines.push(...ofAccounts(model, to.table))
  if (from.table.schema !== to.table.schema) {
    lines.push({ points: OTHER_SCHEMA, reason: "it is in another schema" })
  }
  return { pattern: best?.fit.pattern ?? null, strong: best !== undefined && best.points >= STRONG, lines }
}

/** Whoever acts in a system has an account: of tables of people, that of accounts is meant if there is one. */
const ofAccounts = (model: SchemaModel, to: TableModel): ReadonlyArray<Line> => {
  const accounts = accountsOf(model)
  const title = to.table
  if (accounts.includes(to))
    return [{ points: ACCOUNT, reason: `the rows of ${title} are accounts, by which people act` }]
  const [first] = accounts
  if (first === undefined) return []
  return [{ points: NO_ACCOUNT, reason: `who acts has an account, in ${first.table}` }]
}

const accountsOf = memoisedWeakly(({ tables }: SchemaModel) => tables.filter(isOfAccounts))

/** Whether a name says the table it stands in; a key does so, too, by the end of that table's name, or abbreviated. */
const namesItsOwnTable = (model: SchemaModel, column: ColumnModel, isOwnKey: boolean): boolean => {
  const { stem } = column.words
  const { words } = column.table
  if (stem.length === 0 || sameWords(stem, words)) return true
  if (!isOwnKey || model.named(stem) !== undefined) return false
  return endsIn(words, stem) || abbreviated(stem, words) || endsAbbreviated(words, stem)
}

/** What may stand beside such a word without meaning something else. */
const FILLERS = new Set(["to", "of", "by", "in", "the", "direct"])

const selfFits = (from: ColumnModel, to: ColumnModel): ReadonlyArray<Fit> => {
  const words = from.words.stem
  const table = to.table.words
  const found = words.find((word) => UPWARDS.has(word))
  const named = endsIn(words, table) || (to.words.stem.length > 0 && endsIn(from.words.all, to.words.all))
  const fits: Array<Fit> = []
  const plain = words.every((word) => UPWARDS.has(word) || FILLERS.has(word) || table.includes(word))
  if (acts(from) && isOfPeople(to.table)) {
    fits.push({
      pattern: "person",
      reason: `its name says that it is somebody, and the rows of ${to.table.table} are people`
    })
  }
  if (found !== undefined && plain && !sameWords(words, table) && (!LEADER_WORDS.has(found) || isOfPeople(to.table))) {
    fits.push({ pattern: "parent", reason: `"${found}" says that it points to another row of the same table` })
  } else if (UPWARDS.has(words[0] ?? "") && words.length > 1 && !LEADER_WORDS.has(words[0] ?? "")) {
    fits.push({ pattern: "extension", reason: `"${words[0]}" may say that it points to another row of the same table` })
  }
  if (named) fits.push({ pattern: "role and key name", reason: "its name is a role and then its own table's name" })
  else if (endsIn(words, table.slice(-1)) && table.length > 1) {
    fits.push({ pattern: "end of table", reason: "its name is a role and the end of its own table's name" })
  } else if (sameWords(words, table) && !sameWords(words, to.words.stem) && !isUnique(from)) {
    fits.push({
      pattern: "role and table",
      reason: "it is called as its own table, and is not what tells its rows apart"
    })
  }
  return fits
}

const allFits = (model: SchemaModel, from: ColumnModel, key: TargetKey): ReadonlyArray<Fit> => {
  const { all, name } = from.words
  const stem = withoutPreposition(from.words.stem)
  const to = key.column
  const table = to.table.words
  const title = to.table.table
  const fits: Array<Fit> = []
  const add = (pattern: NamePattern, reason: string, short = false, vague = 0) =>
    fits.push({ pattern, reason, abbreviated: short, vague })
  if (stem.length === 0) {
    if (isExtension(from, to)) add("extension", `${from.table.table} is named as a part of ${title}`)
    return fits
  }
  if (name === to.words.name && to.words.stem.length > 0) {
    const named = key.isKey || sameWords(stem, table) || (to.words.suffix !== "" && key.kind !== "data")
    add(named ? "key name" : "stem", `it is called ${from.name}, as the key of ${title}`)
  } else if (to.words.stem.length > 0 && to.words.suffix !== "" && endsIn(all, to.words.all)) {
    add("role and key name", `its name ends in ${to.name}, the key of ${title}`)
  } else if (to.words.suffix !== "" && from.words.suffix === to.words.suffix) {
    if (abbreviated(stem, to.words.stem)) add("key name", `its name abbreviates ${to.name}`, true)
    else if (to.words.stem.length > 0 && endsAbbreviated(stem, to.words.stem)) {
      add("role and key name", `its name is a role and then, abbreviated, ${to.name}`, true)
    }
  }
  const said = contextOf(from.table, stem, table)
  if (sameWords(stem, table)) add("table", `its name says ${title}`)
  else if (abbreviated(stem, table)) add("table", `its name abbreviates ${title}`, true)
  else if (said > 0) {
    const reason = `its table's name and its own together say ${title}`
    add(said === stem.length ? "context and table" : "end of table", reason)
  } else if (endsIn(table, stem)) {
    const many = VAGUE * Math.log(model.endings(stem.at(-1) ?? "", table.length))
    const ofAnother = stem.length === 1 && KIND_WORDS.has(stem[0] ?? "") ? KIND_OF_ANOTHER : 0
    add("end of table", `its name is the end of ${title}`, false, Math.max(many, ofAnother))
  } else if (endsIn(stem, table)) add("role and table", `its name is a role and then ${title}`)
  else if (from.words.isLeading && table.length < stem.length && sameWords(stem.slice(0, table.length), table)) {
    add("role and table", `its name is ${title} and then a role`)
  } else if (isRearranged(stem, table)) add("role and table", `its name has the words of ${title}`)
  else if (endsAbbreviated(table, stem)) add("end of table", `its name abbreviates the end of ${title}`, true)
  else if (endsAbbreviated(stem, table))
    add("role and table", `its name is a role and then, abbreviated, ${title}`, true)
  else if (table.length > 1 && foldsInto(stem.at(-1) ?? "", table)) {
    add(stem.length === 1 ? "table" : "role and table", `"${stem.at(-1)}" abbreviates ${title}`, true)
  } else if (stem.length > 1 && table.length > 1 && stem.at(-1) === table.at(-1)) {
    add("role and end of table", `its name is a role and then the end of ${title}`)
  } else {
    const shared = overlap(stem, table)
    if (shared > 0) add("overlap", `its name shares words with ${title}`, shared < SOFT)
  }
  if (to.words.stem.length > 0 && name !== to.words.name && sameWords(stem, to.words.stem)) {
    add("stem", `its name and ${to.name} say the same`)
  }
  if (fits.length === 0 && saysPerson(from) && isOfPeople(to.table)) {
    add("person", `its name says that it is somebody, and the rows of ${title} are people`)
  }
  if (isNumbered(from, table)) add("numbered", `its number is the place of ${title} in its table's name`)
  return fits
}

/** Whether a table's bare key may be that of another, which its name has at its beginning or end: `customer_detail`.`id`, `vip_customer`.`id` → `customer`.`id`. */
const isExtension = (from: ColumnModel, to: ColumnModel): boolean =>
  to.words.stem.length === 0 &&
  from.words.name === to.words.name &&
  from.table.words.length > to.table.words.length &&
  (sameWords(from.table.words.slice(0, to.table.words.length), to.table.words) || isKindOf(from.table, to.table))

/** Whether a table is named as a kind of another (`vip_customer`), and has no column besides its key that is named after that. */
const isKindOf = (kind: TableModel, { words }: TableModel): boolean =>
  endsIn(kind.words, words) && !kind.columns.some(({ words: { stem } }) => sameWords(stem, words))

/** What may stand behind the word that counts (`ship_via`, `sold_to`). */
const PREPOSITIONS = new Set(["by", "for", "from", "in", "of", "on", "to", "via", "with"])

export const withoutPreposition = (stem: ReadonlyArray<string>): ReadonlyArray<string> =>
  stem.length > 1 && PREPOSITIONS.has(stem.at(-1) ?? "") ? stem.slice(0, -1) : stem

/** Whether a name says that it is somebody: who does something (`mechanic_id`), or did (`handled_by`). */
export const saysPerson = (column: ColumnModel): boolean =>
  acts(column) || PERSON_WORDS.has(column.words.stem.at(-1) ?? "")

/** Whether a name says who did something within the system: `created_by`, `creator`. */
export const acts = ({ words: { stem } }: ColumnModel): boolean =>
  (stem.length > 1 && stem.at(-1) === "by") || isAssigned(stem) || ACTOR_WORDS.has(stem.at(-1) ?? "")

/** `assigned_to`: a participle and "to". */
const isAssigned = (stem: ReadonlyArray<string>): boolean =>
  stem.length > 1 &&
  stem.at(-1) === "to" &&
  /^(?:assigned|delegated|escalated|reported|allocated)$/.test(stem.at(-2) ?? "")

/** Whether a table's rows are accounts, by which people log in. */
export const isOfAccounts = (table: TableModel): boolean =>
  table.words.at(-1) === "user" || [...ACCOUNT_TRAITS].some((trait) => table.column(trait) !== undefined)

/** Traits that make a table one of people, where its name does not. */
const FEWEST_TRAITS = 2

/** Whether a table's rows are people, by its name or by what it says about each. */
export const isOfPeople = (table: TableModel): boolean =>
  PERSON_WORDS.has(table.words.at(-1) ?? "") ||
  isOfAccounts(table) ||
  [...PERSON_TRAITS].filter((trait) => table.column(trait) !== undefined).length >= FEWEST_TRAITS

/** How many words at the end of the column's stem make the target's name with the beginning of its table's (`order_line`.`kind_id` → `order_line_kind`). */
const contextOf = (from: TableModel, stem: ReadonlyArray<string>, table: ReadonlyArray<string>): number => {
  for (let said = Math.min(stem.length, table.length - 1); said > 0; said--) {
    const head = table.length - said
    const tail = sameWords(table.slice(head), stem.slice(-said))
    if (tail && sameWords(from.words.slice(0, head), table.slice(0, head))) return said
  }
  return 0
}

/** Whether two names have the same words in another order. */
const isRearranged = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length && !sameWords(a, b) && sameWords(a.toSorted(), b.toSorted())

const endsAbbreviated = (stem: ReadonlyArray<string>, table: ReadonlyArray<string>): boolean =>
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
