import { expect, layer } from "@effect/vitest"
import { Effect, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { given, look } from "../fixtures/TestWorkflows.ts"
import * as Faults from "./Faults.ts"
import { committed, expectCompleted, expectSound, reaches } from "./Invariants.ts"
import * as Ledger from "./Ledger.ts"
import * as Server from "./Server.ts"

const TASKS = 6

/** A server that hears nothing of what befalls its lease, and looks for nothing: what it believes to own, it goes on with. */
const DEAF = { ...Server.NO_LOCK, WORKFLOW_HEARTBEAT_INTERVAL: "1 hour", WORKFLOW_POLL_INTERVAL: "1 hour" }

/** A server of its own with a workflow that stands still at a point; before an execution, all earlier tasks have committed. */
const standingStill = (point: string, settings: Readonly<Record<string, string>>, millis = 0) =>
  Effect.gen(function* () {
    const projectId = yield* TestInfra.project
    const owner = yield* Server.run({ LEDGER_HOLD: point, ...settings })
    const id = yield* owner.start({ projectId, config: { tasks: TASKS, millis } })
    yield* owner.reached(point)
    const [kind, task] = point.split(":")
    if (kind === "execute") yield* committed({ id, projectId }, Number(task))
    return { owner, ownerId: String(yield* owner.ask({ ask: "serverId" })), workflow: { id, projectId } }
  })

/** The database's clock passes the end of a server's lease. */
const expire = (serverId: string) =>
  Effect.flatMap(
    Database,
    ({ work: sql }) =>
      sql`UPDATE engine.server_instances SET expires_at = now() - interval '1 millisecond' WHERE id = ${serverId}`
  )

/** Waits until a server has a workflow that another one had, and gives it. */
const takenFrom = (ownerId: string, workflow: { readonly id: string; readonly projectId: string }) =>
  eventually(
    "another server has the workflow",
    look(workflow.projectId, workflow.id),
    ({ ownerId: now }) => Option.isSome(now) && now.value !== ownerId
  )

layer(Faults.Survivors.layer(Server.NO_LOCK), { timeout: "60 seconds", excludeTestServices: true })(
  "ownership",
  (it) => {
    it.scoped("1: a lease expires (database clock): exactly one taker, the epoch has grown", () =>
      Effect.gen(function* () {
        const { owner, ownerId, workflow } = yield* standingStill("execute:3", Server.NO_LOCK, 100)
        yield* expire(ownerId)
        const taken = yield* takenFrom(ownerId, workflow)
        expect(taken.epoch).toBeGreaterThan(1)
        const { rows, workflow: ended } = yield* expectCompleted(workflow, TASKS)
        // One took it, once: what followed is its end, and nothing in between.
        expect([taken.epoch, ended.epoch]).toEqual([3, 4])
        expect(rows.filter(({ epoch }) => epoch === 1).map(({ pid }) => pid)).toEqual([owner.pid, owner.pid, owner.pid])
        yield* Server.expectNoLeak(owner)
      }).pipe(Faults.soundly)
    )

    it.scoped("2: a stale owner completes after takeover: nothing written, OwnershipLost, its fibers end", () =>
      Effect.gen(function* () {
        for (const point of ["commit:3", "execute:3", "end"]) {
          const { owner, ownerId, workflow } = yield* standingStill(point, DEAF)
          yield* expire(ownerId)
          // A transaction that is open holds the claim off, and not for ever; what has been revoked stays revoked.
          if (point === "commit:3") {
            yield* eventually("it is revoked", look(workflow.projectId, workflow.id), ({ epoch }) => epoch > 1)
            yield* owner.ask({ ask: "go", how: "on" })
            const { rows } = yield* expectCompleted(workflow, TASKS)
            // Under the fence since before the takeover: its group may commit, and the next owner waits for it.
            expect(rows.filter(({ epoch }) => epoch === 1).length).toBeGreaterThanOrEqual(4)
          } else {
            const { rows, workflow: ended } = yield* expectCompleted(workflow, TASKS)
            yield* owner.ask({ ask: "go", how: "on" })
            yield* eventually("its fibers have ended", owner.ask({ ask: "active" }), (active) => active === 0)
            expect(yield* Ledger.entries("ledger", workflow.id)).toEqual(rows)
            expect(yield* look(workflow.projectId, workflow.id)).toEqual(ended)
          }
          yield* eventually("its fibers have ended", owner.ask({ ask: "active" }), (active) => active === 0)
          yield* eventually("it says so", owner.output, (output) =>
            /no longer owned|the workflow has been taken over/.test(output)
          )
          yield* Server.expectNoLeak(owner)
        }
      }).pipe(Faults.soundly)
    )

    it.scoped("3: a stale owner fails or releases after takeover: no second end, no second dispatch", () =>
      Effect.gen(function* () {
        const [one, other] = yield* Faults.Survivors
        for (const stale of ["fails", "releases"]) {
          const { owner, ownerId, workflow } = yield* standingStill("execute:3", DEAF)
          for (const survivor of [one, other]) yield* survivor.ask({ ask: "hold", points: ["execute:4"] })
          yield* expire(ownerId)
          const taken = yield* takenFrom(ownerId, workflow)
          yield* eventually("its taker works on it", Ledger.entries("executions", workflow.id), (rows) =>
            rows.some(({ epoch, task }) => epoch === taken.epoch && task === 3)
          )
          if (stale === "fails") {
            yield* owner.ask({ ask: "go", how: "fail" })
            yield* eventually("its fibers have ended", owner.ask({ ask: "active" }), (active) => active === 0)
          } else {
            yield* owner.signal("SIGTERM")
            yield* owner.ended
          }
          const still = yield* look(workflow.projectId, workflow.id)
          expect([still.state, still.ownerId, still.epoch]).toEqual(["running", taken.ownerId, taken.epoch])
          for (const survivor of [one, other]) yield* survivor.ask({ ask: "go", how: "on" })
          const { rows, workflow: ended } = yield* expectCompleted(workflow, TASKS)
          expect(ended.epoch).toBe(taken.epoch + 1)
          expect(new Set(rows.map(({ epoch }) => epoch))).toEqual(new Set([1, taken.epoch]))
        }
      }).pipe(Faults.soundly)
    )

    it.scoped("4: takeover scans, the owner completes, takeover writes: stays completed", () =>
      Effect.gen(function* () {
        const repository = yield* WorkflowRepository
        const { work: sql } = yield* Database
        const { owner, ownerId, workflow } = yield* standingStill("end", DEAF)
        // Its end is executed, and not yet committed …
        const holder = yield* TestDatabase.connect((yield* Database).url)
        yield* sql.unsafe(`CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$ BEGIN
          PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END $$`)
        yield* sql.unsafe(`CREATE TRIGGER stand_still AFTER UPDATE ON engine.workflows FOR EACH ROW
          WHEN (NEW.id = '${workflow.id}' AND NEW.state = 'completed') EXECUTE FUNCTION stand_still()`)
        yield* holder`SELECT pg_advisory_lock(4711)`
        yield* owner.ask({ ask: "go", how: "on" })
        yield* eventually(
          "its end stands still",
          sql`SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted`,
          (waiting) => waiting.length > 0
        )
        // … while sweeps, of this process too, find a workflow without a living owner, and wait for its row to write.
        yield* expire(ownerId)
        const sweep = yield* Effect.fork(repository.revokeOrphans)
        yield* eventually(
          "a sweep waits to write",
          sql`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE "engine".workflows%'
            AND datname = current_database()`,
          (waiting) => waiting.length > 0
        )
        yield* holder`SELECT pg_advisory_unlock(4711)`
        yield* sweep
        const { workflow: ended } = yield* expectCompleted(workflow, TASKS)
        expect(ended.epoch).toBe(2)
        yield* repository.revokeOrphans
        expect(yield* look(workflow.projectId, workflow.id)).toEqual(ended)
      }).pipe(Faults.soundly)
    )

    it.scoped("5: the takeover sweep runs twice, or on two servers: a workflow taken once is not yanked back", () =>
      Effect.gen(function* () {
        const repository = yield* WorkflowRepository
        const survivors = yield* Faults.Survivors
        const { owner, ownerId, workflow } = yield* standingStill("execute:3", Server.NO_LOCK)
        for (const survivor of survivors) yield* survivor.ask({ ask: "hold", points: ["execute:3"] })
        yield* owner.kill
        yield* expire(ownerId)
        const taken = yield* takenFrom(ownerId, workflow)
        yield* Effect.all(
          Array.from({ length: 10 * Faults.ROUNDS }, () => repository.revokeOrphans),
          { concurrency: 5 }
        )
        // Both go on sweeping, which other workflows without an owner prove that end meanwhile.
        for (let round = 0; round < 3 * Faults.ROUNDS; round++) {
          const projectId = yield* TestInfra.project
          const { id } = yield* repository.insert(
            given(yield* uuidv7, projectId, Option.none(), { kind: "ledger", config: { tasks: 2, millis: 0 } })
          )
          yield* expectCompleted({ id, projectId }, 2)
        }
        const still = yield* look(workflow.projectId, workflow.id)
        expect([still.ownerId, still.epoch]).toEqual([taken.ownerId, taken.epoch])
        for (const survivor of survivors) yield* survivor.ask({ ask: "go", how: "on" })
        yield* expectCompleted(workflow, TASKS)
      }).pipe(Faults.soundly)
    )

    it.scoped(
      "12: the same workflow started 50 times at once on 2 servers: one workflow, 49 clear errors with its id",
      () =>
        Effect.gen(function* () {
          const survivors = yield* Faults.Survivors
          for (let round = 0; round < Faults.ROUNDS; round++) {
            const projectId = yield* TestInfra.project
            for (const survivor of survivors) yield* survivor.ask({ ask: "hold", points: ["execute:0"] })
            const starts = yield* Effect.forEach(
              Array.from({ length: 50 }, (_, n) => survivors[n % 2 === 0 ? 0 : 1]),
              (survivor) =>
                Effect.either(survivor.start({ projectId, exclusiveKey: "it", config: { tasks: TASKS, millis: 0 } })),
              { concurrency: "unbounded" }
            )
            const started = starts.flatMap((start) => (start._tag === "Right" ? [start.right] : []))
            expect(started.length).toBe(1)
            const [id = ""] = started
            const errors = starts.flatMap((start) => (start._tag === "Left" ? [start.left] : []))
            expect(errors.map(({ error, workflowId }) => [error, workflowId])).toEqual(
              Array.from({ length: 49 }, () => ["WorkflowAlreadyRunning", id])
            )
            expect(errors[0]?.message).toContain(id)
            for (const survivor of survivors) yield* survivor.ask({ ask: "go", how: "on" })
            yield* reaches({ id, projectId }, "completed")
            yield* expectSound({ id, projectId }, TASKS)
          }
        }).pipe(Faults.soundly)
    )
  }
)
