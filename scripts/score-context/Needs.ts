import { Schema } from "effect"
import { type Blocks, has } from "./Blocks.ts"

/** A question with its query, and what a text must hold so that one can write it. */
export const Asked = Schema.Struct({
  question: Schema.String,
  sql: Schema.String,
  /** Literals that the question itself gives. */
  given: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] }),
  /** Whether the right query returns no rows. */
  empty: Schema.optionalWith(Schema.Boolean, { default: () => false }),
  /**
   * `column t.c`; `join t.c -> u.d`; `value t.c = literal` with `: meaning`; `warning t: word|word` or `warning t.c: word|word`, a line that
   * has the name and one of the words.
   */
  needs: Schema.Array(Schema.String)
})
/** @see Asked */
export type Asked = typeof Asked.Type

/** Whether a text holds a need. */
export const isMet = (blocks: Blocks, need: string): boolean => {
  const [, kind = "", rest = ""] = /^(\w+) (.*)$/s.exec(need) ?? []
  switch (kind) {
    case "column":
      return hasColumn(blocks, rest)
    case "join":
      return hasJoin(blocks, rest)
    case "value":
      return hasValue(blocks, rest)
    case "warning":
      return hasWarning(blocks, rest)
    default:
      throw new Error(`no kind of need: ${need}`)
  }
}

const parts = (name: string): readonly [string, string] => {
  const [table = "", column = ""] = name.split(".")
  return [table, column]
}

const hasColumn = (blocks: Blocks, name: string): boolean => {
  const [table, column] = parts(name)
  return blocks.of(table).some((line) => has(line, column))
}

const hasJoin = (blocks: Blocks, text: string): boolean => {
  const [, from = "", target = ""] = /^(\S+) -> (\S+)/.exec(text) ?? []
  const [table, column] = parts(from)
  if (blocks.of(table).some((line) => blocks.joins(line, column, target))) return true
  const [to, key] = parts(target)
  return blocks.before.some(
    (line) => line.includes("share the key") && has(line, table) && has(line, to) && has(line, key)
  )
}

const hasValue = (blocks: Blocks, text: string): boolean => {
  const [, name = "", wanted = ""] = /^(\S+) = (.*)$/s.exec(text) ?? []
  const [, literal = "", meaning] = /^('(?:[^']|'')*'|[^:]*)(?:: (.*))?$/s.exec(wanted) ?? []
  const [table, column] = parts(name)
  const lines = blocks.of(table).filter((line) => has(line, column))
  const word = literal.replace(/^'(.*)'$/s, "$1")
  const spelled = [
    literal,
    ...(literal === "true" ? ["bool", "boolean"] : []),
    ...(literal === word ? [] : [`\`${word}\``])
  ]
  const isThere = (line: string) =>
    spelled.some((each) => has(line, each)) && (meaning === undefined || has(line, meaning))
  return lines.some(isThere) || blocks.before.some((line) => has(line, `${table}.${column}`) && isThere(line))
}

const hasWarning = (blocks: Blocks, text: string): boolean => {
  const [, name = "", words = ""] = /^(\S+): (.*)$/s.exec(text) ?? []
  const [table, column] = parts(name)
  const says = (line: string) => words.split("|").some((word) => line.includes(word))
  const own = blocks.of(table)
  if (column === "") return [...own.slice(0, 1), ...blocks.before.filter((line) => has(line, table))].some(says)
  return (
    own.some((line) => has(line, column) && says(line)) || blocks.before.some((line) => has(line, column) && says(line))
  )
}
