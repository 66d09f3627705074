/** A join as a context page says it. */
export interface SaidJoin {
  readonly table: string
  readonly columns: ReadonlyArray<string>
  readonly to: string
  readonly keys: ReadonlyArray<string>
  /** The least and most rows that refer to one row of `to`; undefined where the page does not say. */
  readonly times: readonly [string, string] | undefined
  /** An SQL condition on the referring rows, which are `c`; "" for none. */
  readonly when: string
  /** Whether values must be cast, or taken from an array, to be compared. */
  readonly isCast: boolean
  /** What stands behind it, up to the next join. */
  readonly remarks: string
}

/** What a page says of a column: the joins, and all other parts of its line. */
export interface SaidColumn {
  readonly table: string
  readonly name: string
  readonly joins: ReadonlyArray<SaidJoin>
  readonly parts: ReadonlyArray<string>
}

/** A table's block: the name as SQL spells it, the rows as they are said, the columns with a line of their own, and the parts of the last line. */
export interface SaidTable {
  readonly name: string
  readonly rows: string
  readonly columns: ReadonlyArray<SaidColumn>
  readonly rest: ReadonlyArray<string>
}

/** A context page, read by its grammar. */
export interface SaidPage {
  readonly before: ReadonlyArray<string>
  readonly tables: ReadonlyArray<SaidTable>
}

/** Cuts a text at each separator that stands in no quotes. */
const cut = (text: string, separator: string): ReadonlyArray<string> => {
  const parts: Array<string> = []
  let quote = ""
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? ""
    if (quote !== "") quote = character === quote ? "" : quote
    else if (character === "'" || character === '"') quote = character
    else if (text.startsWith(separator, at)) {
      parts.push(text.slice(start, at))
      start = at + separator.length
      at = start - 1
    }
  }
  return [...parts, text.slice(start)]
}

const NAME = String.raw`(?:U&)?"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*`
const LITERAL = String.raw`(?:U&)?'(?:[^']|'')*'`
const NAMES = new RegExp(`^ {2}((?:${NAME})(?:, (?:${NAME}))*) (.*)$`, "u")
const HEAD = new RegExp(`^((?:(?:${NAME})\\.)?(?:${NAME})) \\(([^)]*)\\)`, "u")
const JOIN = new RegExp(
  `^(?:or )?(?:(?:where it is a number )?(::int )|(each element ))?(?:\\(([^)]*)\\) )?-> ((?:(?:${NAME})\\.)?(?:${NAME}))(?:\\.(${NAME})|\\(([^)]*)\\))(?: \\((\\d+)…(\\d+)\\))?(?: where (${NAME}) = (${LITERAL}))?(.*)$`,
  "su"
)

const columnOf = (table: string, name: string, body: string): SaidColumn => {
  const pieces = cut(body, " or ").map((piece, place) => (place === 0 ? piece : `or ${piece}`))
  const joins: Array<SaidJoin> = []
  let rest = ""
  for (const piece of pieces) {
    const found = JOIN.exec(piece)
    if (found === null) {
      rest = rest === "" ? piece : `${rest} ${piece}`
      continue
    }
    const [, cast, each, columns, to = "", key, keys, least, most, by, value, remarks = ""] = found
    joins.push({
      table,
      columns: columns === undefined ? [name] : cut(columns, ", "),
      to,
      keys: keys === undefined ? [key ?? ""] : cut(keys, ", "),
      times: least === undefined || most === undefined ? undefined : [least, most],
      when: by === undefined ? "" : `c.${by}::text = ${value}`,
      isCast: cast !== undefined || each !== undefined,
      remarks
    })
    rest = remarks
  }
  return { table, name, joins, parts: cut(rest.trim().replace(/^; /, ""), "; ") }
}

/** Reads a page. */
export const readPage = (text: string): SaidPage => {
  const [before = "", inside = ""] = text.split("```text\n")
  const tables: Array<SaidTable> = []
  for (const block of inside.split("\n```")[0]?.split(/\n(?=[^ \n])/) ?? []) {
    const [first = "", ...lines] = block.split("\n")
    const [, name, rows] = HEAD.exec(first) ?? []
    if (name === undefined || rows === undefined || first.startsWith("== ")) continue
    const columns = lines.flatMap((line) => {
      const [, names, body = ""] = NAMES.exec(line) ?? []
      return names === undefined ? [] : cut(names, ", ").map((column) => columnOf(name, column, body))
    })
    const rest = lines.find((line) => line.startsWith("  + "))?.slice(4)
    tables.push({ name, rows, columns, rest: rest === undefined ? [] : cut(rest, "; ") })
  }
  return { before: before.split("\n"), tables }
}

/** The literals of a list, each with its meaning and number of rows where they are said; none if the part is no list. */
export const listOf = (
  part: string
): ReadonlyArray<{ readonly literal: string; readonly meaning: string; readonly count: string }> => {
  const found = cut(part, ", ").map((each) => LISTED.exec(each))
  return found.some((each, place) => each === null && place === 0)
    ? []
    : found.flatMap((each) =>
        each === null ? [] : [{ literal: each[1] ?? "", meaning: each[2] ?? "", count: each[3] ?? "" }]
      )
}

const LISTED = new RegExp(
  `^(${LITERAL}|-?\\d+(?:\\.\\d+)?|true|false)(?: = (${LITERAL}…?|"(?:[^"]|"")*"|yes))?(?: \\((\\d+)\\))?$`,
  "u"
)
