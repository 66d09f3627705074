import { Effect, Schema } from "effect"
import { mapInSteps, stepwise } from "../steps/Steps.ts"

/** Decodes rows one after the other, with turns for everybody else where there are many. One that is not as `schema` says is a defect. */
export const decodeRows = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownSync(schema)
  return (rows: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<A>> =>
    stepwise(() => mapInSteps(rows, (row) => decode(row)))
}

/** As JSON that jsonb takes: it has no NUL, and no half of a character. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "string" ? part.replace(/[\0\p{Surrogate}]/gu, "\uFFFD") : part
  )

/** The same of a list, with turns for everybody else where it is long. */
export const listToJson = (items: Iterable<unknown>): Effect.Effect<string> =>
  Effect.map(
    stepwise(() => mapInSteps(items, toJson)),
    (parts) => `[${parts.join(",")}]`
  )
