import { ACCOUNT_TRAITS, ACTOR_WORDS, PERSON_TRAITS, PERSON_WORDS } from "../language/Lexicon.ts"
import type { ColumnModel, TableModel } from "./TableModel.ts"

/** Which columns name people, and which tables have people as rows. */

/** Whether a column's name says who acted within the system: `created_by`, `assigned_to`, `creator`. */
export const acts = ({ words: { stem } }: ColumnModel): boolean =>
  (stem.length > 1 && stem.at(-1) === "by") || isAssigned(stem) || ACTOR_WORDS.has(stem.at(-1) ?? "")

const isAssigned = (stem: ReadonlyArray<string>): boolean =>
  stem.at(-1) === "to" && /^(?:assigned|delegated|escalated|reported|allocated)$/.test(stem.at(-2) ?? "")

/** Whether a column's name names a person, by what that person does (`mechanic_id`) or did (`handled_by`). */
export const saysPerson = (column: ColumnModel): boolean =>
  acts(column) || PERSON_WORDS.has(column.words.stem.at(-1) ?? "")

/** Whether a table's rows are accounts, by which people log in. */
export const isOfAccounts = (table: TableModel): boolean =>
  table.words.at(-1) === "user" || [...ACCOUNT_TRAITS].some((trait) => table.column(trait) !== undefined)

/** Number of columns that only tables of people have (`first_name`) from which a table is one of people, whatever its name. Set by hand. */
const FEWEST_TRAITS = 2

/** Whether a table's rows are people, by its name or by what it says about each. */
export const isOfPeople = (table: TableModel): boolean =>
  PERSON_WORDS.has(table.words.at(-1) ?? "") ||
  isOfAccounts(table) ||
  [...PERSON_TRAITS].filter((trait) => table.column(trait) !== undefined).length >= FEWEST_TRAITS
