import { expect, it } from "@effect/vitest"
import { Effect, Predicate, Redacted } from "effect"
import { Socket } from "node:net"
import * as Pg from "pg"
import { readInTurns } from "../../src/database/readInTurns.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"

/** Keeps the event loop, as the driver does that parses a chunk of rows on a slow machine. */
const work = (millis: number) => {
  const end = performance.now() + millis
  while (performance.now() < end);
}

/** How many chunks of a large result a client receives at most between two iterations of the event loop, each of which takes 11 ms. */
const mostAtOnce = (url: string, prepare: (client: Pg.Client) => void) =>
  Effect.promise(async () => {
    const client = new Pg.Client({ connectionString: url })
    await client.connect()
    prepare(client)
    const connection: unknown = Reflect.get(client, "connection")
    const stream = Predicate.hasProperty(connection, "stream") ? connection.stream : undefined
    if (!(stream instanceof Socket)) throw new Error("the driver shows no socket")
    let [now, most] = [0, 0]
    stream.on("data", () => {
      if (now++ === 0) setImmediate(() => (now = 0))
      most = Math.max(most, now)
      work(11)
    })
    const { rows } = await client.query("SELECT repeat('x', 1000) AS text FROM generate_series(1, 4000)")
    await client.end()
    expect(rows).toHaveLength(4000)
    return most
  })

it.live("a connection that receives much lets the event loop continue after 10 ms", () =>
  Effect.gen(function* () {
    const url = Redacted.value(yield* TestDatabase.serverUrl)
    // A busy server may send so slowly that not much waits to be received: then once more.
    const unlimited = mostAtOnce(url, () => {})
    expect(yield* Effect.repeat(unlimited, { until: (most) => most > 2, times: 50 })).toBeGreaterThan(2)
    expect(yield* mostAtOnce(url, readInTurns)).toBeLessThanOrEqual(2)
  })
)
