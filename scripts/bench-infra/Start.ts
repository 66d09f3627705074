import { Context, Effect, Layer, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { WorkflowInfra, WorkflowKind } from "../../src/index.ts"
import * as Engine from "./Engine.ts"
import { digits, percentile } from "./Figures.ts"
import * as Plan from "./Plan.ts"
import type { Family, Figures, Row } from "./Row.ts"
import { fresh, session, takeStatements, walPosition } from "./Server.ts"

/** How long it takes until a workflow is stored and owned. */

const STARTS = 500
const AT_ONCE = 16

const measured = (start: Effect.Effect<unknown, unknown>, position: Effect.Effect<number>) =>
  Effect.gen(function* () {
    const took: Array<number> = []
    yield* takeStatements
    const before = yield* position
    yield* Effect.forEach(
      Array.from({ length: STARTS }),
      () =>
        Effect.gen(function* () {
          const from = performance.now()
          yield* start
          took.push(performance.now() - from)
        }),
      { concurrency: AT_ONCE, discard: true }
    )
    const statements = (yield* takeStatements).length
    const bytes = (yield* position) - before
    const figures: Figures = {
      p50: percentile(took, 0.5),
      p99: percentile(took, 0.99),
      statements: statements / STARTS,
      bytes: bytes / STARTS
    }
    return figures
  })

const row = (server: string) =>
  Effect.gen(function* () {
    const url = yield* fresh(server, "bench_infra_start")
    const planUrl = yield* fresh(server, "bench_infra_start_plan", Plan.TABLE)
    const context = yield* Layer.build(Engine.layer(url))
    const infra = Context.get(context, WorkflowInfra)
    const kind = yield* infra.register(WorkflowKind.make("endless", { config: Schema.Null, run: () => Effect.never }))
    const projectId = yield* Effect.provide(Engine.project, context)
    const own = yield* session(url)
    const inTenant = yield* Plan.connect(planUrl)
    const planOwn = yield* session(planUrl)
    const planProject = randomUUID()

    const result: Row = {
      title: `start of a workflow, ${STARTS} of them, ${AT_ONCE} at once`,
      columns: { p50: "p50 ms", p99: "p99 ms", statements: "statements each", bytes: "WAL bytes each" },
      sides: [
        {
          label: "ours: stored, owned, and its run begun",
          measure: measured(
            Effect.flatMap(uuidv7, (datasourceId) => kind.start({ projectId, datasourceId, config: null })),
            walPosition(own)
          )
        },
        {
          label: "the plan's: an INSERT in its tenant's context",
          measure: measured(
            Effect.suspend(() =>
              inTenant(planProject, "INSERT INTO plan_workflows (project_id, server_id) VALUES ($1, $2)", [
                planProject,
                randomUUID()
              ])
            ),
            walPosition(planOwn)
          )
        }
      ],
      judge: ([ours, plan]) => [
        `ours ÷ the plan's: ${digits((ours?.["p50"] ?? 0) / (plan?.["p50"] ?? 0))} of the median time`
      ]
    }
    return result
  })

/** The row of starts. */
export const start: Family = (server) => [row(server)]
