import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"

/** A failed workflow may be retried: the trigger of migration 6 lets it become pending again. */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`CREATE OR REPLACE FUNCTION ${engine}.check_transition() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
      ('pending', 'running'), ('pending', 'paused'), ('pending', 'failed'),
      ('running', 'pending'), ('running', 'paused'), ('running', 'awaiting_input'), ('running', 'completed'), ('running', 'failed'),
      ('paused', 'pending'), ('paused', 'failed'),
      ('awaiting_input', 'pending'), ('awaiting_input', 'failed'),
      ('failed', 'pending')) THEN
      RAISE EXCEPTION 'workflow % is % and cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.owner_id IS DISTINCT FROM OLD.owner_id AND NEW.epoch <= OLD.epoch THEN
      RAISE EXCEPTION 'workflow % cannot change hands without a new epoch', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW; END $$`
})
