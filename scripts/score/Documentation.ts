import { FileSystem, Path } from "@effect/platform"
import { Effect, Schema } from "effect"

/** What the authors of a database say one of its tables is. */
export interface DocumentedTable {
  /** What one row is called, in words; empty where the documentation does not name it. */
  readonly name: ReadonlyArray<string>
  /** What the documentation says about it; empty where it says nothing. */
  readonly text: string
}

/** Files that hold what authors say about their tables. */
export const FILES = ["docs.json", "table-docs.csv"]

/** By table, with the name of the class that its authors give to one row: `InvoiceLine`. */
const Classes = Schema.parseJson(
  Schema.Record({ key: Schema.String, value: Schema.Struct({ className: Schema.String, description: Schema.String }) })
)

const words = (name: string) =>
  name
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)

/** The cells of a CSV file, in quotes where they hold commas, quotes or line breaks. */
const cells = (csv: string): ReadonlyArray<ReadonlyArray<string>> => {
  const rows: Array<Array<string>> = [[]]
  for (const [, quoted, plain = "", end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end !== ",") rows.push([])
  }
  return rows.filter((row) => row.length > 1)
}

/** Reads what the authors of the dataset in a folder say, by table in lower case: names are class names, or else tables', singular there. */
export const read = (folder: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const [classes, tables] = FILES.map((file) => path.join(folder, file))
    const documented = new Map<string, DocumentedTable>()
    if (classes !== undefined && (yield* fs.exists(classes))) {
      const found = yield* Effect.flatMap(fs.readFileString(classes), Schema.decode(Classes))
      for (const [table, { className, description }] of Object.entries(found)) {
        documented.set(table.toLowerCase(), { name: words(className), text: description })
      }
    }
    if (tables !== undefined && (yield* fs.exists(tables))) {
      const [head = [], ...rows] = cells(yield* fs.readFileString(tables))
      const [table, text] = [head.indexOf("cdmTableName"), head.indexOf("tableDescription")]
      for (const row of rows) {
        const name = (row[table] ?? "").toLowerCase()
        documented.set(name, { name: words(name), text: row[text] ?? "" })
      }
    }
    return documented
  })

/** What a text says of a table that joins things. */
const JOINS = /^(?:maps|links)\b|\bmappings?\b|\bconnects\b|\brelationships between\b/i
/** Of one about the database itself. */
const ABOUT_THE_DATABASE = /\babout (?:a|the)(?: source)? (?:dataset|database)\b/i
/** Of texts, history or figures that belong to another thing: one may call them a thing of their own, or a part of the other. */
const OF_ANOTHER = /^history of\b|\b(?:flavor text|description) of\b|\bdata (?:about|for)\b|\btranslations of\b/i

/**
 * Whether a table stands for a thing by its documentation; undefined where one may see it either way. The first that fits:
 *
 * - The authors do not mention it: no thing. (They describe translated texts as columns of what is translated.)
 * - Its first sentence says that it maps, links or connects, or that it is about the database itself: no thing.
 * - By the declared keys all its columns refer to others: no thing, a pure link.
 * - The first sentence says that it is the history, the text or the data of something else: either way. Likewise, by the declared keys,
 *   where its only other columns are part of its primary key (a position, mostly).
 * - Any other is a thing.
 */
export const isThing = (
  documented: DocumentedTable | undefined,
  columns: {
    /** Undefined where discovery does not say: then only the text decides. */
    readonly all: ReadonlyArray<string> | undefined
    /** Part of a declared foreign key. */
    readonly referring: ReadonlySet<string>
    /** Part of the declared primary key. */
    readonly key: ReadonlySet<string>
  }
): boolean | undefined => {
  if (documented === undefined) return false
  const sentence = /^.*?[^.][.!?](?=\s|$)/su.exec(documented.text)?.[0] ?? documented.text
  if (JOINS.test(sentence) || ABOUT_THE_DATABASE.test(sentence)) return false
  const own = columns.all?.filter((column) => !columns.referring.has(column))
  const joins = columns.referring.size > 1 && own !== undefined
  if (joins && own.length === 0) return false
  if (OF_ANOTHER.test(sentence)) return undefined
  return joins && own.every((column) => columns.key.has(column)) ? undefined : true
}
