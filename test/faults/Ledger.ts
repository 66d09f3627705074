import { Effect, Schema } from "effect"
import { Database } from "../../src/database/Database.ts"
import { orDatabaseError } from "../../src/database/DatabaseError.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { RetryPolicy } from "../../src/workqueue/RetryPolicy.ts"

/** What is wrong with a task that ought not to be there. "computes": its first owner's event loop stands still for five seconds. */
const Poison = Schema.Literal("throws", "never settles", "does not serialise", "process.exit", "computes")

/** What takes five seconds, in milliseconds, and lets nobody else run. */
const COMPUTING = 5_000
const compute = () => {
  const end = performance.now() + COMPUTING
  while (performance.now() < end);
}

/** How many tasks a ledger workflow has, how long each one works, in milliseconds, and what is wrong with the first, if anything. */
export const LedgerConfig = Schema.Struct({
  tasks: Schema.Int,
  millis: Schema.Int,
  poison: Schema.optional(Poison)
})

/** A workflow was made to fail where it stood. */
export class AskedToFail extends Schema.TaggedError<AskedToFail>()("AskedToFail", { message: Schema.String }) {}

/**
 * Passed by every workflow on its way: `execute:N` before a task works, `commit:N` in its transaction, when all is written but the
 * COMMIT, `end` when every task is completed and the workflow is not. Whoever stands there may hold it, or make it fail.
 */
export type Reach = (point: string, workflowId: string) => Effect.Effect<void, AskedToFail>

/**
 * A kind whose tasks write down what they do: each `execute` a row in `executions`, outside any transaction, each `commit` one in
 * `ledger`. Both are only ever appended to, so that what happened twice is there twice. `running`: how many run at a time.
 */
export const ledger = (reach: Reach = () => Effect.void, name = "ledger", running?: number) =>
  WorkflowKind.make(name, {
    config: LedgerConfig,
    ...(running === undefined ? {} : { limit: { running } }),
    error: AskedToFail,
    retry: RetryPolicy.make({ firstDelay: "100 millis", maxDelay: "1 second", retries: 100 }),
    run: ({ config, queue, workflow }) =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        const note = (table: "ledger" | "executions", task: number) =>
          sql`INSERT INTO ${sql(table)} (workflow_id, epoch, task, pid)
            VALUES (${workflow.id}, ${workflow.epoch}, ${task}, ${process.pid})`
        for (let n = 0; n < config.tasks; n++) {
          const poison = n === 0 ? config.poison : undefined
          yield* queue.enqueue({
            id: `entry:${n}`,
            name: `Entry ${n}`,
            class: "data",
            execute: Effect.gen(function* () {
              yield* reach(`execute:${n}`, workflow.id)
              yield* orDatabaseError(note("executions", n))
              yield* Effect.sleep(config.millis)
              if (poison === "throws")
                return yield* Effect.sync(() => {
                  throw new Error("poison")
                })
              if (poison === "never settles") return yield* Effect.never
              if (poison === "computes" && workflow.epoch === 1) compute()
              if (poison === "process.exit") return yield* Effect.sync(() => process.exit(1))
            }),
            commit: () =>
              Effect.gen(function* () {
                if (poison === "does not serialise") yield* sql`SELECT ${JSON.stringify({ big: 1n })}::jsonb`
                yield* note("ledger", n)
                yield* reach(`commit:${n}`, workflow.id)
              })
          })
        }
        yield* queue.wait
        yield* reach("end", workflow.id)
      })
  })

/** Makes the tables, where they are not there, for the tenants of this schema. */
export const create = Effect.gen(function* () {
  const { tenantRole, work: sql } = yield* Database
  for (const table of ["ledger", "executions"]) {
    yield* sql`CREATE TABLE IF NOT EXISTS ${sql(table)} (position bigserial PRIMARY KEY, workflow_id uuid NOT NULL, epoch int NOT NULL,
      task int NOT NULL, pid int NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp())`
    yield* sql`CREATE INDEX IF NOT EXISTS ${sql(`${table}_workflow`)} ON ${sql(table)} (workflow_id)`
    yield* sql`GRANT INSERT ON ${sql(table)} TO ${sql(tenantRole)}`
    yield* sql`GRANT USAGE ON SEQUENCE ${sql(`${table}_position_seq`)} TO ${sql(tenantRole)}`
  }
})

/** What a task wrote. */
export interface Entry {
  readonly epoch: number
  readonly task: number
  readonly pid: number
  /** The database's time. */
  readonly at: Date
}

/** What a workflow's tasks wrote, in order. */
export const entries = (table: "ledger" | "executions", workflowId: string) =>
  Effect.flatMap(
    Database,
    ({ work: sql }) => sql<Entry>`
      SELECT epoch, task, pid, at FROM ${sql(table)} WHERE workflow_id = ${workflowId} ORDER BY position`
  )
