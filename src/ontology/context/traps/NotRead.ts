import { tableId } from "../../../datasource/Catalog.ts"
import { notesOf } from "../../../datasource/Notes.ts"
import { grouped } from "../../../datasource/grouped.ts"
import { unreadTables } from "../../Discovered.ts"
import type { Facts } from "../Facts.ts"
import type { PageLine } from "../Page.ts"
import { line, type Said, saidList, saidTable } from "../Prose.ts"
import { free, quotation } from "../Spelling.ts"

/** Tables that a line names; the others are counted. */
const NAMED_TABLES = 12
/** Longest reason or note, in characters. */
const NOTE_LENGTH = 300

/** A table, and what of it was not read. */
interface Noted {
  readonly table: Said
  readonly note: string
}

/** What was not read, or may not be all, and why: the page's figures do not cover it. Tables with the same note share a line. */
export const notRead = ({ discovery, tables }: Facts): ReadonlyArray<PageLine> => {
  const skipped = unreadTables(discovery).map((table): Noted => {
    const name = free(table.schema === "public" ? table.table : tableId(table))
    return { table: { text: name, tables: [tableId(table)], columns: [] }, note: `Not read: ${table.reason}` }
  })
  const noted = tables.flatMap((table): ReadonlyArray<Noted> => {
    const { table: model } = table.subject
    return notesOf(model, model.profile).map((note) => ({ table: saidTable(table), note }))
  })
  const all = [...skipped, ...noted]
  const byNote = grouped(all, ({ note }) => note)
  return [...new Set(all.map(({ note }) => note))].map(
    (note) =>
      line`${saidList(
        byNote(note).map(({ table }) => table),
        NAMED_TABLES
      )}: ${quotation(note, NOTE_LENGTH)}`
  )
}
