import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Database } from "../../src/database/Database.ts"
import { bucketOf, Placement } from "../../src/workflow/Placement.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import * as Faults from "./Faults.ts"
import { expectCompleted } from "./Invariants.ts"
import * as Server from "./Server.ts"

const WORKFLOWS = 60
/** They stand still before their only task, until they are let go. */
const HELD = { LEDGER_HOLD: "execute:0" }

layer(Faults.database, { timeout: "60 seconds", excludeTestServices: true })("placement over processes", (it) => {
  it.scoped("spreads workflows by the hash, and those of one that is killed go to where it places them then", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const { isMine } = yield* Placement
      const starter = yield* Server.run({ WORKFLOW_MAX_ACTIVE: "0" })
      const servers = yield* Effect.all([Server.run(HELD), Server.run(HELD), Server.run(HELD)], {
        concurrency: "unbounded"
      })
      yield* eventually(
        "all have said what they run",
        sql`SELECT FROM engine.server_instances WHERE 'ledger 1' = ANY (runs)`,
        (rows) => rows.length === servers.length
      )
      const projectId = yield* TestInfra.project
      const ids = yield* Effect.forEach(
        Array.from({ length: WORKFLOWS }),
        () => starter.start({ projectId, config: { tasks: 1, millis: 0 } }),
        { concurrency: 10 }
      )
      const named = yield* Effect.forEach(servers, (server) =>
        Effect.map(server.ask({ ask: "serverId" }), (id) => ({ server, id: String(id) }))
      )
      const running = (living: ReadonlyArray<string>) =>
        eventually(
          "all run on living servers",
          sql<{ id: string; owner: string }>`SELECT id, owner_id AS owner FROM engine.workflows
            WHERE project_id = ${projectId} AND owner_id IN ${sql.in(living)}`,
          (rows) => rows.length === WORKFLOWS
        )
      /** How many are where they are placed: all of them, but on a machine that stands still for two seconds. */
      const expectPlaced = (rows: ReadonlyArray<{ id: string; owner: string }>, living: ReadonlyArray<string>) =>
        expect(rows.filter(({ id, owner }) => isMine(owner, living)(bucketOf(id))).length).toBeGreaterThan(
          WORKFLOWS * 0.8
        )

      const all = named.map(({ id }) => id)
      const before = yield* running(all)
      expectPlaced(before, all)

      const [killed, ...left] = named
      yield* killed?.server.kill ?? Effect.void
      const living = left.map(({ id }) => id)
      const after = yield* running(living)
      expectPlaced(after, living)
      // Nothing moves that has an owner.
      const stayed = before.filter(({ owner }) => owner !== killed?.id)
      expect(after).toEqual(expect.arrayContaining(stayed))

      yield* Effect.forEach(left, ({ server }) => server.ask({ ask: "go", how: "on" }))
      yield* Effect.forEach(ids, (id) => expectCompleted({ id, projectId }, 1), { discard: true })
    }).pipe(Faults.soundly)
  )
})
