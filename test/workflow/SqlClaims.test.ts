import { expect, layer } from "@effect/vitest"
import { Duration, Effect, Fiber, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { ServerRepository } from "../../src/workflow/ServerRepository.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { eventually } from "../fixtures/eventually.ts"
import { owned } from "../fixtures/owned.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { complete, ghost, given, runs, task } from "../fixtures/TestWorkflows.ts"

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("claims in PostgreSQL", (it) => {
  it.scoped("a claim that is under way holds what it takes and nothing else: another takes what is left", () =>
    Effect.gen(function* () {
      const { url, work: sql } = yield* Database
      const repository = yield* WorkflowRepository
      const projectId = yield* TestInfra.project
      const servers = [yield* uuidv7, yield* uuidv7] as const
      yield* Effect.forEach(servers, (id) => ghost(id, Duration.hours(1)))
      const first = yield* repository.insert(given(yield* uuidv7, projectId, Option.none(), { kind: "early" }))
      const second = yield* repository.insert(given(yield* uuidv7, projectId, Option.none(), { kind: "late" }))
      yield* sql.unsafe(`CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_advisory_xact_lock(4712); RETURN NULL; END $$`)
      yield* sql.unsafe(`CREATE TRIGGER stand_still AFTER UPDATE ON engine.workflows FOR EACH ROW
        WHEN (NEW.id = '${first.id}') EXECUTE FUNCTION stand_still()`)
      const holder = yield* TestDatabase.connect(url)
      yield* holder`SELECT pg_advisory_lock(4712)`
      const claim = (serverId: string) =>
        Effect.map(repository.claim(serverId, runs("early", "late"), 1), (claimed) => claimed.map(({ id }) => id))
      const one = yield* Effect.fork(claim(servers[0]))
      yield* eventually(
        "it stands still",
        holder`SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4712 AND NOT granted`,
        (waiting) => waiting.length === 1
      )
      expect(yield* claim(servers[1])).toEqual([second.id])
      yield* holder`SELECT pg_advisory_unlock(4712)`
      expect(yield* Fiber.join(one)).toEqual([first.id])
      yield* sql`DROP FUNCTION stand_still CASCADE`
    })
  )

  it.scoped("a zombie's open transaction under the fence holds no revocation off, and the claim waits for it", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const servers = yield* ServerRepository
      const { ownership, projectId, serverId } = yield* owned
      const taker = yield* uuidv7
      yield* ghost(taker, Duration.hours(1))
      const inside = yield* Effect.makeLatch()
      const leave = yield* Effect.makeLatch()
      const zombie = yield* Effect.fork(
        complete(repository, ownership, task("a", { status: "completed" }), Effect.zipRight(inside.open, leave.await))
      )
      yield* inside.await
      yield* servers.remove(serverId)
      expect(yield* repository.revokeOrphans).toBeGreaterThan(0)
      const claim = Effect.map(repository.claim(taker, runs("given"), 100), (all) => all.map(({ id }) => id))
      expect(yield* claim).not.toContain(ownership.workflowId)
      yield* leave.open
      yield* zombie
      yield* eventually("it is claimed", claim, (ids) => ids.includes(ownership.workflowId))
      expect((yield* repository.tasks(projectId, ownership.workflowId)).map(({ status }) => status)).toEqual([
        "completed"
      ])
    })
  )
})
