/** A node of an expression as PostgreSQL stores it (`pg_node_tree`): its kind, and its fields by name. */
export interface Node {
  readonly kind: string
  readonly fields: ReadonlyMap<string, Value>
}

/** Bytes are those of a constant; anything that is neither a node, a list nor bytes is a word. */
export type Value = string | Node | Uint8Array | ReadonlyArray<Value>

const TOKEN = /\s*([{}()[\]]|"(?:\\.|[^"\\])*"|(?:\\.|[^\s{}()[\]"\\])+)/y

/** An expression's nodes; undefined where the text is none, as one that was cut is not. */
export const parse = (text: string): Node | undefined => {
  const tokens = tokensOf(text)
  let at = 0
  const value = (): Value | undefined => {
    const token = tokens[at++]
    if (token === undefined || token === "}" || token === ")" || token === "]") return undefined
    if (token === "{") return node()
    if (token === "(") return list()
    // The length of a constant stands before its bytes.
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
      // A field may be empty, or of several words.
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
