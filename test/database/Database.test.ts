import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

/** What a tenant's transaction, and what the engine's own statements wait for on a database that is set so. */
const waits = (setting: string) =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const sql = yield* TestDatabase.connect(url)
    yield* sql.unsafe(`ALTER DATABASE ${TestDatabase.nameOf(url)} SET synchronous_commit = ${setting}`)
    return yield* Effect.gen(function* () {
      const { books, tenantTransaction, work } = yield* Database
      const shown = (client: typeof work) =>
        Effect.map(client<{ now: string }>`SELECT current_setting('synchronous_commit') AS now`, ([row]) => row?.now)
      const projectId = yield* uuidv7
      return { tenant: yield* tenantTransaction(projectId)(() => shown(work)), books: yield* shown(books) }
    }).pipe(Effect.provide(TestInfra.databaseAt(url)))
  })

it.scopedLive("what a task commits is on disk before it counts as committed, whatever the server is set to", () =>
  Effect.gen(function* () {
    // A crash of the server alone would otherwise undo what its owner has counted as completed.
    expect(yield* waits("off")).toEqual({ tenant: "on", books: "off" })
    expect(yield* waits("local")).toEqual({ tenant: "local", books: "local" })
    expect(yield* waits("on")).toEqual({ tenant: "on", books: "on" })
  })
)
