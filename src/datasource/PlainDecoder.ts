import { Either, Option, ParseResult, Predicate, Schema, SchemaAST } from "effect"

/** What a decoder returns for a value that does not match. */
export const REFUSED: unique symbol = Symbol("workflow-infra/datasource/PlainDecoder/REFUSED")

/** Decodes a value, or returns `REFUSED`. */
export type PlainDecoder = (value: unknown) => unknown

/**
 * Decodes as `ParseResult` does, in a fraction of its time, because it keeps nothing that an error would say: no place, no `Either` for each
 * value, and lists of plain values as they are. What it does not know (transformations, declarations, tuples, records) `ParseResult` decodes.
 */
export const plainDecoder = (ast: SchemaAST.AST): PlainDecoder => {
  switch (ast._tag) {
    case "StringKeyword":
      return (value) => (typeof value === "string" ? value : REFUSED)
    case "NumberKeyword":
      return (value) => (typeof value === "number" ? value : REFUSED)
    case "BooleanKeyword":
      return (value) => (typeof value === "boolean" ? value : REFUSED)
    case "UndefinedKeyword":
      return (value) => (value === undefined ? value : REFUSED)
    case "UnknownKeyword":
      return (value) => value
    case "Literal": {
      const { literal } = ast
      return (value) => (value === literal ? value : REFUSED)
    }
    case "Refinement": {
      const from = plainDecoder(ast.from)
      return (value) => {
        const decoded = from(value)
        if (decoded === REFUSED) return REFUSED
        return Option.isNone(ast.filter(decoded, SchemaAST.defaultParseOption, ast)) ? decoded : REFUSED
      }
    }
    case "TupleType": {
      const [item] = ast.rest
      return item === undefined || ast.rest.length > 1 || ast.elements.length > 0 ? whole(ast) : list(item.type)
    }
    case "TypeLiteral":
      return ast.indexSignatures.length > 0 || ast.propertySignatures.length === 0 ? whole(ast) : struct(ast)
    case "Union":
      return union(ast)
    case "Transformation":
      return ast.transformation._tag === "ComposeTransformation" ? both(ast) : whole(ast)
    default:
      return whole(ast)
  }
}

const whole = (ast: SchemaAST.AST): PlainDecoder => {
  const decode = ParseResult.decodeUnknownEither(Schema.make<unknown, unknown, never>(ast))
  return (value) => Either.getOrElse(decode(value), () => REFUSED)
}

const both = ({ from, to }: SchemaAST.Transformation): PlainDecoder => {
  const [first, second] = [plainDecoder(from), plainDecoder(to)]
  return (value) => {
    const decoded = first(value)
    return decoded === REFUSED ? REFUSED : second(decoded)
  }
}

const list = (item: SchemaAST.AST): PlainDecoder => {
  const decode = plainDecoder(item)
  return (value) => {
    if (!Array.isArray(value)) return REFUSED
    const items: ReadonlyArray<unknown> = value
    let changed: Array<unknown> | undefined
    for (let place = 0; place < items.length; place++) {
      const decoded = decode(items[place])
      if (decoded === REFUSED) return REFUSED
      if (changed === undefined && decoded !== items[place]) changed = items.slice(0, place)
      changed?.push(decoded)
    }
    return changed ?? items
  }
}

/** In the order of the schema, without what it does not name. */
const struct = ({ propertySignatures }: SchemaAST.TypeLiteral): PlainDecoder => {
  const properties = propertySignatures.map(({ isOptional, name, type }) => ({
    name,
    isOptional,
    decode: plainDecoder(type)
  }))
  return (value) => {
    if (!Predicate.isRecord(value)) return REFUSED
    const decoded: Record<PropertyKey, unknown> = {}
    for (const { decode, isOptional, name } of properties) {
      if (Object.hasOwn(value, name)) {
        const property = decode(value[name])
        if (property === REFUSED) return REFUSED
        decoded[name] = property
      } else if (!isOptional) return REFUSED
    }
    return decoded
  }
}

/** Of types of which at most one matches: whichever `ParseResult` tries first, it finds the same. */
const union = (ast: SchemaAST.Union): PlainDecoder => {
  const { types } = ast
  const literals = new Set<unknown>(types.flatMap((type) => (SchemaAST.isLiteral(type) ? [type.literal] : [])))
  if (literals.size === types.length) return (value) => (literals.has(value) ? value : REFUSED)
  const structs = types.filter(SchemaAST.isTypeLiteral)
  const lists = types.filter(SchemaAST.isTupleType)
  const isExclusive =
    types.filter(isScalar).length + structs.length + lists.length === types.length &&
    structs.every((one, place) => structs.slice(0, place).every((other) => areApart(one, other))) &&
    lists.length <= 1
  if (!isExclusive) return whole(ast)
  const decoders = types.map(plainDecoder)
  return (value) => {
    for (const decode of decoders) {
      const decoded = decode(value)
      if (decoded !== REFUSED) return decoded
    }
    return REFUSED
  }
}

/** Whether a type decodes a string, a number, a boolean, null or undefined, each as it is. */
const isScalar = (ast: SchemaAST.AST): boolean =>
  SchemaAST.isRefinement(ast)
    ? isScalar(ast.from)
    : SchemaAST.isLiteral(ast) ||
      SchemaAST.isStringKeyword(ast) ||
      SchemaAST.isNumberKeyword(ast) ||
      SchemaAST.isBooleanKeyword(ast) ||
      SchemaAST.isUndefinedKeyword(ast)

/** Whether a property has one literal in one struct and another in the other. */
const areApart = (one: SchemaAST.TypeLiteral, other: SchemaAST.TypeLiteral): boolean =>
  one.propertySignatures.some(({ name, type }) =>
    other.propertySignatures.some(
      (property) =>
        property.name === name &&
        SchemaAST.isLiteral(type) &&
        SchemaAST.isLiteral(property.type) &&
        type.literal !== property.type.literal
    )
  )
