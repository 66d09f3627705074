import { Schema } from "effect"
import { isView, type SkippedTable, type Table, tableId, TableName } from "./Catalog.ts"
import type { TableProfile } from "./TableProfile.ts"

/** Limitations of a table's figures, one sentence each. */
export const TableNotes = Schema.Struct({ ...TableName.fields, notes: Schema.Array(Schema.String) })
/** @see TableNotes */
export type TableNotes = typeof TableNotes.Type

/** Maximum number of tables named for one reason in what people read, which counts the others. `discovery.json` names all. Set by hand. */
const NAMED_FOR_A_REASON = 50

/** A table that was not read; or, if one reason holds for many tables, all of them that are not named. */
export interface NotRead {
  /** The table's id, or the number of the tables that are not named: "3,930 more". */
  readonly what: string
  /** Number of tables: 1 if `what` is a table's id. */
  readonly count: number
  readonly reason: string
}

/** What was not read, for people. `named` says a table. */
export const notReadItems = (
  tables: ReadonlyArray<SkippedTable>,
  named: (table: SkippedTable) => string = tableId
): ReadonlyArray<NotRead> => {
  const counts = new Map<string, number>()
  const items = tables.flatMap((table): ReadonlyArray<NotRead> => {
    const { reason } = table
    const count = (counts.get(reason) ?? 0) + 1
    counts.set(reason, count)
    return count > NAMED_FOR_A_REASON ? [] : [{ what: named(table), count: 1, reason }]
  })
  const others = [...counts].flatMap(([reason, all]): ReadonlyArray<NotRead> => {
    const others = all - NAMED_FOR_A_REASON
    return others > 0 ? [{ what: `${others.toLocaleString("en")} more`, count: others, reason }] : []
  })
  return [...items, ...others]
}

/** The same as lines, for files without a section of their own for that. */
export const notReadLines = (tables: ReadonlyArray<SkippedTable>): ReadonlyArray<string> =>
  notReadItems(tables).map(({ reason, what }) => `Not read: ${what}: ${reason}`)

/** The most items of a list in a note; the others are counted. */
const NAMED = 12

/** The limitations of a table's figures: which rows they cover, what the login may not read, and what failed when the rows were read. */
export const notesOf = (table: Table, profile?: TableProfile): ReadonlyArray<string> => {
  const { lost = [], parts = [], partsNotRead = [], rowSecurity, unreadable = [], volatile } = table
  const left = new Set(partsNotRead.map(tableId))
  const read = parts.filter((part) => !left.has(tableId(part)))
  const name = (part: TableName) => (part.schema === table.schema ? part.table : tableId(part))
  return [
    ...(rowSecurity === true ? ["Row-level security applies here: counts are of what this login sees."] : []),
    ...(unreadable.length > 0 ? [`This login may not read ${few(unreadable)}.`] : []),
    ...(table.hiddenKey === undefined
      ? []
      : [`Its primary key is ${few(table.hiddenKey)}, not all of which this login may read.`]),
    ...some(
      (table.hiddenForeignKeys ?? []).map(
        ({ columns, target }) =>
          `By a foreign key, ${few(columns)} refers to ${few(target.columns)} of ${name(target)}, not all of which this login may read.`
      )
    ),
    ...(read.length > 0 ? [`Its rows are those of its parts as well: ${few(read.map(name))}.`] : []),
    ...(table.parentKey === undefined
      ? []
      : [`Its primary key (${few(table.parentKey)}) holds for its own rows only: those of its parts may repeat it.`]),
    ...some(
      parts.flatMap((part) =>
        part.columns === undefined
          ? []
          : [`Its part ${name(part)} has ${few(part.columns)} besides, which are not looked at.`]
      )
    ),
    ...some(partsNotRead.map((part) => `The rows of its part ${name(part)} are left out: ${part.reason}.`)),
    ...(lost.length > 0 ? [`Lost, because the bytes are no text: ${few(lost)}.`] : []),
    ...garbledNote(profile),
    ...some((profile?.unread ?? []).map(({ column, reason }) => `Its column ${column} could not be read: ${reason}.`)),
    ...(volatile === undefined
      ? []
      : [
          isView(table)
            ? `Each reading of this view runs ${volatile}(), which may give something else every time.`
            : `Each reading of it runs ${volatile}() by its row-level security, which is declared VOLATILE: it may do more than look.`
        ])
  ]
}

const garbledNote = (profile: TableProfile | undefined): ReadonlyArray<string> => {
  const garbled = (profile?.columns ?? []).flatMap(({ column, garbled }) => (garbled === undefined ? [] : [column]))
  return garbled.length === 0 ? [] : [`Values of ${few(garbled)} are left out where their bytes are no text.`]
}

const few = (names: ReadonlyArray<string>): string => some(names).join(", ")

const some = (texts: ReadonlyArray<string>): ReadonlyArray<string> =>
  texts.length <= NAMED ? texts : [...texts.slice(0, NAMED - 1), `… and ${texts.length - NAMED + 1} more`]
