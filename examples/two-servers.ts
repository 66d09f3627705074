/**
 * Two servers, one workflow. Start it in two terminals, and kill the first one however you like: the second goes on.
 *
 * `SERVER=first DATABASE_URL=postgres://… npx tsx examples/two-servers.ts`
 * `SERVER=second DATABASE_URL=postgres://… npx tsx examples/two-servers.ts`
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, Effect, Layer, Schema } from "effect"
import { Database, Projects, TenantContext, WorkflowInfra, WorkflowKind } from "workflow-infra"

/** Walks so many steps, half a second each, and writes down which server walked each of them. */
const walk = (server: string) =>
  Effect.gen(function* () {
    const { work: sql } = yield* Database

    return WorkflowKind.make("walk", {
      config: Schema.Struct({ steps: Schema.Int }),
      success: Schema.Record({ key: Schema.String, value: Schema.Int }),
      run: ({ config: { steps }, fenced, queue, workflow: { projectId } }) =>
        Effect.gen(function* () {
          // Every owner enqueues all of them: those that are completed do not run again.
          for (let step = 1; step <= steps; step++) {
            yield* queue.enqueue({
              id: `step:${step}`,
              name: `Step ${step}`,
              class: "data",
              execute: Effect.sleep("500 millis"),
              commit: () => sql`INSERT INTO steps (project_id, step, server) VALUES (${projectId}, ${step}, ${server})`
            })
          }
          yield* queue.wait
          const rows = yield* fenced(sql<{ server: string; count: number }>`
            SELECT server, count(*)::int AS count FROM steps WHERE project_id = ${projectId} GROUP BY server`)
          return Object.fromEntries(rows.map(({ count, server }) => [server, count]))
        })
    })
  })

const program = Effect.gen(function* () {
  const { tenantRole, work: sql } = yield* Database
  // Both may start at once, and IF NOT EXISTS does not look at what another transaction has not committed yet.
  yield* sql.withTransaction(
    Effect.gen(function* () {
      yield* sql`SELECT pg_advisory_xact_lock(hashtext('steps'))`
      yield* sql`CREATE TABLE IF NOT EXISTS steps (project_id uuid, step int, server text)`
      yield* sql`GRANT SELECT, INSERT ON steps TO ${sql(tenantRole)}`
    })
  )

  const infra = yield* WorkflowInfra
  const walks = yield* infra.register(yield* walk(yield* Config.string("SERVER")))
  const projectId = yield* Effect.flatMap(Projects, (projects) => projects.ensure("example"))
  // The server that comes second gets the workflow of the first, and waits for its end like that one.
  const walked = yield* walks.execute({ projectId, idempotencyKey: "the walk", config: { steps: 20 } })
  yield* Effect.log(`walked by ${JSON.stringify(walked)}`)
}).pipe(Effect.scoped)

const Live = WorkflowInfra.layerConfig.pipe(
  Layer.provideMerge(Projects.layer),
  Layer.provide(TenantContext.layer),
  Layer.provideMerge(Database.layerConfig)
)

NodeRuntime.runMain(Effect.provide(program, Live))
