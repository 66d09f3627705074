import { expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Option } from "effect"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { eventually } from "../fixtures/eventually.ts"
import { ghost, given, ownershipOf } from "../fixtures/TestWorkflows.ts"
import type { Ownership } from "../../src/workflow/WorkflowState.ts"
import { ENDINGS } from "./ModelAction.ts"

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

it.scopedLive("what has waited for a takeover to be stored says that the ownership is lost", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const sql = yield* TestDatabase.connect(url)
    const holder = yield* TestDatabase.connect(url)
    yield* Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const projectId = yield* TestInfra.project
      const ownerId = yield* uuidv7
      yield* ghost(ownerId, Duration.hours(1))
      const store = {
        ended: (ownership: Ownership) => repository.end(ownership, ENDINGS.cancelled),
        listed: (ownership: Ownership) => repository.save(ownership, { tasks: [], progress: Option.none() })
      }
      for (const stored of [store.ended, store.listed]) {
        const id = yield* uuidv7
        const workflow = yield* repository.insert(given(id, projectId, Option.some(ownerId)))
        yield* holder`BEGIN`
        yield* holder`SELECT FROM engine.workflows WHERE id = ${id} FOR UPDATE`
        yield* holder`UPDATE engine.workflows SET owner_id = NULL, state = 'pending', freed_at = now(), epoch = epoch + 1
          WHERE id = ${id}`
        const waiting = yield* Effect.fork(Effect.flip(stored(ownershipOf(workflow))))
        yield* eventually(
          "it waits for the row",
          sql`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          (waits) => waits.length === 1
        )
        yield* holder`COMMIT`
        expect(yield* Fiber.join(waiting)).toMatchObject({ _tag: "OwnershipLost" })
      }
    }).pipe(Effect.provide(TestInfra.databaseAt(url)))
  })
)
