import { Duration, Effect, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { ServerRepository } from "../../src/workflow/ServerRepository.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import {
  type Ownership,
  TRANSITIONS,
  type WorkflowRequest,
  type WorkflowState
} from "../../src/workflow/WorkflowState.ts"
import type { WorkflowTaskStatus } from "../../src/workflow/WorkflowTask.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { complete, ghost, given, runs, task } from "../fixtures/TestWorkflows.ts"
import { describe } from "./Model.ts"
import { type Action, ENDINGS, type Holder, LISTED } from "./ModelAction.ts"

/** A ledger entry that is not a task's. */
const NO_TASK = -1
/** Long enough to end by an action alone. */
const LEASE = Duration.hours(1)

/** The tables beside our own: the ledger that is written under the fence, and every step that a workflow's row ever took. */
export const create = Effect.gen(function* () {
  const { tenantRole, work: sql } = yield* Database
  yield* sql`CREATE TABLE ledger (position bigserial PRIMARY KEY, workflow_id uuid, epoch int, task int)`
  yield* sql`GRANT INSERT ON ledger TO ${sql(tenantRole)}`
  yield* sql`GRANT USAGE ON SEQUENCE ledger_position_seq TO ${sql(tenantRole)}`
  yield* sql`CREATE TABLE hands (position bigserial PRIMARY KEY, workflow_id uuid, from_state text, state text,
    from_owner uuid, owner uuid, from_epoch int, epoch int)`
  yield* sql`CREATE FUNCTION note_hands() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO public.hands (workflow_id, from_state, state, from_owner, owner, from_epoch, epoch)
    VALUES (NEW.id, OLD.state, NEW.state, OLD.owner_id, NEW.owner_id, OLD.epoch, NEW.epoch); RETURN NULL; END $$`
  yield* sql`CREATE TRIGGER note_hands AFTER INSERT OR UPDATE ON engine.workflows
    FOR EACH ROW EXECUTE FUNCTION note_hands()`
})

interface Hand {
  readonly workflow_id: string
  readonly from_state: WorkflowState | null
  readonly state: WorkflowState
  readonly from_owner: string | null
  readonly owner: string | null
  readonly from_epoch: number | null
  readonly epoch: number
}

/** The real tables, empty, as actions see them: names for ids, and words for answers. */
export const make = (leases: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { work: sql } = yield* Database
    const repository = yield* WorkflowRepository
    const servers = yield* ServerRepository
    yield* sql`TRUNCATE engine.projects, engine.server_instances CASCADE`
    yield* sql`TRUNCATE ledger, hands`

    const ids = new Map<string, string>()
    const names = new Map<string, string>()
    const introduce = (name: string) =>
      Effect.tap(uuidv7, (id) => {
        ids.set(name, id)
        names.set(id, name)
      })
    const idOf = (name: string) => ids.get(name) ?? name
    const nameOf = (id: string) => names.get(id) ?? id

    // Where workflows stand in each other's way: two keys of a kind, another kind, another project; and where all of them are one.
    const [here, there] = [yield* TestInfra.project, yield* TestInfra.project]
    const places = [
      { projectId: here, kind: "given", exclusiveKey: Option.some("") },
      { projectId: here, kind: "given", exclusiveKey: Option.some("a key") },
      { projectId: here, kind: "other", exclusiveKey: Option.some("a key") },
      { projectId: there, kind: "given", exclusiveKey: Option.some("a key") },
      { projectId: here, kind: "given", idempotencyKey: Option.some("a key") }
    ] as const
    const projects = new Map<string, string>()
    const projectOf = (workflow: string) => projects.get(workflow) ?? here

    const ownershipOf = (workflow: string, { epoch, lease }: Holder): Ownership => ({
      workflowId: idOf(workflow),
      projectId: projectOf(workflow),
      ownerId: idOf(lease),
      epoch
    })
    const enter = ({ epoch, workflowId }: Ownership, number: number) =>
      Effect.asVoid(sql`INSERT INTO ledger (workflow_id, epoch, task) VALUES (${workflowId}, ${epoch}, ${number})`)

    const act = (action: Action) =>
      Effect.gen(function* () {
        switch (action.do) {
          case "start": {
            const place = places[action.place] ?? places[0]
            projects.set(action.workflow, place.projectId)
            const ownerId = Option.map(Option.fromNullable(action.lease), idOf)
            const wanted = given(yield* introduce(action.workflow), place.projectId, ownerId, place)
            const { id } = yield* repository.insert(wanted)
            return id === wanted.id ? "ok" : `is ${nameOf(id)}`
          }
          case "join":
            yield* ghost(yield* introduce(action.lease), LEASE)
            return "ok"
          case "beat":
            return String(yield* servers.beat(idOf(action.lease), LEASE))
          case "expire":
            // Once: a row that is written again for nothing is locked, and a sweep passes over it.
            yield* sql`UPDATE engine.server_instances SET expires_at = '-infinity'
              WHERE id = ${idOf(action.lease)} AND expires_at > now()`
            return "ok"
          case "crash":
            yield* servers.remove(idOf(action.lease))
            return "ok"
          case "sweep":
            yield* servers.removeExpired()
            return "ok"
          case "revoke":
            return String(yield* repository.revokeOrphans)
          case "claim": {
            const claimed = yield* repository.claim(idOf(action.lease), runs("given", "other"), action.limit)
            return claimed
              .map(({ epoch, id }) => `${nameOf(id)}@${epoch}`)
              .toSorted()
              .join(" ")
          }
          case "obey": {
            const asked = yield* repository.requests(idOf(action.lease))
            const done = yield* Effect.forEach(asked, ({ epoch, id, projectId, requested }) => {
              const ending = Option.contains(requested, "cancel") ? ENDINGS.cancelled : ENDINGS.paused
              const ownership = { workflowId: id, projectId, ownerId: idOf(action.lease), epoch }
              return Effect.as(repository.end(ownership, ending), `${nameOf(id)} ${ending.state}`)
            })
            return done.toSorted().join(", ")
          }
          case "request":
            yield* repository.request(projectOf(action.workflow), idOf(action.workflow), action.request)
            return "ok"
          case "resume":
            yield* repository.resume(projectOf(action.workflow), idOf(action.workflow))
            return "ok"
          case "retry":
            yield* repository.retry(projectOf(action.workflow), idOf(action.workflow))
            return "ok"
          case "write": {
            const ownership = ownershipOf(action.workflow, action.holder)
            yield* repository.fenced(ownership)(enter(ownership, NO_TASK))
            return "ok"
          }
          case "list": {
            const tasks = LISTED.map((status, number) => task(String(number), { ordinal: number, status }))
            yield* repository.save(ownershipOf(action.workflow, action.holder), { tasks, progress: Option.none() })
            return "ok"
          }
          case "complete": {
            const ownership = ownershipOf(action.workflow, action.holder)
            const mark = task(String(action.task), { ordinal: action.task, status: "completed" })
            yield* complete(repository, ownership, mark, enter(ownership, action.task))
            return "ok"
          }
          case "end":
            yield* repository.end(ownershipOf(action.workflow, action.holder), ENDINGS[action.how])
            return "ok"
        }
      }).pipe(
        Effect.catchAll((error) => {
          if (error._tag === "WorkflowAlreadyRunning")
            return Effect.succeed(`${error._tag} ${nameOf(error.workflowId)}`)
          return Effect.succeed(error._tag === "DatabaseError" ? `${error._tag} ${error.message}` : error._tag)
        }),
        // A defect is an answer, too: one that the model never gives.
        Effect.catchAllDefect((defect) => Effect.succeed(`died: ${String(defect)}`))
      )

    /** The tables as `Model.show` has them, and each workflow's `attempt`. */
    const look = Effect.gen(function* () {
      const alive = yield* sql<{ id: string; alive: boolean }>`
        SELECT id, expires_at > now() AS alive FROM engine.server_instances`
      const rows = yield* sql<{
        id: string
        state: WorkflowState
        owner: string | null
        epoch: number
        attempt: number
        requested: WorkflowRequest | null
      }>`SELECT id, state, owner_id AS owner, epoch, attempt, requested FROM engine.workflows ORDER BY start_at, id`
      const tasks = yield* sql<{ id: string; task: string; status: WorkflowTaskStatus; epoch: number | null }>`
        SELECT workflow_id AS id, task_id AS task, status, completed_epoch AS epoch FROM engine.workflow_tasks ORDER BY ordinal`
      const entries = yield* sql<{ id: string; epoch: number; task: number }>`
        SELECT workflow_id AS id, epoch, task FROM ledger ORDER BY position`
      const lines = rows.map((row) =>
        describe(nameOf(row.id), {
          ...row,
          owner: row.owner === null ? null : nameOf(row.owner),
          tasks: tasks
            .filter(({ id }) => id === row.id)
            .map((each) => `${each.task}:${each.status}@${each.epoch ?? "-"}`),
          ledger: entries
            .filter(({ id }) => id === row.id)
            .map((entry) => `${entry.task === NO_TASK ? "-" : entry.task}@${entry.epoch}`)
        })
      )
      const leased = alive.map((lease) => `${nameOf(lease.id)} ${lease.alive ? "alive" : "expired"}`)
      return {
        text: [leased.toSorted().join(", "), ...lines].join("\n"),
        attempts: new Map(rows.map(({ attempt, id }) => [nameOf(id), attempt]))
      }
    })

    /** What must hold whatever the model says: everything that is wrong with what ever happened to rows and ledger, in words. */
    const wrongs = Effect.gen(function* () {
      const hands = yield* sql<Hand>`SELECT workflow_id, from_state, state, from_owner, owner, from_epoch, epoch
        FROM hands ORDER BY position`
      const entries = yield* sql<{ id: string; epoch: number; task: number }>`
        SELECT workflow_id AS id, epoch, task FROM ledger ORDER BY position`
      const crowded = yield* sql<{ kind: string }>`SELECT kind FROM engine.workflows
        WHERE completed_at IS NULL OR exclusive_key IS NULL
        GROUP BY project_id, exclusive_key, kind HAVING count(*) > 1`
      const found: Array<string> = []
      const owners = new Map<string, string>()
      for (const hand of hands) {
        const { epoch, from_epoch, from_owner, from_state, owner, state } = hand
        const name = nameOf(hand.workflow_id)
        if (from_state !== null && from_state !== state && !TRANSITIONS[from_state].includes(state)) {
          found.push(`${name} went from ${from_state} to ${state}`)
        }
        if (from_epoch !== null && epoch < from_epoch) found.push(`${name}: epoch ${from_epoch} went back to ${epoch}`)
        if (from_epoch !== null && owner !== from_owner && epoch <= from_epoch) {
          found.push(`${name} changed hands within epoch ${epoch}`)
        }
        if (owner === null) continue
        const before = owners.get(`${name}@${epoch}`) ?? owner
        if (before !== owner) found.push(`${name} has two owners in epoch ${epoch}`)
        owners.set(`${name}@${epoch}`, owner)
      }
      const newest = new Map<string, number>()
      const committed = new Set<string>()
      for (const { epoch, id, task: number } of entries) {
        const name = nameOf(id)
        if (epoch < (newest.get(id) ?? 0)) found.push(`${name}: epoch ${epoch} wrote after a newer one`)
        newest.set(id, epoch)
        if (!owners.has(`${name}@${epoch}`)) found.push(`${name}: nobody owned it in epoch ${epoch}, which wrote`)
        if (number !== NO_TASK && committed.has(`${id} ${number}`)) found.push(`${name}: task ${number} is there twice`)
        committed.add(`${id} ${number}`)
      }
      return [...found, ...crowded.map(({ kind }) => `two active workflows of kind ${kind} at one place`)]
    })

    yield* Effect.forEach(leases, (lease) => act({ do: "join", lease, server: 0 }))
    return { act, look, wrongs }
  })
