import { expect, layer } from "@effect/vitest"
import { DurableDeferred, type Workflow } from "@effect/workflow"
import type { WorkflowEngine } from "@effect/workflow/WorkflowEngine"
import { Context, Deferred, Duration, Effect, Exit, Fiber, Layer, Option } from "effect"
import { Database } from "../../../src/database/Database.ts"
import { uuidv7 } from "../../../src/database/Uuid.ts"
import { InfraWorkflowEngine } from "../../../src/effect-workflow.ts"
import { TenantContext } from "../../../src/tenant/TenantContext.ts"
import { WorkflowInfra } from "../../../src/workflow/WorkflowInfra.ts"
import { type Ending, WorkflowRepository } from "../../../src/workflow/WorkflowRepository.ts"
import { eventually } from "../../fixtures/eventually.ts"
import * as TestInfra from "../../fixtures/TestInfra.ts"
import { complete, ghost, given, look, ownershipOf, task } from "../../fixtures/TestWorkflows.ts"
import { complete as ends, noted, suspended } from "./Behaviours.ts"
import * as Workflows from "./Workflows.ts"

const { Child, ChildDeferred, Gate, Gated, Hold, Long, Notes, Patient } = Workflows

/** A server that can run the workflows, with its engine, until the scope closes. */
const process = (projectId: string) =>
  Layer.build(
    Workflows.layer.pipe(
      Layer.provideMerge(InfraWorkflowEngine.layer({ projectId })),
      Layer.provideMerge(TestInfra.server())
    )
  )

/** A server that knows none of them. */
const client = (projectId: string) =>
  Layer.build(InfraWorkflowEngine.layer({ projectId }).pipe(Layer.provide(TestInfra.server())))

const opened = (executionId: string, workflow: Workflow.Any = Gated) =>
  DurableDeferred.succeed(Gate, {
    token: DurableDeferred.tokenFromExecutionId(Gate, { workflow, executionId }),
    value: undefined
  })

/** An execution that a ghost runs, which does what the test says. */
const haunted = (changes: Parameters<typeof given>[3] = {}) =>
  Effect.gen(function* () {
    const repository = yield* WorkflowRepository
    const projectId = yield* TestInfra.project
    const ghostId = yield* uuidv7
    yield* ghost(ghostId, Duration.hours(1))
    const executionId = yield* uuidv7
    const workflow = yield* repository.insert(
      given(yield* uuidv7, projectId, Option.some(ghostId), { idempotencyKey: Option.some(executionId), ...changes })
    )
    return {
      projectId,
      ghostId,
      ownership: ownershipOf(workflow),
      key: { projectId, kind: workflow.kind, executionId }
    }
  })

/** The end of a run that waits, and has seen no signal. */
const waits: Ending = {
  state: "awaiting_input",
  errorMessage: Option.none(),
  unfinishedTasks: "pending",
  signals: 0
}
const completed: Ending = { state: "completed", errorMessage: Option.none(), unfinishedTasks: "unknown", wakes: true }

layer(Layer.provideMerge(Notes.layer, TestInfra.database), { timeout: "60 seconds", excludeTestServices: true })(
  "executions in PostgreSQL",
  (it) => {
    it.scoped("one that sleeps is a row without an owner that starts later, and a row for its clock", () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        const projectId = yield* TestInfra.project
        const engine = yield* process(projectId)
        const id = yield* Effect.provide(Long.execute({ id: "a" }, { discard: true }), engine)
        yield* Effect.provide(suspended(Long, id), engine)
        expect(
          yield* sql`SELECT state, owner_id, start_at > now() + interval '23 hours' AS later, attempt
            FROM engine.workflows WHERE project_id = ${projectId}`
        ).toEqual([{ state: "pending", owner_id: null, later: true, attempt: 0 }])
        expect(
          yield* sql`SELECT d.name, d.due_at = w.start_at AS due FROM engine.workflow_deferreds d
            JOIN engine.workflows w USING (project_id) WHERE project_id = ${projectId}`
        ).toEqual([{ name: "DurableClock/sleep", due: true }])
        // Its time comes.
        yield* sql`UPDATE engine.workflow_deferreds SET due_at = now() WHERE project_id = ${projectId}`
        yield* sql`UPDATE engine.workflows SET start_at = now() WHERE project_id = ${projectId}`
        expect(yield* Effect.provide(ends(Long, id), engine)).toEqual(Exit.void)
      })
    )

    it.scoped("activities are tasks that people see, and their results rows", () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        const projectId = yield* TestInfra.project
        const engine = yield* process(projectId)
        yield* Effect.provide(Effect.exit(Workflows.Mail.execute({ id: "tasks", to: "nobody" })), engine)
        const infra = Context.get(engine, WorkflowInfra)
        const { workflows } = yield* infra.list({ projectId })
        expect(workflows).toMatchObject([
          { kind: "Mail", state: "failed", errorMessage: Option.some("nobody is there") }
        ])
        const tasks = yield* infra.loadQueue(projectId, workflows[0]?.id ?? "")
        expect(Option.getOrThrow(tasks).map(({ error, id, status }) => [id, status, Option.getOrNull(error)])).toEqual([
          ...[1, 2, 3, 4].map((n) => [`Send/${n}`, "completed", `attempt ${n}`]),
          ["Send/5", "completed", null]
        ])
        expect(
          yield* sql`SELECT attempt, exit ->> '_tag' AS exit FROM engine.workflow_activities
            WHERE project_id = ${projectId} ORDER BY attempt`
        ).toEqual([1, 2, 3, 4, 5].map((attempt) => ({ attempt, exit: attempt === 5 ? "Success" : "Failure" })))
      })
    )

    it.scoped("a server that does not know a workflow starts it, ends what it waits for, and gets its result", () =>
      Effect.gen(function* () {
        const projectId = yield* TestInfra.project
        const engine = yield* process(projectId)
        const elsewhere = yield* client(projectId)
        const running = yield* Effect.fork(Effect.provide(Gated.execute({ id: "elsewhere" }), elsewhere))
        const id = yield* Gated.executionId({ id: "elsewhere" })
        yield* Effect.provide(suspended(Gated, id), engine)
        yield* Effect.provide(opened(id), elsewhere)
        yield* Fiber.join(running)
      })
    )

    it.scoped("a deferred that is done while the execution runs is not missed", () =>
      Effect.gen(function* () {
        const projectId = yield* TestInfra.project
        const hold = yield* Deferred.make<void>()
        const engine = yield* Effect.provideService(process(projectId), Hold, hold)
        const id = yield* Effect.provide(Gated.execute({ id: "held" }, { discard: true }), engine)
        yield* noted("before")
        yield* Effect.provide(opened(id), engine)
        yield* Deferred.succeed(hold, undefined)
        expect(yield* Effect.provide(ends(Gated, id), engine)).toEqual(Exit.void)
      })
    )

    it.scoped("what is done inside a transaction is nothing if it rolls back, and wakes if it commits", () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        const tenants = yield* TenantContext
        const projectId = yield* TestInfra.project
        const engine = yield* process(projectId)
        const start = (id: string) => Effect.provide(Gated.execute({ id }, { discard: true }), engine)
        const done = (id: string) => Effect.provide(opened(id), engine)
        const [one, two, three] = yield* Effect.all([start("one"), start("two"), start("three")])
        for (const id of [one, two, three]) yield* Effect.provide(suspended(Gated, id), engine)
        yield* Effect.ignore(sql.withTransaction(Effect.zipRight(done(one), Effect.fail("no"))))
        yield* sql.withTransaction(done(two))
        yield* Effect.zipRight(done(three), sql`SELECT current_setting('role')`).pipe(tenants.withProject(projectId))
        for (const id of [two, three]) expect(yield* Effect.provide(ends(Gated, id), engine)).toEqual(Exit.void)
        expect((yield* Effect.provide(Gated.poll(one), engine))?._tag).toBe("Suspended")

        const rolledBack = sql.withTransaction(Effect.zipRight(start("four"), Effect.fail("no")))
        yield* Effect.ignore(rolledBack)
        const four = yield* Gated.executionId({ id: "four" })
        expect(yield* Effect.provide(Gated.poll(four), engine)).toBe(undefined)
      })
    )

    it.scoped("a project sees no execution of another one, and wakes none", () =>
      Effect.gen(function* () {
        const { tenantTransaction, work: sql } = yield* Database
        const [projectId, other] = yield* Effect.all([TestInfra.project, TestInfra.project])
        const engine = yield* process(projectId)
        const id = yield* Effect.provide(Gated.execute({ id: "private" }, { discard: true }), engine)
        yield* Effect.provide(suspended(Gated, id), engine)
        const there = <A, E>(effect: Effect.Effect<A, E, WorkflowEngine>) =>
          Effect.provide(InfraWorkflowEngine.withProject(other)(effect), engine)
        expect(yield* there(Gated.poll(id))).toBe(undefined)
        yield* there(opened(id))
        yield* there(Gated.interrupt(id))
        expect((yield* Effect.provide(Gated.poll(id), engine))?._tag).toBe("Suspended")
        const rows = sql`SELECT project_id FROM engine.workflow_activities
          UNION SELECT project_id FROM engine.workflow_deferreds`
        expect(yield* tenantTransaction(projectId)(() => rows)).toEqual([{ project_id: projectId }])
        expect(yield* tenantTransaction(other)(() => rows)).toEqual([{ project_id: other }])
        // The other one's own execution of this key finds what was done for it before.
        yield* there(Gated.execute({ id: "private" }))
      })
    )

    it.scoped("a stale owner stores no activity, sets no clock, and reads no history", () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        const repository = yield* WorkflowRepository
        const { key, ownership, projectId } = yield* haunted()
        const commit = (name: string) =>
          complete(
            repository,
            ownership,
            task(`${name}/1`, { status: "completed" }),
            repository.record(ownership, { name, attempt: 1, exit: { _tag: "Success" } })
          )
        yield* commit("in time")
        yield* repository.end(ownership, waits)
        const clock = repository.fenced(ownership)(repository.keep(key, { name: "clock", exit: null, dueIn: 1_000 }))
        for (const late of [
          commit("too late"),
          clock,
          repository.history(ownership),
          repository.end(ownership, waits)
        ]) {
          expect((yield* Effect.flip<unknown, { readonly _tag: string }, never>(late))._tag).toBe("OwnershipLost")
        }
        expect(yield* sql`SELECT name FROM engine.workflow_activities WHERE project_id = ${projectId}`).toEqual([
          { name: "in time" }
        ])
        expect(yield* sql`SELECT FROM engine.workflow_deferreds WHERE project_id = ${projectId}`).toEqual([])
      })
    )

    it.scoped("a deferred that is done at the moment of the suspension is never missed", () =>
      Effect.forEach(
        Array.from({ length: 40 }),
        () =>
          Effect.gen(function* () {
            const repository = yield* WorkflowRepository
            const { key, ownership, projectId } = yield* haunted()
            const settle = repository.settle(key, { name: "news", exit: null })
            yield* Effect.all([settle, repository.end(ownership, waits)], { concurrency: "unbounded" })
            expect((yield* look(projectId, ownership.workflowId)).state).toBe("pending")
          }),
        { concurrency: 4, discard: true }
      )
    )

    it.scoped(
      "a child that ends at the moment of its parent's suspension wakes it, in one statement with it or not",
      () =>
        Effect.forEach(
          Array.from({ length: 40 }),
          (_, n) =>
            Effect.gen(function* () {
              const repository = yield* WorkflowRepository
              const { ghostId, ownership, projectId } = yield* haunted()
              const { workflowId } = ownership
              const child = yield* repository.insert(
                given(yield* uuidv7, projectId, Option.some(ghostId), n % 2 === 0 ? {} : { awaitedBy: workflowId })
              )
              if (n % 2 === 0) expect(yield* repository.awaits(projectId, child.id, workflowId)).toBe(true)
              const both = [repository.end(ownership, waits), repository.end(ownershipOf(child), completed)]
              yield* Effect.all(n % 4 < 2 ? both : both.reverse(), { concurrency: "unbounded" })
              expect((yield* look(projectId, workflowId)).state).toBe("pending")
              expect(yield* repository.awaits(projectId, child.id, workflowId)).toBe(false)
            }),
          { concurrency: 4, discard: true }
        )
    )

    it.scoped("a cancelled child wakes its parent, and cancel reaches a run that suspends", () =>
      Effect.gen(function* () {
        const repository = yield* WorkflowRepository
        const { ghostId, ownership, projectId } = yield* haunted()
        const child = yield* repository.insert(
          given(yield* uuidv7, projectId, Option.some(ghostId), { awaitedBy: ownership.workflowId })
        )
        yield* repository.end(ownership, waits)
        yield* repository.end(ownershipOf(child), waits)
        yield* repository.request(projectId, child.id, "cancel")
        expect((yield* look(projectId, ownership.workflowId)).state).toBe("pending")

        const asked = yield* haunted()
        yield* repository.request(asked.projectId, asked.ownership.workflowId, "cancel")
        yield* repository.end(asked.ownership, waits)
        expect(yield* look(asked.projectId, asked.ownership.workflowId)).toMatchObject({
          state: "pending",
          requested: Option.some("cancel")
        })
      })
    )

    it.scoped("a child that has ended may be removed: its parent has its result, and does not start it again", () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        const projectId = yield* TestInfra.project
        const engine = yield* process(projectId)
        const id = yield* Effect.provide(Patient.execute({ id: "patient" }, { discard: true }), engine)
        const child = yield* Child.executionId({ id: "patient" })
        const token = DurableDeferred.tokenFromExecutionId(ChildDeferred, { workflow: Child, executionId: child })
        yield* Effect.provide(DurableDeferred.succeed(ChildDeferred, { token, value: undefined }), engine)
        yield* noted("patient waits")
        yield* Effect.provide(suspended(Patient, id), engine)
        yield* sql`DELETE FROM engine.workflows WHERE project_id = ${projectId} AND kind = 'Child'`
        yield* Effect.provide(opened(id, Patient), engine)
        expect(yield* Effect.provide(ends(Patient, id), engine)).toEqual(Exit.void)
        expect(yield* Effect.provide(Child.poll(child), engine)).toBe(undefined)
      })
    )

    it.scoped("what was stored for an execution goes with it", () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        const repository = yield* WorkflowRepository
        const { key, ownership, projectId } = yield* haunted()
        yield* repository.settle(key, { name: "news", exit: null })
        yield* repository.end(ownership, completed)
        yield* sql`DELETE FROM engine.workflows WHERE id = ${ownership.workflowId}`
        yield* eventually(
          "they are gone",
          sql`SELECT FROM engine.workflow_deferreds WHERE project_id = ${projectId}`,
          ({ length }) => length === 0
        )
      })
    )
  }
)
