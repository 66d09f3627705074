import { Context, Effect, Layer, Schema, Stream } from "effect"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { ConcurrencyStrategy, Database, WorkflowInfra, WorkflowKind } from "../../src/index.ts"
import * as Engine from "./Engine.ts"
import { digits } from "./Figures.ts"
import type { Family, Figures, Row } from "./Row.ts"
import { fresh, numberOf, session, takeStatements } from "./Server.ts"

/** Whole workflows of many tasks: with and without row-level security, and with and without somebody who follows. */

/** Tasks that write, for row-level security; each is a transaction or a part of one. */
const WRITES = 1_000
/** Tasks that do nothing, for watchers, each of whose looks is at all of them. */
const TASKS = 2_000
/** Places for tasks, so that the database is kept busy. */
const strategy = ConcurrencyStrategy.serialized({ dataConcurrency: 16 })
const WITHIN = "5 minutes"
/** The goal: row-level security costs no more. */
const COST = 0.1

/** Every table of the engine, and the benchmark's own, without its policies. */
const OFF = `DO $$ DECLARE t regclass; BEGIN
  FOR t IN SELECT oid FROM pg_class WHERE relrowsecurity LOOP
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', t);
  END LOOP; END $$`

const RESULTS = [
  "CREATE TABLE bench_results (project_id uuid NOT NULL, workflow_id uuid NOT NULL, task int NOT NULL)",
  "ALTER TABLE bench_results ENABLE ROW LEVEL SECURITY",
  "ALTER TABLE bench_results FORCE ROW LEVEL SECURITY",
  `CREATE POLICY tenant ON bench_results
    USING (project_id = NULLIF(current_setting('app.current_project_id', true), '')::uuid)
    WITH CHECK (project_id = NULLIF(current_setting('app.current_project_id', true), '')::uuid)`,
  `GRANT SELECT, INSERT ON bench_results TO PUBLIC`
]

const kind = WorkflowKind.make("many", {
  config: Schema.Struct({ tasks: Schema.Int, writes: Schema.Boolean }),
  strategy,
  run: ({ config, queue, workflow }) =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      for (let task = 0; task < config.tasks; task++) {
        const nothing = { id: `${task}`, name: "nothing", class: "data", execute: Effect.void } as const
        yield* queue.enqueue(
          config.writes
            ? {
                ...nothing,
                commit: () =>
                  sql`INSERT INTO bench_results (project_id, workflow_id, task) VALUES (${workflow.projectId}, ${workflow.id}, ${task})`
              }
            : nothing
        )
      }
    })
})

/** An engine on a database of its own, and the figures of one workflow after the other on it. */
const engine = (server: string, database: string, after: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const url = yield* fresh(server, database)
    const context = yield* Layer.build(Engine.layer(url))
    const infra = Context.get(context, WorkflowInfra)
    const own = yield* session(url)
    yield* Effect.forEach([...RESULTS, ...after], (text) => Effect.promise(() => own.query(text)))
    const registered = yield* Effect.provide(infra.register(kind), context)
    const projectId = yield* Effect.provide(Engine.project, context)
    return (tasks: number, writes: boolean, watchers: number) =>
      Effect.gen(function* () {
        yield* takeStatements
        const from = performance.now()
        const { id } = yield* registered.start({
          projectId,
          datasourceId: yield* uuidv7,
          config: { tasks, writes }
        })
        for (let watcher = 0; watcher < watchers; watcher++) {
          yield* Effect.forkScoped(Stream.runDrain(infra.changes(projectId, id)))
        }
        const completed = "SELECT count(*) FROM engine.workflows WHERE id = $1 AND state = 'completed'"
        yield* Engine.eventually(
          "the workflow is completed",
          Effect.map(numberOf(own, completed, [id]), (n) => n === 1),
          WITHIN
        )
        const seconds = (performance.now() - from) / 1000
        const statements = (yield* takeStatements).length
        const stored = yield* numberOf(
          own,
          "SELECT count(*) FROM engine.workflow_tasks WHERE workflow_id = $1 AND status = 'completed'",
          [id]
        )
        const lines = yield* numberOf(own, "SELECT count(DISTINCT task) FROM bench_results WHERE workflow_id = $1", [
          id
        ])
        if (stored !== tasks || (writes && lines !== tasks)) {
          return yield* Effect.dieMessage(`${stored} tasks and ${lines} lines are stored of ${tasks}`)
        }
        const figures: Figures = { speed: tasks / seconds, statements: statements / tasks }
        return figures
      })
  })

const columns = { speed: "tasks/s", statements: "statements each" }

const rowLevelSecurity = (server: string) =>
  Effect.gen(function* () {
    const on = yield* engine(server, "bench_infra_rls_on")
    const off = yield* engine(server, "bench_infra_rls_off", [OFF])
    const result: Row = {
      title: `row-level security: a workflow of ${WRITES.toLocaleString("en-US")} tasks of one INSERT each`,
      columns,
      sides: [
        { label: "on", measure: on(WRITES, true, 0) },
        { label: "off", measure: off(WRITES, true, 0) }
      ],
      judge: ([secure, open]) => {
        const cost = 1 - (secure?.["speed"] ?? 0) / (open?.["speed"] ?? 0)
        const said = `row-level security costs ${digits(cost * 100)} % of the speed; goal: at most ${COST * 100} %`
        return [cost <= COST ? said : `GOAL MISSED: ${said}`]
      }
    }
    return result
  })

const watchers = (server: string) =>
  Effect.gen(function* () {
    const run = yield* engine(server, "bench_infra_watchers")
    const result: Row = {
      title: `a workflow of ${TASKS.toLocaleString("en-US")} tasks that do nothing, followed by infra.changes`,
      columns,
      sides: [
        { label: "nobody follows", measure: run(TASKS, false, 0) },
        { label: "5 watchers", measure: run(TASKS, false, 5) }
      ],
      judge: ([without, five]) => [
        `with 5 watchers: ${digits((five?.["speed"] ?? 0) / (without?.["speed"] ?? 0))} of the speed without`
      ]
    }
    return result
  })

/** The row of row-level security. */
export const isolation: Family = (server) => [rowLevelSecurity(server)]
/** The row of watchers. */
export const watching: Family = (server) => [watchers(server)]
