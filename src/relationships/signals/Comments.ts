import { grouped } from "../../datasource/grouped.ts"
import { flatMapInSteps, type Steps } from "../../steps/Steps.ts"
import { canRefer, comparable, type Possible } from "../Possible.ts"
import { family, line } from "./Signal.ts"
import type { Keys } from "../../schema/Keys.ts"
import type { SchemaModel } from "../../schema/SchemaModel.ts"
import type { ColumnModel, TableModel } from "../../schema/TableModel.ts"

/** Phrases that announce a reference in a comment, in several languages. Regular expressions; the name of the target follows. */
const SAYS = [
  String.raw`foreign[ _-]?keys?|fk|fkey|references?|refers? (?:back )?to|refer[ae]ncing|ref\.?|links? to|linked to|points? to|pointer to|joins? (?:to|with|on)`,
  String.raw`see(?: also)?(?: the)? tables?|lookup (?:in|to|table)|looked up in|(?:id|key|identifier|code|number) (?:of|in|from)(?: the)? table`,
  String.raw`fremdschl(?:ü|ue)ssel|verweis(?:t)? auf|referenziert|bezieht sich auf|siehe tabelle|clé étrangère|cle etrangere|référence|voir(?: la)? table|clave (?:foránea|foranea|externa)`,
  String.raw`referencia|véase la tabla|chave estrangeira|chiave esterna|verwijst naar|外部キー|外键`
].join("|")
/** Words and signs between such a phrase and the name. */
const FILLER = String.raw`(?:\s*(?:[:=(]|->|→|=>|(?:to|on|of|in|from|the|a|auf|zu|die|tabelle|vers|la|le|à|tabla|tabela|tabella|table|column|field|into)(?![\p{L}\p{N}_])))*\s*`
/** A name, plain or in quotes, backticks or brackets. */
const NAME = String.raw`(?:"[^"]+"|\x60[^\x60]+\x60|\[[^\]]+\]|[\p{L}_][\p{L}\p{N}_$]*)`
const MENTION = new RegExp(
  `(?:(?<![\\p{L}\\p{N}_])(?:${SAYS})(?![\\p{L}\\p{N}_])${FILLER}|^\\s*(?:->|→)\\s*)(${NAME})(?:\\s*\\.\\s*(${NAME}))?(?:\\s*\\.\\s*(${NAME}))?(?:\\s*\\(\\s*(${NAME})\\s*\\))?`,
  "giu"
)

/** Words that deny the phrase that follows, with an article at most between: "not a foreign key to". Not "not null foreign key to". */
const DENIED =
  /(?<![\p{L}\p{N}])(?:not?|never|isn't|doesn't|kein[a-z]*|nicht|pas|non|não|nao|nie|geen|niet|inte|ikke)\s+(?:(?:an?|the|any|really|actually|longer|be|eine?n?|une?|la|le|el|una|uma?|de|een|en|et)\s+){0,2}$/iu

/**
 * The references in a comment: the parts of the name in lower case ("schema", "table", "column", as many as are there), the matched text, and
 * whether the comment denies it.
 */
export const mentions = (comment: string): ReadonlyArray<Mention> =>
  [...comment.matchAll(MENTION)].map((match) => {
    const [text, ...parts] = match
    return {
      text: text.replace(/\s+/g, " ").trim(),
      parts: parts.flatMap((part: string | undefined) =>
        part === undefined ? [] : [part.replace(/^["`[](.*)["`\]]$/s, "$1").toLowerCase()]
      ),
      isDenied: DENIED.test(comment.slice(0, match.index))
    }
  })

/** @see mentions */
export interface Mention {
  readonly parts: ReadonlyArray<string>
  readonly text: string
  readonly isDenied: boolean
}

/** The tables, by their names in lower case, of which a column's comment says that it does not refer to them. */
export const deniedTables = ({ comment }: ColumnModel): ReadonlySet<string> =>
  new Set(comment === null ? [] : mentions(comment).flatMap(({ isDenied, parts }) => (isDenied ? parts : [])))

/** What comments say outright. They weigh more than anything else alone; values may still contradict them. */
export const COMMENTS = family("comments", {
  said: [11, "the column's comment says what it refers to"],
  contradicted: [-11, "its values contradict its comment"],
  denied: [-14, "the column's comment says that it does not refer to the target"],
  elsewhere: [-11, "the column's comment says that it refers to another, and its values do not contradict it"]
})

/**
 * Candidates from comments ("Foreign key to customers.id", "FK orders", "see table regions"): the first named key that exists and has a
 * comparable type. If the comment names no column, the table's own key is taken; a table of the same schema is preferred.
 */
export const stated = (model: SchemaModel, keys: Keys): Steps<ReadonlyArray<Possible>> => {
  const byName = grouped(model.tables, ({ table }) => table.toLowerCase())
  const tableNamed = (from: ColumnModel, name: string, schema: string | undefined): TableModel | undefined => {
    const all = byName(name).filter((each) => schema === undefined || each.schema.toLowerCase() === schema)
    return all.find((each) => each.schema === from.table.schema) ?? (all.length === 1 ? all[0] : undefined)
  }
  const targetOf = (from: ColumnModel, parts: ReadonlyArray<string>) => {
    // The last may be a column: "shop.orders.id", "orders.id", "shop.orders", "orders".
    for (const columns of [1, 0]) {
      const [name, schema, more] = parts.slice(0, parts.length - columns).toReversed()
      const table = name === undefined || more !== undefined ? undefined : tableNamed(from, name, schema)
      if (table === undefined) continue
      if (columns === 0) return keys.keyOf(table)
      const column = table.columns.find((each) => each.name.toLowerCase() === parts.at(-1))
      if (column !== undefined) return keys.target(column)
    }
    return undefined
  }
  return flatMapInSteps(model.columns, (from): ReadonlyArray<Possible> => {
    if (from.comment === null || !canRefer(from)) return []
    for (const { isDenied, parts, text } of mentions(from.comment)) {
      if (isDenied) continue
      const key = targetOf(from, parts)
      if (key === undefined || key.column === from) continue
      if (!comparable(from.typeClass, key.column.typeClass)) continue
      const lines = [line(COMMENTS.said, `its comment says "${text}"`)]
      const names = { pattern: "key name" as const, strong: true, loose: false, here: false, picked: false, lines }
      return [{ from, key, isOwnKey: keys.isOwnKey(from), names, stated: true }]
    }
    return []
  })
}
