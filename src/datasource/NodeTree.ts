/** A node of a `pg_node_tree`: its kind (`OPEXPR`), and its fields by name without the colon. */
export interface Node {
  readonly kind: string
  readonly fields: ReadonlyMap<string, Value>
}

/** A field's value: a node, a list, the bytes of a constant, or a word. */
export type Value = string | Node | Uint8Array | ReadonlyArray<Value>

const TOKEN = /\s*([{}()[\]]|"(?:\\.|[^"\\])*"|(?:\\.|[^\s{}()[\]"\\])+)/y

/** Parses a `pg_node_tree`; undefined where the text is not a complete one, as after a cut. */
export const parse = (text: string): Node | undefined => {
  const tokens = tokensOf(text)
  let at = 0
  const value = (): Value | undefined => {
    const token = tokens[at++]
    if (token === undefined || token === "}" || token === ")" || token === "]") return undefined
    if (token === "{") return node()
    if (token === "(") return list()
    // A constant is its length, then its bytes in brackets.
    if (tokens[at] === "[" && /^\d+$/.test(token)) return bytes()
    return token
  }
  const node = (): Node | undefined => {
    const kind = tokens[at++]
    if (kind === undefined) return undefined
    const fields = new Map<string, Value>()
    while (tokens[at] !== "}") {
      const name = tokens[at++]
      if (name === undefined || !name.startsWith(":")) return undefined
      // A field may have no value, or several words, of which the last is kept.
      let last: Value = ""
      for (let next = tokens[at]; next !== "}" && !next?.startsWith(":"); next = tokens[at]) {
        const read = value()
        if (read === undefined) return undefined
        last = read
      }
      fields.set(name.slice(1), last)
    }
    at++
    return { kind, fields }
  }
  const list = (): ReadonlyArray<Value> | undefined => {
    const items: Array<Value> = []
    while (tokens[at] !== ")") {
      const item = value()
      if (item === undefined) return undefined
      items.push(item)
    }
    at++
    return items
  }
  const bytes = (): Uint8Array | undefined => {
    const end = tokens.indexOf("]", at)
    if (end < 0) return undefined
    const numbers = tokens.slice(at + 1, end).map(Number)
    at = end + 1
    return Uint8Array.from(numbers)
  }
  const read = value()
  return at === tokens.length && isNode(read) ? read : undefined
}

const tokensOf = (text: string): ReadonlyArray<string> => {
  const pattern = new RegExp(TOKEN)
  const tokens: Array<string> = []
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) tokens.push(match[1] ?? "")
  return tokens
}

/** Whether a value is a node. */
export const isNode = (value: Value | undefined): value is Node =>
  typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array)
