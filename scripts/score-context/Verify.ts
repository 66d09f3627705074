import { Effect, type Redacted } from "effect"
import * as Datasets from "../score/Datasets.ts"
import type { Asked } from "./Needs.ts"

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

/** Figures of a page that are wrong: each expression of "Figures", and the least and most rows of each join, is run again. */
export const page = (url: Redacted.Redacted, text: string) =>
  Effect.gen(function* () {
    const sql = yield* Datasets.connect(url)
    yield* sql.unsafe("SET default_transaction_read_only = on")
    yield* sql.unsafe("SET timezone = 'UTC'")
    const wrong: Array<string> = []
    const first = (statement: string) =>
      Effect.map(Effect.either(sql.unsafe(statement).values), (rows) =>
        rows._tag === "Left" ? [`failed: ${statement}`] : (rows.right[0] ?? []).map(String)
      )
    const rounded = (value: string) => Math.round(Number(value) * 100) / 100
    let checked = 0
    for (const line of text.split("\n")) {
      for (const [all, value = "", expression = ""] of line.matchAll(/(-?\d[\d.]*): `([^`]+ FROM [^`]+)`/g)) {
        const [found = ""] = yield* first(`SELECT (${expression.replace(" FROM ", ")::text FROM ")}`)
        checked++
        if (Math.abs(rounded(found) - Number(value)) > 0.011) wrong.push(`${all}: is ${found}`)
      }
    }
    let table = ""
    for (const line of (text.split("```text\n")[1] ?? "").split("\n")) {
      const head = /^(?! |==|```)(\S+) \((\d+)\)/.exec(line)
      if (head?.[1] !== undefined) {
        table = head[1]
        const [rows] = yield* first(`SELECT count(*)::text FROM ${table}`)
        checked++
        if (rows !== head[2]) wrong.push(`${line}: ${rows} rows`)
      } else if (/^\S/.test(line)) table = ""
      const join = /^ {2}(\S+) -> ([^\s()]+)\.(\S+) \((\d+)…(\d+)\)(?! where)/.exec(line)
      if (table === "" || line === "") continue
      if (join !== null) {
        const [, column = "", to = "", key = "", least, most] = join
        const [low, high] = yield* first(
          `SELECT min(n)::text, max(n)::text FROM (SELECT count(c.${column}) AS n FROM ${to} p LEFT JOIN ${table} c ON c.${column} = p.${key} GROUP BY p.${key}) g`
        )
        checked++
        if (low !== least || high !== most) wrong.push(`${table}${line}: ${low}…${high}`)
      }
      const column = /^ {2}("[^"]+"|\S+) (?!\+)/.exec(line)?.[1]
      if (column === undefined || column === "+" || head !== null) continue
      for (const [, literal = "", count = ""] of line.matchAll(
        /(?<![= ]{2}|= )('(?:[^']|'')*'|-?\d[\d.]*|true|false)(?: = (?:'(?:[^']|'')*'|"[^"]*"|yes))? \((\d+)\)(?!…)/g
      )) {
        const [rows] = yield* first(
          `SELECT count(*)::text FROM ${table} WHERE ${column}${/^(?:true|false)$/.test(literal) ? "" : "::text"} = ${literal.startsWith("'") ? literal : `'${literal}'`}`
        )
        checked++
        if (rows !== count) wrong.push(`${table}${line}: ${literal} ${rows}`)
      }
    }
    return [...wrong, ...(checked === 0 ? ["nothing was checked"] : [])]
  }).pipe(Effect.scoped)
