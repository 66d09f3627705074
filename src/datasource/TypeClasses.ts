import type { TypeClass } from "./Catalog.ts"

/** What the catalog says about a column's type, domains resolved to what they are made of. */
export interface BaseType {
  /** `int4`, `bpchar`, … */
  readonly name: string
  /** Whether PostgreSQL brought it (and no extension or user). */
  readonly builtIn: boolean
  /** `pg_type.typtype`: b base, e enum, c composite, r range, m multirange. */
  readonly kind: string
  /** `pg_type.typcategory`: A array, N number, S string, … */
  readonly category: string
  /** `pg_attribute.atttypmod`, or the domain's. */
  readonly modifier: number
}

const CLASSES: Readonly<Record<string, TypeClass>> = {
  int2: "integer",
  int4: "integer",
  int8: "integer",
  oid: "integer",
  float4: "number",
  float8: "number",
  money: "number",
  text: "text",
  varchar: "text",
  bpchar: "text",
  name: "text",
  char: "text",
  uuid: "uuid",
  bool: "boolean",
  date: "time",
  time: "time",
  timetz: "time",
  timestamp: "time",
  timestamptz: "time",
  json: "json",
  jsonb: "json",
  bytea: "binary"
}

/** The header that PostgreSQL adds to a type modifier. */
const MODIFIER_HEADER = 4

/** What a type is good for. Enums, citext and other string types of extensions are text; `numeric` without decimals is an integer. */
export const typeClass = (type: BaseType): TypeClass => {
  if (type.kind === "e") return "text"
  if (type.category === "A" || type.kind !== "b") return "other"
  if (!type.builtIn) return type.category === "S" ? "text" : "other"
  if (type.name !== "numeric") return CLASSES[type.name] ?? "other"
  const scale = (type.modifier - MODIFIER_HEADER) & 0x7ff
  return type.modifier >= MODIFIER_HEADER && scale === 0 ? "integer" : "number"
}
