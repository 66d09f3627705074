import { Effect, Option, Schema } from "effect"
import { Database } from "../../src/database/Database.ts"
import { TENANT_ROLE } from "../../src/database/Roles.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"

/** How many tasks a ledger workflow has, and how long each one works. */
export const LedgerConfig = Schema.Struct({ tasks: Schema.Int, millis: Schema.Int })

/** Where a process stands still for ever, having said so: around the COMMIT of one task. */
export interface Standstill {
  readonly at: "before the commit" | "after the commit"
  readonly task: number
  readonly say: Effect.Effect<void>
}

/**
 * A kind whose tasks write down what they do: each `execute` a row in `executions`, outside any transaction, each `commit` one in
 * `ledger`. Both are only ever appended to, so that what happened twice is there twice.
 */
export const ledger = (standstill?: Standstill) =>
  WorkflowKind.make("ledger", {
    config: LedgerConfig,
    run: ({ config, queue, workflow }) =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        const standing = (at: Standstill["at"], task: number) =>
          standstill?.at === at && standstill.task === task
            ? Effect.zipRight(standstill.say, Effect.never)
            : Effect.void
        for (let n = 0; n < config.tasks; n++) {
          yield* queue.enqueue({
            id: `entry:${n}`,
            name: `Entry ${n}`,
            class: "data",
            execute: Effect.gen(function* () {
              yield* standing("after the commit", n - 1)
              yield* sql`INSERT INTO executions (workflow_id, epoch, task) VALUES (${workflow.id}, ${workflow.epoch}, ${n})`
              yield* Effect.sleep(config.millis)
            }),
            commit: () =>
              sql`INSERT INTO ledger (workflow_id, epoch, task) VALUES (${workflow.id}, ${workflow.epoch}, ${n})`.pipe(
                Effect.zipRight(standing("before the commit", n))
              )
          })
        }
      })
  })

/** Makes the tables. */
export const create = Effect.gen(function* () {
  const { work: sql } = yield* Database
  for (const table of ["ledger", "executions"]) {
    yield* sql`CREATE TABLE ${sql(table)} (
      position bigserial PRIMARY KEY, workflow_id uuid NOT NULL, epoch int NOT NULL, task int NOT NULL)`
    yield* sql`GRANT INSERT ON ${sql(table)} TO ${sql(TENANT_ROLE)}`
    yield* sql`GRANT USAGE ON SEQUENCE ${sql(`${table}_position_seq`)} TO ${sql(TENANT_ROLE)}`
  }
})

/** What a workflow's tasks wrote, in order. */
export const entries = (table: "ledger" | "executions", workflowId: string) =>
  Effect.flatMap(
    Database,
    ({ work: sql }) => sql<{ epoch: number; task: number }>`
      SELECT epoch, task FROM ${sql(table)} WHERE workflow_id = ${workflowId} ORDER BY position`
  )

/** The tasks of a row list, each once. */
export const tasksOf = (rows: ReadonlyArray<{ readonly task: number }>) => new Set(rows.map(({ task }) => task))

/** What a process that stands still is asked to do: `LEDGER_STANDSTILL=before the commit:3`; nothing: to go on. */
export const parseStandstill = (text: string): Option.Option<Pick<Standstill, "at" | "task">> => {
  const [at, task] = text.split(":")
  return at === "before the commit" || at === "after the commit"
    ? Option.some({ at, task: Number(task) })
    : Option.none()
}
