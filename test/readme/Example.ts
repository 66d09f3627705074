import { NodeRuntime } from "@effect/platform-node"
import { Effect, Layer, Schema } from "effect"
import { Database, Projects, TenantContext, WorkflowInfra, WorkflowKind } from "../../src/index.ts"

/** Counts the words of some texts, one task per text. Killed half-way, it goes on in the next process. */
const countWords = Effect.gen(function* () {
  const { work: sql } = yield* Database

  return WorkflowKind.make("count-words", {
    config: Schema.Struct({ texts: Schema.Record({ key: Schema.String, value: Schema.String }) }),
    run: ({ config, progress, queue, workflow }) =>
      Effect.gen(function* () {
        const texts = Object.entries(config.texts)
        for (const [title, text] of texts) {
          yield* queue.enqueue({
            id: `count:${title}`,
            name: `Count ${title}`,
            class: "data",
            // Computes; may run again after a crash.
            execute: Effect.sync(() => text.split(/\s+/).length),
            // Writes; there exactly once, together with the task's "completed".
            commit: (words) =>
              sql`INSERT INTO word_counts (project_id, title, words) VALUES (${workflow.projectId}, ${title}, ${words})`
          })
        }
        yield* queue.wait
        yield* progress({ message: "counted", done: texts.length, total: texts.length })
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
  const { id } = yield* counting.start({
    projectId,
    config: { texts: { haiku: "an old silent pond", coda: "splash" } }
  })

  const state = Effect.map(infra.get(projectId, id), (workflow) => workflow.state)
  yield* Effect.repeat(Effect.delay(state, "100 millis"), { until: (is) => is === "completed" })
  for (const row of yield* sql`SELECT title, words FROM word_counts ORDER BY title`) yield* Effect.log(row)
}).pipe(Effect.scoped)

const Live = WorkflowInfra.layer.pipe(
  Layer.provideMerge(Projects.layer),
  Layer.provide(TenantContext.layer),
  Layer.provideMerge(Database.layerConfig)
)

NodeRuntime.runMain(Effect.provide(program, Live))
