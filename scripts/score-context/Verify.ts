import { Effect, type Redacted } from "effect"
import * as Datasets from "../score/Datasets.ts"
import { sayings } from "./Checks.ts"
import type { Asked } from "./Needs.ts"
import { readPage } from "./Page.ts"

/** Runs every question's query, in a transaction that only reads; dies where one fails, or is empty against its word. */
export const questions = (url: Redacted.Redacted, asked: ReadonlyArray<Asked>) =>
  Effect.gen(function* () {
    const sql = yield* Datasets.connect(url)
    yield* sql.unsafe("SET default_transaction_read_only = on")
    for (const { empty, question, sql: query } of asked) {
      const rows = yield* sql.unsafe(query)
      if ((rows.length === 0) !== empty) return yield* Effect.dieMessage(`${rows.length} rows: ${question}`)
    }
  }).pipe(Effect.scoped)

/**
 * What a page says that is not so: its row counts, keys, joins with the rows that they have and lose, values with their counts, ranges, shares
 * of NULLs, figures and warnings are asked of the database again. `checked` is how many of them there are.
 */
export const page = (url: Redacted.Redacted, text: string) =>
  Effect.gen(function* () {
    const sql = yield* Datasets.connect(url)
    yield* sql.unsafe("SET default_transaction_read_only = on")
    yield* sql.unsafe("SET timezone = 'UTC'")
    const [, schema] = /\(first `(SET search_path TO [^`]+)`/.exec(text) ?? []
    if (schema !== undefined) yield* sql.unsafe(schema)
    const all = sayings(readPage(text))
    const wrong: Array<string> = []
    for (const { said, sql: condition } of all) {
      const answer = yield* Effect.either(sql.unsafe(`SELECT coalesce((${condition})::text, 'NULL')`).values)
      const found = answer._tag === "Left" ? String(answer.left.cause) : String(answer.right[0]?.[0])
      if (found !== "true") wrong.push(`${said}: ${found}: ${condition}`)
    }
    return { checked: all.length, wrong }
  }).pipe(Effect.scoped)
