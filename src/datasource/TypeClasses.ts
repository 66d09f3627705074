import type { TypeClass } from "./Catalog.ts"

/** A column's type as the catalog describes it; a domain is resolved to its base type. */
export interface BaseType {
  /** `pg_type.typname`: `int4`, `bpchar`, … */
  readonly name: string
  /** Whether it is in `pg_catalog`, and so neither an extension's nor a user's. */
  readonly builtIn: boolean
  /** `pg_type.typtype`: b base, e enum, c composite, r range, m multirange. */
  readonly kind: string
  /** `pg_type.typcategory`: A array, N number, S string, … */
  readonly category: string
  /** The type modifier of the column or its domain; -1 without one. */
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

/** Element types of arrays that may contain references to keys. */
const KEY_TYPES: ReadonlyArray<string> = ["int2", "int4", "int8", "numeric", "uuid", "text", "varchar", "bpchar"]

/** The class of the elements of an array type, where they may be keys of another table; undefined for any other type. */
export const elementClass = ({ builtIn, name }: Pick<BaseType, "builtIn" | "name">): TypeClass | undefined =>
  builtIn && name.startsWith("_") && KEY_TYPES.includes(name.slice(1))
    ? (CLASSES[name.slice(1)] ?? "number")
    : undefined

/** PostgreSQL's `VARHDRSZ`, which is added to type modifiers. */
const MODIFIER_HEADER = 4

/** The class of a type. Enums, citext and other string types of extensions are text; `numeric` with scale 0 is an integer. */
export const typeClass = (type: BaseType): TypeClass => {
  if (type.kind === "e") return "text"
  if (type.category === "A" || type.kind !== "b") return "other"
  if (!type.builtIn) return type.category === "S" ? "text" : "other"
  if (type.name !== "numeric") return CLASSES[type.name] ?? "other"
  const scale = (type.modifier - MODIFIER_HEADER) & 0x7ff
  return type.modifier >= MODIFIER_HEADER && scale === 0 ? "integer" : "number"
}
