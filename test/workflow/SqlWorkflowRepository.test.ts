import { expect, it, layer } from "@effect/vitest"
import { Chunk, Duration, Effect, Either, Option, Schema } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { ServerRepository } from "../../src/workflow/ServerRepository.ts"
import { WorkflowAlreadyRunning } from "../../src/workflow/WorkflowError.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { type Ending, RELEASED, WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import type { Ownership } from "../../src/workflow/WorkflowState.ts"
import { owned } from "../fixtures/owned.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { complete, ghost, given, look, ownershipOf, runs, task } from "../fixtures/TestWorkflows.ts"

const completed: Ending = { state: "completed", errorMessage: Option.none(), unfinishedTasks: "unknown" }
const failed: Ending = { state: "failed", errorMessage: Option.some("broken"), unfinishedTasks: "pending" }

/** Everything that is stored about a project's workflows, row for row. */
const everything = (projectId: string) =>
  Effect.flatMap(Database, ({ work: sql }) =>
    Effect.all([
      sql`SELECT * FROM engine.workflows WHERE project_id = ${projectId} ORDER BY id`,
      sql`SELECT * FROM engine.workflow_tasks WHERE project_id = ${projectId} ORDER BY workflow_id, task_id`,
      sql`SELECT * FROM engine.workflow_progress WHERE project_id = ${projectId}`
    ])
  )

it.scopedLive(
  "a start, a cancel, a pause and a resume that were answered are on disk, whatever the server is set to",
  () =>
    Effect.gen(function* () {
      const url = yield* TestDatabase.create
      const admin = yield* TestDatabase.connect(url)
      yield* admin.unsafe(`ALTER DATABASE ${TestDatabase.nameOf(url)} SET synchronous_commit = off`)
      yield* Effect.gen(function* () {
        const repository = yield* WorkflowRepository
        // Deferred, so that it sees what the COMMIT goes by.
        yield* admin.unsafe(`CREATE TABLE waits (workflow_id uuid, setting text); GRANT INSERT ON waits TO PUBLIC;
        CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          INSERT INTO public.waits VALUES (NEW.id, current_setting('synchronous_commit')); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER told AFTER INSERT OR UPDATE ON engine.workflows DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION told()`)
        const settings = (id: string) =>
          Effect.map(
            admin<{ setting: string }>`DELETE FROM waits WHERE workflow_id = ${id} RETURNING setting`,
            (rows) => rows.map(({ setting }) => setting)
          )
        const { ownership, projectId, workflow } = yield* owned
        expect(yield* settings(workflow.id)).toEqual(["on"])
        yield* repository.request(projectId, workflow.id, "pause")
        expect(yield* settings(workflow.id)).toEqual(["on"])
        yield* repository.end(ownership, { ...RELEASED, state: "paused" })
        // The engine's own bookkeeping does not wait: what is lost of it is done again.
        expect(yield* settings(workflow.id)).toEqual(["off"])
        yield* repository.resume(projectId, workflow.id)
        yield* repository.request(projectId, workflow.id, "cancel")
        expect(yield* settings(workflow.id)).toEqual(["on", "on"])
      }).pipe(Effect.provide(TestInfra.databaseAt(url)))
    })
)

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("workflows in PostgreSQL", (it) => {
  it.scoped("50 simultaneous starts on two servers give one workflow and 49 errors with its id", () =>
    Effect.gen(function* () {
      const projectId = yield* TestInfra.project
      const kind = WorkflowKind.make("contended", { config: Schema.Int, run: () => Effect.never })
      const kinds = yield* Effect.forEach([1, 2], () =>
        Effect.flatMap(TestInfra.start(), (infra) => infra.register(kind))
      )
      const starts = Chunk.toArray(Chunk.range(1, 25)).flatMap((n) =>
        kinds.map(({ start }) => Effect.either(start({ projectId, exclusiveKey: "it", config: n })))
      )
      const outcomes = yield* Effect.all(starts, { concurrency: "unbounded" })
      const started = outcomes.flatMap((outcome) => (Either.isRight(outcome) ? [outcome.right] : []))
      const refused = outcomes.flatMap((outcome) => (Either.isLeft(outcome) ? [outcome.left] : []))
      expect([started.length, refused.length]).toEqual([1, 49])
      const [only] = started
      expect(new Set(refused.map((e) => (e instanceof WorkflowAlreadyRunning ? e.workflowId : e.message)))).toEqual(
        new Set([only?.id])
      )
    })
  )

  it.scoped("the fence refuses a stale epoch for every kind of write, and nothing is written", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const repository = yield* WorkflowRepository
      const { ownership: stale, projectId, serverId } = yield* owned
      yield* repository.save(stale, {
        tasks: [task("a", { status: "running" })],
        progress: Option.some({ message: "begun", done: 0, total: 2 })
      })
      // The same server again, so that nothing but the epoch tells them apart.
      yield* repository.end(stale, RELEASED)
      const claimed = yield* repository.claim(serverId, runs("given"), 100)
      expect(claimed.find(({ id }) => id === stale.workflowId)?.epoch).toBe(3)
      const before = yield* everything(projectId)
      const name = sql`INSERT INTO engine.datasources (project_id, id, name, connection, settings)
        VALUES (${projectId}, ${yield* uuidv7}, 'stale', '', '{}')`
      const mark = task("a", { status: "completed" })
      const writes = {
        fenced: repository.fenced(stale)(name),
        save: repository.save(stale, {
          tasks: [task("b")],
          progress: Option.some({ message: "stale", done: 9, total: 9 })
        }),
        complete: complete(repository, stale, mark, Effect.asVoid(name)),
        "end as completed": repository.end(stale, completed),
        "end as failed": repository.end(stale, failed),
        "end as paused": repository.end(stale, { ...RELEASED, state: "paused" }),
        release: repository.end(stale, RELEASED),
        "end with task states": repository.end(stale, completed, {
          tasks: [task("c")],
          progress: Option.some({ message: "stale", done: 9, total: 9 })
        })
      }
      for (const [write, effect] of Object.entries(writes)) {
        const outcome = yield* Effect.either(effect)
        expect([write, Either.isLeft(outcome) && outcome.left._tag]).toEqual([write, "OwnershipLost"])
      }
      expect(yield* everything(projectId)).toEqual(before)
      expect(yield* sql`SELECT name FROM engine.datasources WHERE project_id = ${projectId}`).toEqual([])
    })
  )

  it.scoped("the fence refuses another server's id, another project's, and a workflow that has ended", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const { ownership } = yield* owned
      const other = yield* owned
      const wrong: ReadonlyArray<Ownership> = [
        { ...ownership, ownerId: other.serverId },
        { ...ownership, projectId: other.projectId },
        { ...ownership, workflowId: other.workflow.id }
      ]
      for (const each of wrong) {
        for (const write of [
          repository.fenced(each)(Effect.void),
          repository.save(each, { tasks: [task("a")], progress: Option.none() }),
          complete(repository, each, task("a", { status: "completed" }), Effect.void),
          repository.end(each, failed)
        ]) {
          expect((yield* Effect.flip(write))._tag).toBe("OwnershipLost")
        }
      }
      expect((yield* look(ownership.projectId, ownership.workflowId)).state).toBe("running")
      yield* repository.end(ownership, completed)
      expect((yield* Effect.flip(repository.fenced(ownership)(Effect.void)))._tag).toBe("OwnershipLost")
      expect((yield* Effect.flip(repository.end(ownership, failed)))._tag).toBe("OwnershipLost")
      expect((yield* look(ownership.projectId, ownership.workflowId)).state).toBe("completed")
    })
  )

  it.scoped("an end stores the last task states with it: unfinished ones as it says, completed ones as they are", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const { ownership, projectId, workflow } = yield* owned
      const others = yield* owned
      const statuses = (id: string, project: string) =>
        Effect.map(repository.tasks(project, id), (tasks) => tasks.map((each) => [each.id, each.status]))
      yield* repository.save(ownership, {
        tasks: [
          task("done", { status: "completed", ordinal: 0 }),
          task("left", { status: "running", ordinal: 1 }),
          task("told", { status: "running", ordinal: 2 })
        ],
        progress: Option.none()
      })
      const last = [
        task("done", { status: "running", ordinal: 0 }),
        task("told", { status: "running", ordinal: 2 }),
        task("told", { status: "completed", ordinal: 2 }),
        task("new", { status: "pending", ordinal: 3 })
      ]
      yield* Effect.all(
        [
          repository.end(ownership, failed, {
            tasks: last,
            progress: Option.some({ message: "last", done: 2, total: 4 })
          }),
          repository.end(others.ownership, completed)
        ],
        { concurrency: "unbounded" }
      )
      expect(yield* statuses(workflow.id, projectId)).toEqual([
        ["done", "completed"],
        ["left", "pending"],
        ["told", "completed"],
        ["new", "pending"]
      ])
      const ended = yield* look(projectId, workflow.id)
      expect([ended.state, ended.epoch, Option.getOrNull(ended.progress)?.message]).toEqual(["failed", 2, "last"])
      expect((yield* look(others.projectId, others.workflow.id)).state).toBe("completed")
    })
  )

  it.scoped("a task that only the end's statement completes counts as one that the run has completed", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const { ownership, projectId, serverId, workflow } = yield* owned
      const attempt = { ...RELEASED, isAttempt: true }
      const again = Effect.map(repository.claim(serverId, runs("given"), 100), (claimed) =>
        ownershipOf(Option.getOrThrow(Option.fromNullable(claimed.find(({ id }) => id === workflow.id))))
      )
      const done = { tasks: [task("a", { status: "completed" })], progress: Option.none() }
      yield* repository.end(ownership, attempt)
      expect((yield* look(projectId, workflow.id)).attempt).toBe(1)
      yield* repository.end(yield* again, attempt, done)
      expect((yield* look(projectId, workflow.id)).attempt).toBe(0)
      // It had been completed before: nothing new.
      yield* repository.end(yield* again, attempt, done)
      expect((yield* look(projectId, workflow.id)).attempt).toBe(1)
    })
  )

  it.scoped("of a task that is stored twice at once the last state counts", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const { ownership, projectId, workflow } = yield* owned
      const tasks = [task("a", { status: "running" }), task("b"), task("a", { status: "failed" })]
      yield* repository.save(ownership, { tasks, progress: Option.none() })
      const stored = yield* repository.tasks(projectId, workflow.id)
      expect(Object.fromEntries(stored.map(({ id, status }) => [id, status]))).toEqual({ a: "failed", b: "pending" })
    })
  )

  it.scoped("its tasks of one status are read without the others", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const { ownership, projectId, workflow } = yield* owned
      const tasks = [task("a", { status: "running" }), task("b"), task("c", { status: "running" })]
      yield* repository.save(ownership, { tasks, progress: Option.none() })
      const idsOf = (status: "running" | "failed") =>
        Effect.map(repository.tasks(projectId, workflow.id, status), (all) => all.map(({ id }) => id).sort())
      expect(yield* idsOf("running")).toEqual(["a", "c"])
      expect(yield* idsOf("failed")).toEqual([])
    })
  )

  it.scoped("nothing of a fenced effect that fails is kept", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const repository = yield* WorkflowRepository
      const { ownership, projectId } = yield* owned
      const write = sql`INSERT INTO engine.datasources (project_id, id, name, connection, settings)
        VALUES (${projectId}, ${yield* uuidv7}, 'half', '', '{}')`
      const commit = Effect.zipRight(write, Effect.fail("second thoughts"))
      const mark = task("a", { status: "completed" })
      expect(yield* Effect.flip(complete(repository, ownership, mark, commit))).toBe("second thoughts")
      expect(yield* sql`SELECT name FROM engine.datasources WHERE project_id = ${projectId}`).toEqual([])
      expect(yield* repository.tasks(projectId, ownership.workflowId)).toEqual([])
    })
  )

  it.scoped("a task is committed once, however often its completion is repeated, also at the same moment", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const repository = yield* WorkflowRepository
      const { ownership, projectId } = yield* owned
      const commit = Effect.flatMap(
        uuidv7,
        (id) => sql`INSERT INTO engine.datasources (project_id, id, name, connection, settings)
        VALUES (${projectId}, ${id}, ${id}, '', '{}')`
      ).pipe(Effect.asVoid)
      const once = complete(repository, ownership, task("a", { status: "completed" }), commit)
      yield* Effect.all([once, once, once, once], { concurrency: "unbounded" })
      yield* once
      const rows = yield* sql`SELECT name FROM engine.datasources WHERE project_id = ${projectId}`
      expect(rows.length).toBe(1)
    })
  )

  it.scoped("storing a workflow again under the same id changes nothing", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const { ownership, projectId, serverId, workflow } = yield* owned
      const again = yield* repository.insert(given(workflow.id, projectId, Option.some(serverId)))
      expect(again).toEqual(workflow)
      yield* repository.end(ownership, completed)
      const later = yield* repository.insert(given(workflow.id, projectId, Option.some(serverId)))
      expect([later.id, later.state]).toEqual([workflow.id, "completed"])
    })
  )

  it.scoped("a server without a lease gets no workflow, by no way", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const servers = yield* ServerRepository
      const projectId = yield* TestInfra.project
      const serverId = yield* uuidv7
      const insert = repository.insert(given(yield* uuidv7, projectId, Option.some(serverId)))
      expect((yield* Effect.flip(insert))._tag).toBe("ServerGone")
      yield* ghost(serverId, Duration.zero)
      expect((yield* Effect.flip(insert))._tag).toBe("ServerGone")
      yield* repository.insert(given(yield* uuidv7, projectId, Option.none()))
      expect(yield* repository.claim(serverId, runs("given"), 100)).toEqual([])
      yield* servers.remove(serverId)
      expect(yield* repository.latest({ projectId, datasourceId: Option.none(), kind: "given" })).toMatchObject({
        value: { state: "pending", epoch: 1 }
      })
    })
  )

  it.scoped("names and errors with NUL or half a surrogate pair are stored sanitised", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const { ownership, projectId } = yield* owned
      const hostile = "a\0b\uD800c\u{1F600}"
      const sanitised = "a\uFFFDb\uFFFDc\u{1F600}"
      yield* repository.save(ownership, {
        tasks: [task("a", { name: hostile, error: Option.some(hostile) })],
        progress: Option.some({ message: hostile, done: 0, total: 1 })
      })
      yield* complete(repository, ownership, task("b", { name: hostile, status: "completed", ordinal: 1 }), Effect.void)
      const tasks = yield* repository.tasks(projectId, ownership.workflowId)
      expect(tasks.map(({ error, name }) => [name, error])).toEqual([
        [sanitised, Option.some(sanitised)],
        [sanitised, Option.none()]
      ])
      yield* repository.end(ownership, { ...failed, errorMessage: Option.some(hostile) })
      const workflow = yield* look(projectId, ownership.workflowId)
      expect(workflow.errorMessage).toEqual(Option.some(sanitised))
      expect(Option.map(workflow.progress, ({ message }) => message)).toEqual(Option.some(sanitised))
    })
  )

  it.scoped("a tenant asks for another's workflow by every operation: not found, and nothing has changed", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start()
      const repository = yield* WorkflowRepository
      const stranger = yield* TestInfra.project
      const { ownership, projectId, workflow } = yield* owned
      yield* repository.save(ownership, { tasks: [task("a")], progress: Option.none() })
      const paused = yield* owned
      yield* repository.end(paused.ownership, { ...RELEASED, state: "paused" })
      for (const { id, owner } of [
        { id: workflow.id, owner: projectId },
        { id: paused.workflow.id, owner: paused.projectId }
      ]) {
        const before = yield* everything(owner)
        for (const ask of [infra.get, infra.cancel, infra.pause, infra.resume]) {
          const error = yield* Effect.flip<unknown, { readonly message: string }, never>(ask(stranger, id))
          expect(error.message).toBe(`there is no workflow ${id}`)
        }
        expect(yield* infra.loadQueue(stranger, id)).toEqual(Option.none())
        yield* infra.deleteQueue(stranger, id)
        const steal = { ...ownership, workflowId: id, projectId: stranger }
        expect((yield* Effect.flip(infra.storeQueue(steal, [task("b")])))._tag).toBe("OwnershipLost")
        expect(yield* everything(owner)).toEqual(before)
      }
      expect(yield* infra.latest({ projectId: stranger, kind: "given" })).toEqual(Option.none())
    })
  )

  it.scoped("the queue primitives store, load and delete a list in its order", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start()
      const { ownership, projectId, workflow } = yield* owned
      expect(yield* infra.loadQueue(projectId, workflow.id)).toEqual(Option.none())
      const list = ["z", "m", "a"].map((id, ordinal) => task(id, { ordinal }))
      yield* infra.storeQueue(ownership, list)
      expect(yield* infra.loadQueue(projectId, workflow.id)).toEqual(Option.some(list))
      expect(yield* infra.sendTaskQueueUpdate(workflow.id, list)).toBe(false)
      yield* infra.startTaskQueueWriter(ownership)
      expect(yield* infra.sendTaskQueueUpdate(workflow.id, [task("m", { ordinal: 1, status: "failed" })])).toBe(true)
      yield* infra.stopTaskQueueWriter(workflow.id)
      const stored = Option.getOrThrow(yield* infra.loadQueue(projectId, workflow.id))
      expect(stored.map(({ status }) => status)).toEqual(["pending", "failed", "pending"])
      yield* infra.deleteQueue(projectId, workflow.id)
      expect(yield* infra.loadQueue(projectId, workflow.id)).toEqual(Option.none())
    })
  )
})
