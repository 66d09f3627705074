import type { Allowed } from "./Catalog.ts"
import { isNode, type Node, parse, type Value } from "./NodeTree.ts"

/** The values or the range that a condition allows. */
export type Limits = Omit<Allowed, "by" | "inArrays">

/** What is needed to interpret an expression of one database. */
export interface Reading {
  /** The names of PostgreSQL's own comparison operators, by oid. */
  readonly operators: ReadonlyMap<number, string>
  /** Decodes bytes in the database's encoding; undefined where they are not valid text. */
  readonly decode: (bytes: Uint8Array) => string | undefined
}

/** Stands for the column number where the expression is a domain's CHECK. */
export const DOMAIN_VALUE = 0

/**
 * What a CHECK (as `pg_node_tree`) allows, by column number; of an array column, what it allows as elements. Understood are `IN`,
 * `= ANY (ARRAY[…])`, `<@ ARRAY[…]`, equalities joined by OR, comparisons with constants, and conjunctions of these. A conjunct that is not understood is ignored: the others hold without it.
 */
export const limits = (expression: string, reading: Reading): ReadonlyMap<number, Limits> => {
  const node = parse(expression)
  return node === undefined ? new Map() : conjunction(node, reading)
}

/** `limits` with a cache by expression, because copies of a schema repeat the same CHECKs. */
export const reader = (reading: Reading): ((expression: string) => ReadonlyMap<number, Limits>) => {
  const known = new Map<string, ReadonlyMap<number, Limits>>()
  return (expression) => {
    const before = known.get(expression)
    if (before !== undefined) return before
    if (known.size >= REMEMBERED) known.clear()
    const read = limits(expression, reading)
    known.set(expression, read)
    return read
  }
}

/** The most expressions in the cache, a few megabytes; then it is emptied. */
const REMEMBERED = 500

const NOTHING: ReadonlyMap<number, Limits> = new Map()

const conjunction = (node: Node, reading: Reading): ReadonlyMap<number, Limits> => {
  if (node.kind === "BOOLEXPR" && node.fields.get("boolop") === "and") {
    return nodes(node, "args")
      .map((part) => conjunction(part, reading))
      .reduce(both, NOTHING)
  }
  if (node.kind === "BOOLEXPR" && node.fields.get("boolop") === "or") {
    const args = nodes(node, "args")
    const parts = args.filter((part) => !isNullTest(part))
    const read = parts.map((part) => [...conjunction(part, reading)])
    const column = read[0]?.[0]?.[0]
    const values = read.flatMap((each) => {
      const [only] = each
      return each.length === 1 && only !== undefined && only[0] === column ? [only[1]] : []
    })
    if (column === undefined || values.length !== parts.length) return NOTHING
    // NULL in another column allows this one everything.
    if (args.some((part) => isNullTest(part) && testedColumn(part) !== column)) return NOTHING
    const [first] = values
    if (first !== undefined && values.length === 1) return new Map([[column, first]])
    const all = values.flatMap((each) => (each.values === undefined ? [] : [each.values]))
    return all.length === values.length ? new Map([[column, { values: [...new Set(all.flat())] }]]) : NOTHING
  }
  return comparison(node, reading)
}

/** Whether a disjunct is `… IS NULL`, which allows its own column no further value: a CHECK that is NULL passes anyway. */
const isNullTest = (node: Node) => node.kind === "NULLTEST" && node.fields.get("nulltesttype") === "0"

const testedColumn = (node: Node): number | undefined => {
  const argument = node.fields.get("arg")
  return isNode(argument) ? columnOf(argument) : undefined
}

const FLIPPED: Readonly<Record<string, string>> = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" }

const comparison = (node: Node, reading: Reading): ReadonlyMap<number, Limits> => {
  const operator = reading.operators.get(Number(node.fields.get("opno")))
  const [left, right] = nodes(node, "args")
  if (operator === undefined || left === undefined || right === undefined) return NOTHING
  const column = columnOf(left)
  if (node.kind === "SCALARARRAYOPEXPR") {
    return operator === "=" && node.fields.get("useOr") === "true" ? listed(column, right, reading) : NOTHING
  }
  if (node.kind !== "OPEXPR") return NOTHING
  if (operator === "<@") return listed(column, right, reading)
  if (operator === "@>") return listed(columnOf(right), left, reading)
  if (column !== undefined) return bounded(column, operator, constant(right, reading))
  const other = columnOf(right)
  return other === undefined ? NOTHING : bounded(other, FLIPPED[operator] ?? "", constant(left, reading))
}

/** The constants of `ARRAY[…]`, of which a column has one, or an array column no others. */
const listed = (column: number | undefined, node: Node, reading: Reading): ReadonlyMap<number, Limits> => {
  const array = uncast(node)
  if (column === undefined || !isArray(array)) return NOTHING
  const values = nodes(array, "elements").map((element) => constant(element, reading))
  return isComplete(values) && values.length > 0 ? new Map([[column, { values: [...new Set(values)] }]]) : NOTHING
}

/** Whether a node is `ARRAY[…]`: `ARRAY` up to PostgreSQL 15, `ARRAYEXPR` from 16. */
const isArray = (node: Node | undefined): node is Node => node?.kind === "ARRAYEXPR" || node?.kind === "ARRAY"

const isComplete = (values: ReadonlyArray<string | undefined>): values is ReadonlyArray<string> =>
  !values.includes(undefined)

const bounded = (column: number, operator: string, value: string | undefined): ReadonlyMap<number, Limits> => {
  if (value === undefined) return NOTHING
  switch (operator) {
    case "=":
      return new Map([[column, { values: [value] }]])
    case ">":
    case ">=":
      return new Map([[column, { low: { value, inclusive: operator === ">=" } }]])
    case "<":
    case "<=":
      return new Map([[column, { high: { value, inclusive: operator === "<=" } }]])
    default:
      return NOTHING
  }
}

/** The conjunction of two results: of two lists of values their intersection, of two lower or two upper bounds the first. */
export const both = (a: ReadonlyMap<number, Limits>, b: ReadonlyMap<number, Limits>): ReadonlyMap<number, Limits> => {
  const all = new Map(a)
  for (const [column, limits] of b) {
    const known = all.get(column)
    const values =
      known?.values === undefined
        ? limits.values
        : limits.values === undefined
          ? known.values
          : known.values.filter((value) => limits.values?.includes(value))
    all.set(column, values !== undefined ? { values } : { ...limits, ...known })
  }
  return all
}

const nodes = (node: Node, field: string): ReadonlyArray<Node> => {
  const value = node.fields.get(field)
  return isList(value) ? value.filter(isNode) : []
}

const isList = (value: Value | undefined): value is ReadonlyArray<Value> => Array.isArray(value)

/** `COERCE_IMPLICIT_CAST` of `CoercionForm`: the parser added the call as a cast. */
const IMPLICIT_CAST = "2"

/** The argument of casts that change no value: to a binary-compatible type, or an implicit one. */
const uncast = (node: Node | undefined): Node | undefined => {
  if (node === undefined) return undefined
  const argument = node.fields.get("arg")
  if ((node.kind === "RELABELTYPE" || node.kind === "ARRAYCOERCEEXPR") && isNode(argument)) return uncast(argument)
  if (node.kind === "FUNCEXPR" && node.fields.get("funcformat") === IMPLICIT_CAST) {
    const [first, ...more] = nodes(node, "args")
    return more.length === 0 ? uncast(first) : node
  }
  return node
}

const columnOf = (node: Node): number | undefined => {
  const inner = uncast(node)
  if (inner?.kind === "COERCETODOMAINVALUE") return DOMAIN_VALUE
  return inner?.kind === "VAR" ? Number(inner.fields.get("varattno")) : undefined
}

/** Decoders of constants by type oid (bool, int8, int2, int4, text, float8, bpchar, varchar, date, numeric), of little-endian servers. */
const TYPES: Readonly<Record<string, (bytes: Uint8Array, reading: Reading) => string | undefined>> = {
  16: ([byte]) => (byte === 1 ? "true" : "false"),
  20: (bytes) => integer(bytes, 64),
  21: (bytes) => integer(bytes, 16),
  23: (bytes) => integer(bytes, 32),
  25: (bytes, { decode }) => decode(bytes.subarray(VARLENA)),
  701: (bytes) => String(view(bytes).getFloat64(0, true)),
  1042: (bytes, { decode }) => decode(bytes.subarray(VARLENA))?.replace(/ +$/, ""),
  1043: (bytes, { decode }) => decode(bytes.subarray(VARLENA)),
  1082: (bytes) => day(Number(integer(bytes, 32))),
  1700: (bytes) => numeric(bytes.subarray(VARLENA))
}

/** Bytes of the length header of a value of variable length. */
const VARLENA = 4

const constant = (node: Node, reading: Reading): string | undefined => {
  const inner = uncast(node)
  const bytes = inner?.fields.get("constvalue")
  if (inner?.kind !== "CONST" || !(bytes instanceof Uint8Array)) return undefined
  // A length that does not match is of a big-endian server, whose constants are not decoded.
  if (inner.fields.get("constlen") === "-1" && view(bytes).getUint32(0, true) >>> 2 !== bytes.length) return undefined
  return TYPES[String(inner.fields.get("consttype"))]?.(bytes, reading)
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** An integer that is stored in eight bytes. One that does not fit its type is of a big-endian server: undefined. */
const integer = (bytes: Uint8Array, bits: number): string | undefined => {
  const value = view(bytes).getBigInt64(0, true)
  return BigInt.asIntN(bits, value) === value ? String(value) : undefined
}

/** A date from days since 2000-01-01; undefined outside of the years 1 to 9999. */
const day = (days: number): string | undefined => {
  const date = new Date(Date.UTC(2000, 0, 1) + days * 86_400_000)
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1 || date.getUTCFullYear() > 9999
    ? undefined
    : date.toISOString().slice(0, 10)
}

/** A numeric from its stored form: a header with sign, scale and weight, then digits to base 10,000; undefined for NaN and infinities. */
const numeric = (bytes: Uint8Array): string | undefined => {
  const data = view(bytes)
  if (bytes.length < 2) return undefined
  const header = data.getUint16(0, true)
  if ((header & 0xc000) === 0xc000) return undefined
  const short = (header & 0x8000) !== 0
  const negative = short ? (header & 0x2000) !== 0 : (header & 0xc000) === 0x4000
  const scale = short ? (header & 0x1f80) >> 7 : header & 0x3fff
  const weight = short ? (header & 0x3f) | ((header & 0x40) === 0 ? 0 : ~0x3f) : data.getInt16(2, true)
  const digits = Array.from({ length: (bytes.length - (short ? 2 : 4)) / 2 }, (_, at) =>
    String(data.getInt16((short ? 2 : 4) + 2 * at, true)).padStart(4, "0")
  ).join("")
  const whole = 4 * (weight + 1)
  const padded = whole < 0 ? "0".repeat(-whole) + digits : digits
  const point = Math.max(0, whole)
  const integer =
    padded
      .slice(0, point)
      .padEnd(point, "0")
      .replace(/^0+(?=\d)/, "") || "0"
  const fraction = padded.slice(point, point + scale).padEnd(scale, "0")
  return `${negative ? "-" : ""}${integer}${fraction === "" ? "" : `.${fraction}`}`
}
