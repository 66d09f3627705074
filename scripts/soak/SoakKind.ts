import { Duration, Effect, Schema } from "effect"
import { Database } from "../../src/database/Database.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"

/** Tasks of each workflow. */
export const TASKS = 20
/** How long a task takes. A workflow so takes 30 s, three times the interval between kills. */
const WORK = Duration.millis(1_500)

/** The soak's kind of workflow: the commit of every task inserts one entry into the ledger. */
export const soakKind = WorkflowKind.make("soak", {
  config: Schema.Null,
  run: ({ queue, workflow }) =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      for (let task = 0; task < TASKS; task++) {
        yield* queue.enqueue({
          id: `entry:${task}`,
          name: `Entry ${task}`,
          class: "data",
          execute: Effect.sleep(WORK),
          commit: () =>
            sql`INSERT INTO ledger (workflow_id, epoch, task) VALUES (${workflow.id}, ${workflow.epoch}, ${task})`
        })
      }
    })
})

/** What a server reports every second: its resident memory in bytes, its fibers, and the workflows that it runs. */
export const Vitals = Schema.Struct({ memory: Schema.Number, fibers: Schema.Number, active: Schema.Number })
/** @see Vitals */
export type Vitals = typeof Vitals.Type

/**
 * Creates the table `ledger`, which has no unique key, so that a second execution of a task shows, and the table `hands`, where a trigger
 * records every state and owner of each workflow.
 */
export const createTables = Effect.gen(function* () {
  const { tenantRole, work: sql } = yield* Database
  yield* sql`CREATE TABLE ledger (position bigserial PRIMARY KEY, workflow_id uuid NOT NULL, epoch int NOT NULL, task int NOT NULL)`
  yield* sql`GRANT INSERT ON ledger TO ${sql(tenantRole)}`
  yield* sql`GRANT USAGE ON SEQUENCE ledger_position_seq TO ${sql(tenantRole)}`
  yield* sql`CREATE TABLE hands (position bigserial PRIMARY KEY, workflow_id uuid NOT NULL, state text NOT NULL, owner_id uuid,
    at timestamptz NOT NULL DEFAULT clock_timestamp())`
  yield* sql`CREATE FUNCTION note_hands() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO public.hands (workflow_id, state, owner_id) VALUES (NEW.id, NEW.state, NEW.owner_id); RETURN NULL; END $$`
  yield* sql`CREATE TRIGGER note_hands AFTER INSERT OR UPDATE ON engine.workflows FOR EACH ROW EXECUTE FUNCTION note_hands()`
})
