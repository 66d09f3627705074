import { expect, layer } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { Database } from "../../src/database/Database.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import * as Faults from "./Faults.ts"
import * as Server from "./Server.ts"

/** Workflows after which a server is warm, and how many more leave it as it was. */
const WARM = Faults.isLong ? 1_000 : 500
const MORE = Faults.isLong ? 10_000 : 1_000
/** Heap that may come and go, in bytes: in the long form half a kilobyte for each workflow would show. */
const NOISE = 5_000_000
/** Fibers that a poll starts and ends. */
const PASSING = 5

/** Stores workflows that want an owner, and waits until they have all completed. */
const run = (count: number) =>
  Effect.gen(function* () {
    const { work: sql } = yield* Database
    const projectId = yield* TestInfra.project
    yield* sql`INSERT INTO engine.workflows (id, project_id, datasource_id, kind, state, config, epoch)
      SELECT gen_random_uuid(), ${projectId}::uuid, gen_random_uuid(), 'ledger', 'pending', '{"tasks": 2, "millis": 0}', 1
      FROM generate_series(1, ${count}::int)`
    yield* eventually(
      "all are completed",
      sql<{ n: number }>`SELECT count(*)::int AS n FROM engine.workflows
        WHERE project_id = ${projectId} AND state = 'completed'`,
      ([seen]) => seen?.n === count
    ).pipe(Effect.retry(Schedule.recurs(30)))
  })

layer(Faults.database, { timeout: "60 seconds", excludeTestServices: true })("a server", (it) => {
  it.scoped(
    `after ${WARM} workflows and ${MORE} more has the memory, the connections and the fibers that it had`,
    () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        const server = yield* Server.run()
        const vitals = Effect.gen(function* () {
          yield* eventually("none is active", server.ask({ ask: "active" }), (active) => active === 0)
          const ports = yield* server.proxy.ports
          const sessions = yield* sql`SELECT FROM pg_stat_activity WHERE client_port = ANY(${ports}::int[])`
          return {
            heap: Number(yield* server.ask({ ask: "heap" })),
            fibers: Number(yield* server.ask({ ask: "fibers" })),
            sessions: sessions.length
          }
        })
        yield* run(WARM)
        const before = yield* vitals
        yield* run(MORE)
        const after = yield* vitals
        expect(after.heap - before.heap).toBeLessThan(NOISE)
        expect(after.fibers - before.fibers).toBeLessThanOrEqual(PASSING)
        expect(after.sessions).toBeLessThanOrEqual(Math.max(before.sessions, Server.CONNECTIONS))
        yield* Server.expectNoLeak(server)
      }).pipe(Faults.soundly),
    3_600_000
  )
})
