import type { Column, Table, TableName } from "../datasource/Catalog.ts"
import { grouped } from "../datasource/grouped.ts"
import { listedFew } from "../language/Describing.ts"
import { wordSet } from "../language/wordSet.ts"
import type { Naming } from "../language/Naming.ts"
import { isView, type TableModel } from "../schema/TableModel.ts"
import type { EntityVerdict } from "./Entity.ts"
import { type Reference, SURE } from "./References.ts"

/** The names of all tables of a catalog, cut into words once. */
export interface SchemaWords {
  /** The tables of a schema that hold rows of their own: not views. */
  readonly inSchema: (schema: string) => ReadonlyArray<Table>
  /** The tables whose names consist of exactly these words, as they are spelled. */
  readonly spelledSo: (words: ReadonlyArray<string>) => ReadonlyArray<Table>
  /** What the tables are called, as one string each. */
  readonly things: ReadonlySet<string>
}

/** What a verdict rests on. */
export interface Evidence {
  readonly table: TableModel
  readonly keyColumns: ReadonlyArray<string>
  readonly keyDeclared: boolean
  /** From this table, and to it from others. */
  readonly outgoing: ReadonlyArray<Reference>
  readonly incoming: ReadonlyArray<Reference>
  /** What another table refers to. */
  readonly outgoingOf: (table: TableName) => ReadonlyArray<Reference>
  readonly schema: SchemaWords
  readonly naming: Naming
}

/** A verdict and, in one sentence, why. */
export interface Judgement {
  readonly verdict: EntityVerdict
  readonly reason: string
}

/** A verdict where the evidence allows it. */
export type Rule = (evidence: Evidence) => Judgement | undefined

const BOOKKEEPING = wordSet(
  "created create creation updated update modified modification modifier changed added inserted insert deleted write written edited last timestamp"
)
const PEOPLE = wordSet("by user uid who")
const TIMES = wordSet("time timestamp date datetime")

/** Whether a column holds times; programs that run on several databases keep them in numbers (`timecreated`, `start_date`). */
export const isTime = (naming: Naming, table: string, column: Column): boolean =>
  column.typeClass === "time" ||
  (column.typeClass === "integer" && naming.columnWords(table, column.name).some((word) => TIMES.has(word)))

/** Whether a column says when or by whom its row was written: nothing about the thing itself. */
export const isBookkeeping = (naming: Naming, table: string, column: Column): boolean => {
  const said = naming.columnWords(table, column.name)
  const about = said.filter((word) => BOOKKEEPING.has(word))
  if (about.length === 0) return false
  if (isTime(naming, table, column) || said.some((word) => PEOPLE.has(word))) return true
  // The last of something (`last_post_id`) is part of the thing; who wrote last is not.
  return naming.keyWord(table, column.name) !== "" && about.some((word) => word !== "last")
}

/** Whether a column says yes or no. */
export const isFlag = (column: Column): boolean => column.typeClass === "boolean" || /^(is|has|can)_/i.test(column.name)

/** The columns that are a table's own: neither key nor reference nor bookkeeping. */
export const ownColumns = ({ table, keyColumns, outgoing, naming }: Evidence): ReadonlyArray<Column> => {
  const taken = new Set([...keyColumns, ...outgoing.flatMap(({ from }) => from.columns)])
  return table.columns.filter((column) => !taken.has(column.name) && !isBookkeeping(naming, table.table, column))
}

/** What it refers to, bookkeeping (who wrote a row) left out. */
export const realReferences = ({ table, outgoing, naming }: Evidence): ReadonlyArray<Reference> =>
  outgoing.filter(
    ({ from }) =>
      !table.columns.some((column) => from.columns.includes(column.name) && isBookkeeping(naming, table.table, column))
  )

/** What people call some tables, each once. */
export const tableNames = ({ naming }: Evidence, tables: Iterable<string>): string =>
  listedFew([...new Set(tables)].map(naming.table), "table")

/** Who refers to the table: "A and B refer", or "A seems to refer" if a reference is not `SURE`. */
export const referring = (evidence: Evidence): string => {
  const tables = new Set(evidence.incoming.map(({ from }) => from.table))
  const sure = evidence.incoming.every(({ confidence }) => confidence >= SURE)
  const verb = tables.size === 1 ? (sure ? "refers" : "seems to refer") : sure ? "refer" : "seem to refer"
  return tables.size === 0 ? "" : `${tableNames(evidence, tables)} ${verb}`
}

/** The words of a table's name as it is spelled. */
export const spelled = (table: string): ReadonlyArray<string> =>
  table
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1_$2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+|(?<=\p{L})(?=\p{N})/u)
    .filter((word) => word !== "")

/** What the names of a catalog's tables say, each cut into words once. */
export const schemaWords = (tables: ReadonlyArray<Table>, naming: Naming): SchemaWords => {
  const spelledSo = grouped(tables, ({ table }) => spelled(table).join(" "))
  return {
    inSchema: grouped(
      tables.filter((table) => !isView(table)),
      ({ schema }) => schema
    ),
    spelledSo: (words) => spelledSo(words.join(" ")),
    things: new Set(tables.map(({ table }) => naming.words(table).join(" ")))
  }
}
