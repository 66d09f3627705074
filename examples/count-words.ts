import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer, Schema } from "effect"
import { Database, Projects, TenantContext, WorkflowInfra, WorkflowKind } from "workflow-infra"

/** Counts the words of some texts, one task per text, and returns their sum. */
const countWords = Effect.gen(function* () {
  const { work: sql } = yield* Database

  return WorkflowKind.make("count-words", {
    config: Schema.Struct({ texts: Schema.Record({ key: Schema.String, value: Schema.String }) }),
    success: Schema.Int,
    run: ({ config, fenced, queue, workflow: { projectId } }) =>
      Effect.gen(function* () {
        for (const [title, text] of Object.entries(config.texts)) {
          yield* queue.enqueue({
            id: `count:${title}`,
            name: `Count ${title}`,
            class: "data",
            // Computes; may run again after a crash.
            execute: Effect.sync(() => text.split(/\s+/).length),
            // Writes; there exactly once, together with the task's "completed".
            commit: (words) =>
              sql`INSERT INTO word_counts (project_id, title, words) VALUES (${projectId}, ${title}, ${words})`
          })
        }
        yield* queue.wait
        const rows = yield* fenced(
          sql<{ words: number }>`SELECT words FROM word_counts WHERE project_id = ${projectId}`
        )
        return rows.reduce((sum, { words }) => sum + words, 0)
      })
  })
})

const program = Effect.gen(function* () {
  const { tenantRole, work: sql } = yield* Database
  yield* sql`CREATE TABLE IF NOT EXISTS word_counts (project_id uuid, title text, words int)`
  yield* sql`GRANT SELECT, INSERT ON word_counts TO ${sql(tenantRole)}`

  const infra = yield* WorkflowInfra
  const counting = yield* infra.register(yield* countWords)
  const projectId = yield* Effect.flatMap(Projects, (projects) => projects.ensure("example"))
  const words = yield* counting.execute({
    projectId,
    // Names the workflow: whoever asks again gets the same one, and its result.
    idempotencyKey: "haiku and coda",
    config: { texts: { haiku: "an old silent pond", coda: "splash" } }
  })
  yield* Effect.log(`${words} words`)
}).pipe(Effect.scoped)

const Live = WorkflowInfra.layerConfig.pipe(
  Layer.provideMerge(Projects.layer),
  Layer.provide(TenantContext.layer),
  Layer.provideMerge(Database.layerConfig)
)

NodeRuntime.runMain(Effect.provide(program, Live))
