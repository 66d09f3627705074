import { Data, Effect, Either, ParseResult, type Schema, type SchemaAST } from "effect"
import { mapInSteps, stepwise } from "../steps/Steps.ts"
import { plainDecoder, REFUSED } from "./PlainDecoder.ts"

/** A value does not match its schema. The message says where and what was expected, and never the value, which may be a datasource's. */
class UnexpectedValue extends Data.TaggedError("UnexpectedValue")<{ readonly message: string }> {}

/** Decodes a value, and throws `UnexpectedValue` if it does not match `schema`: an error of `Schema` itself would quote the value. */
export const decoder = <A, I>(schema: Schema.Schema<A, I>): ((value: unknown) => A) => {
  const decode = ParseResult.decodeUnknownEither(schema)
  const decodePlain = plainDecoder(schema.ast)
  const isDecoded = (decoded: unknown): decoded is A => decoded !== REFUSED
  return (value) => {
    const decoded = decodePlain(value)
    // Only `ParseResult` can say what is wrong.
    return isDecoded(decoded) ? decoded : orUnexpected(decode(value))
  }
}

/** Encodes a value, and throws `UnexpectedValue` if it does not match `schema`. */
export const encoder = <A, I>(schema: Schema.Schema<A, I>): ((value: A) => I) => {
  const encode = ParseResult.encodeEither(schema)
  return (value) => orUnexpected(encode(value))
}

const orUnexpected = <A>(result: Either.Either<A, ParseResult.ParseIssue>): A =>
  Either.getOrThrowWith(
    result,
    (issue) => new UnexpectedValue({ message: `a value was not as expected: ${expectation(issue)}` })
  )

/** The place of the first mismatch and what was expected there: `columns[0].nulls: Int`. */
const expectation = (issue: ParseResult.ParseIssue, path = ""): string => {
  switch (issue._tag) {
    case "Pointer":
      return expectation(issue.issue, [issue.path].flat().reduce<string>(within, path))
    case "Composite": {
      const [first] = [issue.issues].flat()
      return first === undefined || isUnion(issue.ast) ? at(path, String(issue.ast)) : expectation(first, path)
    }
    case "Refinement":
    case "Transformation":
      return expectation(issue.issue, path)
    case "Unexpected":
      return at(path, "nothing")
    default:
      return at(path, String(issue.ast))
  }
}

const isUnion = (ast: SchemaAST.AST) => ast._tag === "Union"

const within = (path: string, key: PropertyKey): string =>
  typeof key === "number" ? `${path}[${key}]` : path === "" ? String(key) : `${path}.${String(key)}`

const at = (path: string, expected: string) => (path === "" ? expected : `${path}: ${expected}`)

/** Decodes rows one by one, and yields to other fibers where there are many. A row that does not match `schema` is a defect. */
export const decodeRows = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = decoder(schema)
  return (rows: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<A>> =>
    stepwise(() => mapInSteps(rows, (row) => decode(row)))
}

/** JSON that `jsonb` accepts: NUL and lone surrogates are replaced by U+FFFD. */
export const toJson = (value: unknown): string => {
  const json = JSON.stringify(value)
  // A replacer takes several times as long: only where there may be something to replace.
  return MAY_BE_REFUSED.test(json)
    ? JSON.stringify(value, (_, part: unknown) =>
        typeof part === "string" ? part.replace(/[\0\p{Surrogate}]/gu, "\uFFFD") : part
      )
    : json
}

/** The escapes of NUL and of lone surrogates, or what looks like them. */
const MAY_BE_REFUSED = /\\u(?:0000|d[89a-f])/

/** `toJson` of a list; yields to other fibers where it is long. */
export const listToJson = (items: Iterable<unknown>): Effect.Effect<string> =>
  Effect.map(
    stepwise(() => mapInSteps(items, toJson)),
    (parts) => `[${parts.join(",")}]`
  )
