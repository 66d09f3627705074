/** A text about a database, cut into the part before the tables and one block of lines for each table. */
export interface Blocks {
  readonly before: ReadonlyArray<string>
  readonly of: (table: string) => ReadonlyArray<string>
  /** Whether a line of a block says that the column refers to the target. */
  readonly joins: (line: string, column: string, target: string) => boolean
}

const cut = (lines: ReadonlyArray<string>, tableOf: (line: string) => string | undefined) => {
  const blocks = new Map<string, Array<string>>()
  let current: Array<string> | undefined
  for (const line of lines) {
    const table = tableOf(line)
    if (table !== undefined) {
      current = blocks.get(table) ?? []
      blocks.set(table, current)
    }
    current?.push(line)
  }
  return blocks
}

const made = (
  before: ReadonlyArray<string>,
  blocks: ReadonlyMap<string, ReadonlyArray<string>>,
  joins: Blocks["joins"]
): Blocks => ({ before, of: (table) => blocks.get(table) ?? [], joins })

/** A whole word, as it is spelled: no letter, digit or underscore before or behind it. */
export const has = (line: string, word: string): boolean => {
  for (let at = line.indexOf(word); at >= 0; at = line.indexOf(word, at + 1)) {
    const [left, right] = [line[at - 1] ?? " ", line[at + word.length] ?? " "]
    const open = /\w/.test(word[0] ?? "") && /\w/.test(left)
    const closed = /\w/.test(word.at(-1) ?? "") && /\w/.test(right)
    if (!open && !closed) return true
  }
  return false
}

/** `context.md`: a block is the head line of a table inside the fence, and the lines under it that begin with two blanks. */
export const ofContext = (text: string): Blocks => {
  const [before = "", ...rest] = text.split("```text\n")
  const blocks = cut(rest.join("").split("\n"), (line) => /^(?! |==|```)(?:\w+\.)?"?([^ "]+)"? \(/.exec(line)?.[1])
  return made(before.split("\n"), blocks, (line, column, target) => {
    const [head = ""] = line.split(" -> ")
    return has(head, column) && new RegExp(`-> (?:\\w+\\.)?${target.replace(".", "[.(]")}\\b`).test(line)
  })
}

/** `ontology.md`: a block is the section of an entity; the table's name is the first code span of its second line. */
export const ofOntology = (text: string): Blocks => {
  const lines = text.split("\n")
  const blocks = new Map<string, Array<string>>()
  let section: Array<string> = []
  for (const line of lines) {
    if (line.startsWith("#")) section = []
    section.push(line)
    const table = /^`(?:\w+\.)?([^`]+)` · /.exec(line)?.[1]
    if (table !== undefined) blocks.set(table, section)
  }
  for (const line of lines) {
    const empty = /^- `([^`]+)`: (.*)$/.exec(line)
    if (empty?.[1] !== undefined && !blocks.has(empty[1])) blocks.set(empty[1], [line])
  }
  return made([], blocks, (line, column, target) => {
    const [table = "", key = ""] = target.split(".")
    return (
      (has(line, `\`${column}\``) && line.includes(`→ \`${table}.${key}\``)) || line.includes(`.${column} → ${target}`)
    )
  })
}

/** The schema's dump: a block is CREATE TABLE with what later statements say of the table; a join is a FOREIGN KEY or a comment. */
export const ofDump = (text: string): Blocks => {
  const blocks = new Map<string, Array<string>>()
  for (const statement of text.split(/;\n/)) {
    const table = /(?:CREATE TABLE|ALTER TABLE(?: ONLY)?|COMMENT ON (?:TABLE|COLUMN)) public\."?(\w+)"?/.exec(
      statement
    )?.[1]
    if (table !== undefined) blocks.set(table, [...(blocks.get(table) ?? []), ...statement.split("\n")])
  }
  const enums = text.split(/;\n/).filter((statement) => /CREATE TYPE .* AS ENUM/s.test(statement))
  const withEnums = new Map(
    [...blocks].map(([table, lines]) => [
      table,
      lines.map((line) => {
        const type = enums.find((each) => line.includes(/CREATE TYPE (\S+)/.exec(each)?.[1] ?? "\n"))
        return type === undefined ? line : `${line} ${type.replaceAll("\n", " ")}`
      })
    ])
  )
  return made([], withEnums, (line, column, target) => {
    const [table = "", key = ""] = target.split(".")
    return (
      line.includes(`FOREIGN KEY (${column}) REFERENCES public.${table}(${key})`) ||
      (has(line, column) && has(line, table) && has(line, key) && line.startsWith("COMMENT"))
    )
  })
}
