import { expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { given } from "../fixtures/TestWorkflows.ts"

/** How often it is tried: without waiting, the server writes to disk some five times a second. */
const TIMES = 20

it.scopedLive("a start is on disk before it counts as stored, on a server that waits for no commit, too", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const sql = yield* TestDatabase.connect(url)
    yield* sql.unsafe(`ALTER DATABASE ${TestDatabase.nameOf(url)} SET synchronous_commit = off`)
    yield* Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const projectId = yield* TestInfra.project
      for (let n = 0; n < TIMES; n++) {
        const id = yield* uuidv7
        const [before] = yield* sql<{ at: string }>`SELECT pg_current_wal_insert_lsn()::text AS at`
        yield* repository.insert(given(id, projectId, Option.none(), { datasourceId: Option.some(id) }))
        const [after] = yield* sql<{ isWritten: boolean }>`
          SELECT pg_current_wal_flush_lsn() > ${before?.at ?? ""}::pg_lsn AS "isWritten"`
        expect(after?.isWritten).toBe(true)
      }
    }).pipe(Effect.provide(TestInfra.databaseAt(url)))
  })
)
