import { expect, layer } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

/** A project's workflows, with two tasks each that have not ended; `columns` are of the nth. */
const stored = (count: number, columns: string) =>
  Effect.gen(function* () {
    const { work: sql } = yield* Database
    const projectId = yield* TestInfra.project
    const rows = yield* sql.unsafe<{ id: string }>(
      `WITH made AS (INSERT INTO engine.workflows (project_id, id, kind, config, epoch, state, exclusive_key, completed_at)
          SELECT $1, gen_random_uuid(), 'asked', '{}', 1, state, key, CASE WHEN state = 'failed' THEN now() END
          FROM (SELECT ${columns} FROM generate_series(1, $2::int) n) made RETURNING id)
        , tasks AS (INSERT INTO engine.workflow_tasks (project_id, workflow_id, task_id, ordinal, name, status, requires_llm, retry_count)
          SELECT $1, id, t::text, t, 'Task', 'pending', false, 0 FROM made, generate_series(1, 2) t)
        SELECT id FROM made`,
      [projectId, count]
    )
    return { projectId, ids: rows.map(({ id }) => id) }
  })

/** How many rows of a table of the project's have which state. */
const counts = (table: "workflows" | "workflow_tasks", projectId: string) =>
  Effect.gen(function* () {
    const { work: sql } = yield* Database
    const rows = yield* sql<{ state: string; count: number }>`
      SELECT ${sql(table === "workflows" ? "state" : "status")} AS state, count(*)::int AS count
      FROM engine.${sql(table)} WHERE project_id = ${projectId} GROUP BY 1`
    return Object.fromEntries(rows.map(({ count, state }) => [state, count]))
  })

const atOnce = <A, E, R>(ids: ReadonlyArray<string>, ask: (id: string) => Effect.Effect<A, E, R>) =>
  Effect.forEach(ids, (id) => Effect.exit(ask(id)), { concurrency: "unbounded" })

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("requests at the same time", (it) => {
  it.effect("share a few statements, and carry out what each would alone", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const repository = yield* WorkflowRepository
      const { ids, projectId } = yield* stored(1_200, "'pending' AS state, NULL AS key")
      yield* sql`CREATE TABLE public.statements (n int)`
      yield* sql.unsafe(`GRANT INSERT ON public.statements TO PUBLIC;
        CREATE FUNCTION public.count_statement() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          INSERT INTO public.statements VALUES (1); RETURN NULL; END $$;
        CREATE TRIGGER counted AFTER UPDATE ON engine.workflows FOR EACH STATEMENT EXECUTE FUNCTION public.count_statement()`)
      const steps = [
        [(id: string) => repository.request(projectId, id, "pause"), "paused", "paused"],
        [(id: string) => repository.resume(projectId, id), "pending", "paused"],
        [(id: string) => repository.request(projectId, id, "cancel"), "failed", "failed"],
        [(id: string) => repository.retry(projectId, id), "pending", "pending"]
      ] as const
      for (const [ask, state, status] of steps) {
        const answers = yield* atOnce(ids, ask)
        expect(answers.filter(Exit.isFailure)).toEqual([])
        expect(yield* counts("workflows", projectId)).toEqual({ [state]: ids.length })
        expect(yield* counts("workflow_tasks", projectId)).toEqual({ [status]: 2 * ids.length })
      }
      const [row] = yield* sql<{ count: number }>`SELECT count(*)::int AS count FROM public.statements`
      yield* sql`DROP TRIGGER counted ON engine.workflows`
      // Ends wake those who wait for them: an update more.
      expect(row?.count).toBeLessThanOrEqual(steps.length * 2 * 4)
    })
  )

  it.effect("are answered one by one: what is not there, of another project, in another state, or asked twice", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const { ids, projectId } = yield* stored(3, "(ARRAY['pending', 'failed', 'paused'])[n] AS state, NULL AS key")
      const other = yield* stored(1, "'pending' AS state, NULL AS key")
      const foreign = other.ids[0] ?? ""
      const states = new Map((yield* repository.getAll(projectId, ids)).map(({ id, state }) => [state, id]))
      const [pending = "", failed = "", paused = ""] = [
        states.get("pending"),
        states.get("failed"),
        states.get("paused")
      ]
      const asked = [
        ...[pending, pending, failed, paused, foreign, yield* uuidv7, "no id"].map((id) =>
          repository.request(projectId, id, "pause")
        ),
        repository.resume(projectId, failed)
      ]
      const answers = yield* Effect.forEach(asked, (ask) => Effect.either(ask), { concurrency: "unbounded" })
      const said = answers.map((answer) => (answer._tag === "Left" ? answer.left._tag : "done"))
      expect(said.slice(0, 2).toSorted()).toEqual(["InvalidTransition", "done"])
      expect(said.slice(2)).toEqual([
        "InvalidTransition",
        "InvalidTransition",
        "WorkflowNotFound",
        "WorkflowNotFound",
        "WorkflowNotFound",
        "InvalidTransition"
      ])
      expect(yield* counts("workflows", projectId)).toEqual({ paused: 2, failed: 1 })
      expect(yield* counts("workflows", other.projectId)).toEqual({ pending: 1 })
    })
  )

  it.effect("retry one of those with the same exclusive key, and tell the others which", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const { ids, projectId } = yield* stored(60, "'failed' AS state, 'shop ' || n % 3 AS key")
      const answers = yield* Effect.forEach(ids, (id) => Effect.either(repository.retry(projectId, id)), {
        concurrency: "unbounded"
      })
      const retried = new Set(ids.filter((_, n) => answers[n]?._tag === "Right"))
      expect(retried.size).toBe(3)
      for (const answer of answers) {
        if (answer._tag === "Left") {
          expect(answer.left._tag === "WorkflowAlreadyRunning" && retried.has(answer.left.workflowId)).toBe(true)
        }
      }
      expect(yield* counts("workflows", projectId)).toEqual({ failed: 57, pending: 3 })
    })
  )

  it.effect("wait by themselves for a workflow that somebody has locked", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const repository = yield* WorkflowRepository
      const { ids, projectId } = yield* stored(20, "'pending' AS state, NULL AS key")
      const [held = "", ...others] = ids
      const locked = yield* Deferred.make<void>()
      const done = yield* Deferred.make<void>()
      const holder = yield* sql`SELECT FROM engine.workflows WHERE id = ${held} FOR UPDATE`.pipe(
        Effect.zipRight(Deferred.succeed(locked, undefined)),
        Effect.zipRight(Deferred.await(done)),
        sql.withTransaction,
        Effect.fork
      )
      yield* Deferred.await(locked)
      const asking = yield* Effect.fork(atOnce(ids, (id) => repository.request(projectId, id, "cancel")))
      yield* eventually(
        "all but one have ended",
        counts("workflows", projectId),
        ({ failed }) => failed === others.length
      )
      yield* Deferred.succeed(done, undefined)
      yield* Fiber.join(holder)
      expect((yield* Fiber.join(asking)).filter(Exit.isFailure)).toEqual([])
      const end = Option.getOrThrow(yield* repository.get(projectId, held))
      expect([end.state, end.errorMessage]).toEqual(["failed", Option.some("cancelled")])
    }).pipe(Effect.scoped)
  )
})
