import { expect, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { Database } from "../../src/database/Database.ts"
import * as Pooler from "../../src/database/Pooler.ts"
import * as PgBouncer from "../faults/PgBouncer.ts"
import * as Postgres from "../faults/Postgres.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"

const opened = (options: Parameters<typeof Database.layer>[0]) => Effect.scoped(Layer.build(Database.layer(options)))

it.scopedLive("a database without a pooler is none", () =>
  Effect.gen(function* () {
    expect(yield* Pooler.isInTransactionMode(yield* TestDatabase.create)).toBe(false)
  })
)

it.scopedLive("a server that cannot be reached is none, at once", () =>
  Effect.gen(function* () {
    expect(yield* Pooler.isInTransactionMode(Redacted.make("postgres://nobody@127.0.0.1:1/none"))).toBe(false)
  })
)

it.scopedLive.skipIf(!PgBouncer.isThere)(
  "a pooler in transaction mode is refused before anything is set on its connections, unless it is said (needs PgBouncer)",
  () =>
    Effect.gen(function* () {
      const { url } = yield* Postgres.make()
      const pooled = yield* PgBouncer.inFrontOf(url, 5)
      const error = yield* Effect.flip(opened({ url: pooled }))
      expect(error.message).toContain("a pooler in transaction mode")
      expect(error.message).toContain("WORKFLOW_SESSION_LOCK=false")
      const sql = yield* TestDatabase.connect(pooled)
      expect(yield* sql`SELECT FROM pg_settings WHERE source = 'session' AND name LIKE 'tcp_keepalives%'`).toEqual([])
      yield* opened({ url: pooled, sessions: false })
    })
)
