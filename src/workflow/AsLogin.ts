import type { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"

/** Runs an effect as the transaction's login, which has the engine's rights where a tenant's role has not. */
export const asLogin =
  (sql: PgClient.PgClient) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const [before] = yield* sql<{ role: string }>`
        SELECT current_setting('role') AS role, set_config('role', 'none', true) AS set`
      const result = yield* effect
      yield* sql`SELECT set_config('role', ${before?.role ?? "none"}, true)`
      return result
    })
