import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"

/**
 * A trigger refuses a state change that is not allowed, and a change of owner without a higher epoch, whichever program makes it.
 * `claimed_at` is when the owner took the workflow: if PostgreSQL has restarted since, the takeover counts no attempt.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`ALTER TABLE ${engine}.workflows ADD COLUMN claimed_at timestamptz`

  yield* sql`CREATE FUNCTION ${engine}.check_transition() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
      ('pending', 'running'), ('pending', 'paused'), ('pending', 'failed'),
      ('running', 'pending'), ('running', 'paused'), ('running', 'awaiting_input'), ('running', 'completed'), ('running', 'failed'),
      ('paused', 'pending'), ('paused', 'failed'),
      ('awaiting_input', 'pending'), ('awaiting_input', 'failed')) THEN
      RAISE EXCEPTION 'workflow % is % and cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.owner_id IS DISTINCT FROM OLD.owner_id AND NEW.epoch <= OLD.epoch THEN
      RAISE EXCEPTION 'workflow % cannot change hands without a new epoch', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW; END $$`
  yield* sql`CREATE TRIGGER check_transition BEFORE UPDATE ON ${engine}.workflows FOR EACH ROW
    WHEN (OLD.state <> NEW.state OR OLD.owner_id IS DISTINCT FROM NEW.owner_id)
    EXECUTE FUNCTION ${engine}.check_transition()`
})
