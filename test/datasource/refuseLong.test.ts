import { expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as Pg from "pg"
import { refuseLong } from "../../src/datasource/refuseLong.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"

const MOST = 100_000

/** The lengths of a query's texts, or how it fails, on a connection of its own. */
const lengths = (url: string, text: string) =>
  Effect.promise(async () => {
    const client = new Pg.Client({ connectionString: url })
    client.on("error", () => {})
    await client.connect()
    refuseLong(client, MOST)
    try {
      const { rows } = await client.query<{ text: string }>(text)
      return rows.map((row) => row.text.length)
    } catch (error) {
      return String(error)
    } finally {
      await client.end().catch(() => {})
    }
  })

it.live("a connection breaks at a row that is too long, and at no number of shorter ones", () =>
  Effect.gen(function* () {
    const url = Redacted.value(yield* TestDatabase.serverUrl)
    // Rows of every length end at every place of a chunk.
    const many = yield* lengths(url, "SELECT repeat('x', n) AS text FROM generate_series(1, 3000) n")
    expect(many).toEqual(Array.from({ length: 3_000 }, (_, n) => n + 1))
    expect(yield* lengths(url, "SELECT repeat('x', 90000) AS text FROM generate_series(1, 20)")).toHaveLength(20)
    expect(yield* lengths(url, "SELECT repeat('x', n * 30000) AS text FROM generate_series(1, 9) n")).toMatch(
      /a row of 1 MB, which is too long/
    )
  })
)
