import { Effect, Schema } from "effect"
import { mapInSteps, stepwise } from "../steps/Steps.ts"

/** Decodes rows one by one, and yields to other fibers where there are many. A row that does not match `schema` is a defect. */
export const decodeRows = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownSync(schema)
  return (rows: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<A>> =>
    stepwise(() => mapInSteps(rows, (row) => decode(row)))
}

/** JSON that `jsonb` accepts: NUL and lone surrogates are replaced by U+FFFD. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "string" ? part.replace(/[\0\p{Surrogate}]/gu, "\uFFFD") : part
  )

/** `toJson` of a list; yields to other fibers where it is long. */
export const listToJson = (items: Iterable<unknown>): Effect.Effect<string> =>
  Effect.map(
    stepwise(() => mapInSteps(items, toJson)),
    (parts) => `[${parts.join(",")}]`
  )
