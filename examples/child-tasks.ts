/**
 * A task enqueues others while it executes. It is their parent: its commit runs after all of theirs, and reads what they wrote.
 * `DATABASE_URL=postgres://… npx tsx examples/child-tasks.ts`
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer, Schema } from "effect"
import { ConcurrencyStrategy, Database, Projects, TenantContext, WorkflowInfra, WorkflowKind } from "workflow-infra"

/** Adds up the sales of each region, a task each, and then those of the whole company. */
const report = Effect.gen(function* () {
  const { work: sql } = yield* Database

  return WorkflowKind.make("sales-report", {
    config: Schema.Struct({ sales: Schema.Record({ key: Schema.String, value: Schema.Array(Schema.Int) }) }),
    success: Schema.Int,
    // Up to four regions at a time; without it, one.
    strategy: ConcurrencyStrategy.serialized({ dataConcurrency: 4 }),
    run: ({ config: { sales }, fenced, queue, workflow: { projectId } }) =>
      Effect.gen(function* () {
        const enqueueRegion = (region: string, amounts: ReadonlyArray<number>) =>
          queue.enqueue({
            id: `region:${region}`,
            name: `Add up ${region}`,
            class: "data",
            execute: Effect.sync(() => amounts.reduce((sum, amount) => sum + amount, 0)),
            commit: (total) =>
              sql`INSERT INTO sales_totals (project_id, name, total) VALUES (${projectId}, ${region}, ${total})`
          })

        yield* queue.enqueue({
          id: "company",
          name: "Add up the company",
          class: "data",
          execute: Effect.forEach(Object.entries(sales), ([region, amounts]) => enqueueRegion(region, amounts)),
          // After the last region's commit, however many servers that took.
          commit: () => sql`INSERT INTO sales_totals (project_id, name, total)
            SELECT project_id, 'company', sum(total) FROM sales_totals WHERE project_id = ${projectId} GROUP BY project_id`
        })
        yield* queue.wait
        const [row] = yield* fenced(
          sql<{ total: number }>`SELECT total FROM sales_totals WHERE project_id = ${projectId} AND name = 'company'`
        )
        return row?.total ?? 0
      })
  })
})

const program = Effect.gen(function* () {
  const { tenantRole, work: sql } = yield* Database
  yield* sql`CREATE TABLE IF NOT EXISTS sales_totals (project_id uuid, name text, total int)`
  yield* sql`GRANT SELECT, INSERT ON sales_totals TO ${sql(tenantRole)}`

  const infra = yield* WorkflowInfra
  const reports = yield* infra.register(yield* report)
  const projectId = yield* Effect.flatMap(Projects, (projects) => projects.ensure("example"))
  const { id } = yield* reports.start({
    projectId,
    idempotencyKey: "2026-07",
    config: { sales: { north: [10, 20], south: [5], west: [1, 2, 4] } }
  })
  yield* Effect.log(`the company sold ${yield* reports.join(projectId, id)}`)
  for (const task of yield* Effect.flatten(infra.loadQueue(projectId, id))) {
    yield* Effect.log(`${task.id} ${task.status}`)
  }
}).pipe(Effect.scoped)

const Live = WorkflowInfra.layerConfig.pipe(
  Layer.provideMerge(Projects.layer),
  Layer.provide(TenantContext.layer),
  Layer.provideMerge(Database.layerConfig)
)

NodeRuntime.runMain(Effect.provide(program, Live))
