import { Context, Effect, Layer, Option, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { mapTaskStatus, WorkflowInfra, WorkflowKind, type WorkflowTask } from "../../src/index.ts"
import * as Engine from "./Engine.ts"
import { digits } from "./Figures.ts"
import * as Plan from "./Plan.ts"
import type { Family, Row } from "./Row.ts"
import { fresh, numberOf, session, takeStatements, walPosition } from "./Server.ts"

/** What it costs that everybody can see what becomes of the tasks. */

const TASKS = 2_000
/** What each of them goes through: 10,000 changes. */
const STATES = ["pending", "running", "paused", "running", "completed"]
const CHANGES = TASKS * STATES.length
/** So many changes are made in the plan's way, and what they cost is multiplied: all of them take minutes, and no two differ. */
const PLAN_CHANGES = 200

const taskOf = (n: number, status: string): WorkflowTask => ({
  id: `task:public.table_${n}`,
  ordinal: n,
  name: `Profile table ${n}`,
  status: mapTaskStatus(status),
  requiresLlm: false,
  error: Option.none(),
  retryCount: 0,
  startedAt: Option.none(),
  completedAt: Option.none()
})

const row = (server: string) =>
  Effect.gen(function* () {
    const url = yield* fresh(server, "bench_infra_changes")
    const planUrl = yield* fresh(server, "bench_infra_changes_plan", Plan.TABLE)
    const context = yield* Layer.build(Engine.layer(url))
    const infra = Context.get(context, WorkflowInfra)
    const kind = yield* infra.register(WorkflowKind.make("endless", { config: Schema.Null, run: () => Effect.never }))
    const projectId = yield* Effect.provide(Engine.project, context)
    const own = yield* session(url)

    const ours = Effect.gen(function* () {
      const { id } = yield* kind.start({ projectId, datasourceId: yield* uuidv7, config: null })
      // Whether there is a writer is looked up when the call is made, so each look is a new call.
      const hasWriter = Effect.suspend(() => infra.sendTaskQueueUpdate(id, []))
      yield* Engine.eventually("the workflow has a writer", hasWriter, "30 seconds")
      yield* takeStatements
      const before = yield* walPosition(own)
      const from = performance.now()
      for (const status of STATES) {
        for (let n = 0; n < TASKS; n++) yield* infra.sendTaskQueueUpdate(id, [taskOf(n, status)])
      }
      const completed = "SELECT count(*) FROM engine.workflow_tasks WHERE workflow_id = $1 AND status = 'completed'"
      yield* Engine.eventually(
        "every task is stored as completed",
        Effect.map(numberOf(own, completed, [id]), (n) => n === TASKS),
        "1 minute"
      )
      const ms = performance.now() - from
      const statements = (yield* takeStatements).length
      const bytes = (yield* walPosition(own)) - before
      yield* infra.cancel(projectId, id)
      return { statements, bytes, ms }
    })

    const inTenant = yield* Plan.connect(planUrl)
    const planOwn = yield* session(planUrl)
    const planProject = randomUUID()
    const times = CHANGES / PLAN_CHANGES
    const plan = Effect.gen(function* () {
      const id = randomUUID()
      yield* inTenant(planProject, "INSERT INTO plan_workflows (id, project_id) VALUES ($1, $2)", [id, planProject])
      const list = Array.from({ length: TASKS }, (_, n) => taskOf(n, "pending"))
      yield* takeStatements
      const before = yield* walPosition(planOwn)
      const from = performance.now()
      for (let n = 0; n < PLAN_CHANGES; n++) {
        list[n] = taskOf(n, "running")
        yield* inTenant(planProject, "UPDATE plan_workflows SET task_queue = $2, updated_at = now() WHERE id = $1", [
          id,
          JSON.stringify(list)
        ])
      }
      const ms = performance.now() - from
      const bytes = (yield* walPosition(planOwn)) - before
      yield* takeStatements
      return { statements: 4 * CHANGES, bytes: bytes * times, ms: ms * times }
    })

    const result: Row = {
      title: `${CHANGES.toLocaleString("en-US")} changes of ${TASKS.toLocaleString("en-US")} tasks, until the last is stored`,
      columns: { statements: "statements", bytes: "WAL bytes", ms: "ms" },
      sides: [
        { label: "ours: what changed, gathered, a row per task", measure: ours },
        { label: `the plan's: the whole list as JSON per change (${PLAN_CHANGES} of them × ${times})`, measure: plan }
      ],
      judge: ([one, other]) => [
        `ours ÷ the plan's: ${digits((one?.["statements"] ?? 0) / (other?.["statements"] ?? 0))} of the statements, ${digits((one?.["bytes"] ?? 0) / (other?.["bytes"] ?? 0))} of the WAL`
      ]
    }
    return result
  })

/** The row of changes. */
export const changes: Family = (server) => [row(server)]
