import {
  ACCOUNT_TRAITS,
  ACTOR_WORDS,
  FIRM_ROLES,
  FIRM_WORDS,
  isAgent,
  PERSON_AS_SUCH,
  PERSON_TRAITS,
  PERSON_WORDS,
  USER_WORDS
} from "../language/Lexicon.ts"
import { sameWords, withoutForm } from "./ColumnWords.ts"
import { type ColumnModel, isUnique, type TableModel } from "./TableModel.ts"

/** Which columns name people, and which tables have people as rows. */

/** Whether a column's name says who acted within the system: `created_by`, `assigned_to`, `creator`. */
export const acts = ({ words: { stem } }: ColumnModel): boolean =>
  (stem.length > 1 && stem.at(-1) === "by") || isDoneBy(stem) || isAssigned(stem) || ACTOR_WORDS.has(stem.at(-1) ?? "")

/** What something was, and "by" in another language: German's also means "from", Romance ones "for". */
const DONE_BY =
  /^(?:(?:(?:ge|be|er|ver|ent|zer|an|ein|ab|zu|auf|aus|frei|nach|ü|ue)\p{L}+(?:t|en)|\p{L}+iert) von|\p{L}+[ai]d[oa] por|\p{L}+é par|(?:cre|modifi|valid)e par)$/u

const isDoneBy = (stem: ReadonlyArray<string>): boolean => DONE_BY.test(stem.slice(-2).join(" "))

const isAssigned = (stem: ReadonlyArray<string>): boolean =>
  stem.at(-1) === "to" && /^(?:assigned|delegated|escalated|reported|allocated)$/.test(stem.at(-2) ?? "")

/** Whether a column's name names a person, by what that person does (`mechanic_id`) or did (`handled_by`). */
export const saysPerson = (column: ColumnModel): boolean => knowsPerson(column) || mayBeAgent(column)

/** The same by words that are known, and not by the ending of one that no list knows. */
export const knowsPerson = (column: ColumnModel): boolean =>
  acts(column) || PERSON_WORDS.has(column.words.stem.at(-1) ?? "")

const mayBeAgent = ({ words: { stem, suffix } }: ColumnModel): boolean => suffix !== "" && isAgent(stem.at(-1) ?? "")

/**
 * The last word of a table's name, if that says what a row is: `user` of `app_user`, but nothing of `group_user` where a `group_id` and a
 * `user_id`, which repeats, say that it links the two.
 */
const rowWord = ({ columns, words }: TableModel): string => {
  const thing = withoutForm(words)
  const last = thing.slice(-1)
  const refersTo = (end: ReadonlyArray<string>) =>
    columns.filter(({ words: { stem, suffix } }) => suffix !== "" && stem.length > 0 && sameWords(stem, end))
  const isLink = refersTo(thing.slice(0, -1)).length > 0 && refersTo(last).some((column) => !isAlone(column))
  return isLink ? "" : (last[0] ?? "")
}

/** Whether a column by itself tells its table's rows apart. */
const isAlone = (column: ColumnModel): boolean =>
  column.table.keys.length === 0
    ? isUnique(column)
    : column.table.keys.some(({ columns }) => columns.length === 1 && columns[0] === column.name)

/** Whether a table's rows are accounts, by which people log in. */
const isOfAccounts = (table: TableModel): boolean =>
  USER_WORDS.has(rowWord(table)) || [...ACCOUNT_TRAITS].some((trait) => table.column(trait) !== undefined)

/**
 * The tables whose rows are accounts, by which people log in: those that are called users. Where there are none, those that hold names to
 * log in with: of people, if any does, for those of machines have such, too.
 */
export const accountsOf = (tables: ReadonlyArray<TableModel>): ReadonlyArray<TableModel> => {
  const all = tables.filter(isOfAccounts)
  const users = all.filter((table) => USER_WORDS.has(rowWord(table)))
  const people = all.filter((table) => PERSON_WORDS.has(rowWord(table)) || traitsOf(table) > 0)
  return [users, people].find(({ length }) => length > 0) ?? all
}

/** The number of columns that only tables of people have. */
const traitsOf = (table: TableModel): number =>
  [...PERSON_TRAITS].filter((trait) => table.column(trait) !== undefined).length

/** Number of columns that only tables of people have (`first_name`) from which a table is one of people, whatever its name. Set by hand. */
const FEWEST_TRAITS = 2

/** Whether a table's rows are people, by its name or by what it says about each. */
export const isOfPeople = (table: TableModel): boolean =>
  PERSON_WORDS.has(rowWord(table)) ||
  PERSON_AS_SUCH.has(rowWord(table)) ||
  isOfAccounts(table) ||
  traitsOf(table) >= FEWEST_TRAITS

/** Whether a column's name says what a firm is to another (`supplier_id`). */
export const saysFirm = ({ words: { stem } }: ColumnModel): boolean => FIRM_ROLES.has(stem.at(-1) ?? "")

/** Whether a table's rows are firms of every kind. */
export const isOfFirms = (table: TableModel): boolean => FIRM_WORDS.has(rowWord(table))

/** Whether a column's name says that it is somebody: a person, or a firm. */
export const saysSomebody = (column: ColumnModel): boolean => saysPerson(column) || saysFirm(column)

/**
 * Whether each row of `kind` (patients) is also a row of `people` (persons), so that its own key may refer to that table. It is so if `kind` has
 * no columns that describe a person (`first_name`), which `people` would have instead, and no other column that names `people`.
 */
export const isKindOfPeople = (kind: TableModel, people: TableModel): boolean =>
  PERSON_WORDS.has(rowWord(kind)) &&
  !PERSON_AS_SUCH.has(rowWord(kind)) &&
  PERSON_AS_SUCH.has(rowWord(people)) &&
  traitsOf(kind) === 0 &&
  !kind.columns.some(({ words: { stem } }) => PERSON_AS_SUCH.has(stem.at(-1) ?? ""))

/** Whether each row of `kind` (suppliers) is also a row of `firms` (business partners): that table's name says what a firm is to another. */
export const isKindOfFirms = (kind: TableModel, firms: TableModel): boolean =>
  FIRM_ROLES.has(rowWord(kind)) && FIRM_WORDS.has(rowWord(firms))
