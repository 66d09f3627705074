import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"
import { quoteIdentifier, quoteLiteral } from "../Sql.ts"

/** Maximum number of queues (a project's pending workflows of one priority) that a claim looks at: bounds what it reads. */
const QUEUES_AT_ONCE = 200

/**
 * Limits of running workflows, which the kinds bring.
 *
 * - `workflows.limited`: whether the owner's kind had a limit when it claimed the workflow. Only those are counted, so that kinds without a
 *   limit have no entry in the index.
 * - `queued_workflows`: the pending workflows by project, in the order of a hash, because ids of projects begin with their age.
 * - `within_limits`: the workflows that a server may claim of kinds with limits. PL/pgSQL, because each of its statements sees what was
 *   committed before: it takes the kinds' locks, which it keeps until the claim is committed, and counts what runs *then*.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine, names, system } = yield* Installation
  const table = sql.literal(quoteLiteral(`${quoteIdentifier(names.schema)}.workflows`))

  yield* sql`ALTER TABLE ${engine}.workflows ADD COLUMN limited boolean NOT NULL DEFAULT false`
  yield* sql`CREATE INDEX limited_workflows ON ${engine}.workflows (kind, project_id) WHERE state = 'running' AND limited`
  yield* sql`CREATE INDEX queued_workflows ON ${engine}.workflows
    (kind, version, uuid_hash(project_id), project_id, (- priority), start_at) WHERE state = 'pending'`

  const queue = sql.literal(`uuid_hash(w.project_id) AS hash, w.project_id, (- w.priority) AS rank`)
  const inOrder = sql.literal(`ORDER BY uuid_hash(w.project_id), w.project_id, (- w.priority) LIMIT 1`)
  yield* sql`CREATE FUNCTION ${engine}.within_limits(kinds text[], versions integer[], running_limits integer[],
      project_limits integer[], most integer, but uuid[], only_workflows uuid[], only_projects uuid[])
    RETURNS TABLE (id uuid, place integer, priority smallint, start_at timestamptz, attempt integer)
    LANGUAGE plpgsql ROWS 20 SET search_path TO pg_catalog AS $$
    #variable_conflict use_column
    DECLARE
      one text;
      -- Where in the ring of projects this claim begins.
      beginning integer := (floor(random() * 4294967295) - 2147483647)::integer;
    BEGIN
      FOR one IN SELECT DISTINCT k FROM unnest(kinds) k ORDER BY k LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended(one, ${table}::regclass::oid::bigint));
      END LOOP;
      RETURN QUERY WITH RECURSIVE
        runs AS (SELECT * FROM unnest(kinds, versions, running_limits, project_limits)
          AS r (kind, version, running_limit, project_limit)),
        counted AS (SELECT w.kind, w.project_id, count(*)::integer AS running FROM ${engine}.workflows w
          WHERE w.state = 'running' AND w.limited AND w.kind = ANY (kinds) GROUP BY w.kind, w.project_id),
        room AS (SELECT r.kind, r.version, r.project_limit, least(most, coalesce(r.running_limit
            - coalesce((SELECT sum(c.running) FROM counted c WHERE c.kind = r.kind), 0), most))::integer AS free
          FROM runs r),
        queues AS (
          SELECT r.kind, r.version, 1 AS nth, q.* FROM room r CROSS JOIN LATERAL (
            (SELECT 0 AS lap, ${queue} FROM ${engine}.workflows w WHERE w.state = 'pending' AND w.kind = r.kind
              AND w.version = r.version AND uuid_hash(w.project_id) >= beginning ${inOrder})
            UNION ALL
            (SELECT 1, ${queue} FROM ${engine}.workflows w WHERE w.state = 'pending' AND w.kind = r.kind
              AND w.version = r.version AND uuid_hash(w.project_id) < beginning ${inOrder})
            ORDER BY lap LIMIT 1) q WHERE r.free > 0 AND only_projects IS NULL
          UNION ALL
          SELECT q.kind, q.version, q.nth + 1, n.* FROM queues q CROSS JOIN LATERAL (
            (SELECT q.lap, ${queue} FROM ${engine}.workflows w WHERE w.state = 'pending' AND w.kind = q.kind
              AND w.version = q.version
              AND (uuid_hash(w.project_id), w.project_id, (- w.priority)) > (q.hash, q.project_id, q.rank)
              AND uuid_hash(w.project_id) <= CASE q.lap WHEN 0 THEN 2147483647 ELSE beginning - 1 END ${inOrder})
            UNION ALL
            (SELECT 1, ${queue} FROM ${engine}.workflows w WHERE q.lap = 0 AND w.state = 'pending' AND w.kind = q.kind
              AND w.version = q.version AND uuid_hash(w.project_id) < beginning ${inOrder})
            ORDER BY lap LIMIT 1) n WHERE q.nth < ${sql.literal(`${QUEUES_AT_ONCE}`)}),
        -- How many of each queue are read: enough for all together.
        shares AS (SELECT q.*,
            greatest(0, least(r.free, coalesce(r.project_limit - coalesce(c.running, 0), r.free))) AS project_free,
            1 + most / (count(*) OVER (PARTITION BY q.kind))::integer AS share
          FROM queues q JOIN room r ON r.kind = q.kind AND r.version = q.version
            LEFT JOIN counted c ON c.kind = q.kind AND c.project_id = q.project_id),
        found AS (
          SELECT s.kind, s.project_id, s.rank, c.id, c.start_at, c.attempt FROM shares s CROSS JOIN LATERAL (
            SELECT c.id, c.start_at, c.attempt FROM ${engine}.workflows c
            WHERE c.state = 'pending' AND c.kind = s.kind AND c.version = s.version
              AND uuid_hash(c.project_id) = s.hash AND c.project_id = s.project_id AND (- c.priority) = s.rank
              AND c.start_at <= now() AND c.id <> ALL (but)
            ORDER BY c.start_at LIMIT least(s.share, s.project_free)) c
          UNION ALL
          SELECT r.kind, p.id, c.rank, c.id, c.start_at, c.attempt
          FROM room r CROSS JOIN unnest(only_projects) AS p (id) CROSS JOIN LATERAL (
            SELECT (- c.priority) AS rank, c.id, c.start_at, c.attempt FROM ${engine}.workflows c
            WHERE c.state = 'pending' AND c.kind = r.kind AND c.version = r.version
              AND uuid_hash(c.project_id) = uuid_hash(p.id) AND c.project_id = p.id
              AND c.start_at <= now() AND c.id <> ALL (but)
            ORDER BY (- c.priority), c.start_at LIMIT r.free) c
          WHERE r.free > 0
          UNION ALL
          SELECT r.kind, c.project_id, (- c.priority), c.id, c.start_at, c.attempt
          FROM unnest(only_workflows) AS o (id) JOIN ${engine}.workflows c ON c.id = o.id
            JOIN room r ON r.kind = c.kind AND r.version = c.version
          WHERE r.free > 0 AND c.state = 'pending' AND c.project_id <> ALL (only_projects)
            AND c.start_at <= now() AND c.id <> ALL (but)),
        candidates AS (SELECT f.*, coalesce(c.running, 0) AS running,
            row_number() OVER (PARTITION BY f.kind, f.project_id ORDER BY f.rank, f.start_at) AS nth
          FROM found f LEFT JOIN counted c ON c.kind = f.kind AND c.project_id = f.project_id),
        -- Whose project has the fewest running goes first, and chance decides between equals.
        fair AS (SELECT c.*, r.free,
            row_number() OVER (PARTITION BY c.kind ORDER BY c.running + c.nth, random())::integer AS place
          FROM candidates c JOIN (SELECT DISTINCT kind, free, project_limit FROM room) r ON r.kind = c.kind
          WHERE r.project_limit IS NULL OR c.running + c.nth <= r.project_limit)
      SELECT f.id, f.place, (- f.rank)::smallint, f.start_at, f.attempt FROM fair f WHERE f.place <= f.free;
    END $$`
  yield* sql`GRANT EXECUTE ON FUNCTION ${engine}.within_limits TO ${system}`
})
