/** A project with so many workflows that have ended, made by the database itself, in the way that years of work leave them. */

/** The project that has them; another one has a handful. */
export const PROJECT = "bench"
/** The names of kinds, and the last one, of which there is one workflow in 10,000. */
export const KINDS = ["entities", "relationships", "ontology", "import"]
/** @see KINDS */
export const RARE_KIND = "cleanup"
/** Tasks of each workflow, but of the newest one. */
const TASKS = 10
/** Tasks of the newest workflow. */
export const MANY_TASKS = 10_000
/** One workflow in so many has failed. */
const FAILED = 33
/** What workflows have for themselves: so many databases. */
export const KEYS = 100
/** The span of time over which they were started, in days: what is older is deleted by default. */
export const DAYS = 29

const forAll = (command: string) =>
  `DO $$ DECLARE it record; BEGIN FOR it IN SELECT * FROM dropped LOOP EXECUTE ${command}; END LOOP; END $$`

const tables = ["workflows", "workflow_tasks", "workflow_progress"].map((table) => `engine.${table}`)

/** The statements that make them. Indexes are made after the rows, which is faster, and nothing checks foreign keys. */
export const fill = (workflows: number): ReadonlyArray<string> => [
  "SET session_replication_role = replica",
  "SET synchronous_commit = off",
  "SET maintenance_work_mem = '256MB'",
  `CREATE TEMPORARY TABLE dropped AS SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made
    FROM pg_index i WHERE i.indrelid = ANY ('{${tables.join()}}'::regclass[])
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)`,
  forAll("'DROP INDEX ' || it.name"),
  `INSERT INTO engine.projects (id, name) SELECT gen_random_uuid(), name FROM unnest('{${PROJECT},small}'::text[]) name`,
  // The ids begin with the time, as ours do: neighbours in time are neighbours in every index.
  `CREATE TEMPORARY TABLE made AS SELECT n, p.id AS project_id, now() - interval '${DAYS} days' * (1 - n / ${workflows}.0) AS at,
      (lpad(to_hex(1700000000000 + n * 1000), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8'
        || substr(md5(n::text), 4, 15))::uuid AS id,
      CASE WHEN n % 10000 = 0 THEN '${RARE_KIND}' ELSE ('{${KINDS.join()}}'::text[])[1 + n % ${KINDS.length}] END AS kind
    FROM generate_series(1, ${workflows}) n
    JOIN engine.projects p ON p.name = CASE WHEN n % (${workflows} / 10) = 1 THEN 'small' ELSE '${PROJECT}' END`,
  `INSERT INTO engine.workflows (project_id, id, kind, state, config, epoch, error_message, created_at, started_at, completed_at,
      start_at, idempotency_key, exclusive_key, datasource_id)
    SELECT project_id, id, kind, CASE WHEN n % ${FAILED} = 0 THEN 'failed' ELSE 'completed' END,
      jsonb_build_object('datasource', n % ${KEYS}, 'note', repeat('x', 200)), 2,
      CASE WHEN n % ${FAILED} = 0 THEN 'the database is gone' END, at, at, at + interval '30 seconds', at, 'run ' || n,
      'database ' || n % ${KEYS}, md5((n % ${KEYS})::text)::uuid FROM made`,
  `INSERT INTO engine.workflow_progress (project_id, workflow_id, message, done, total)
    SELECT project_id, id, 'all tables are read', ${TASKS}, ${TASKS} FROM made`,
  `INSERT INTO engine.workflow_tasks (project_id, workflow_id, task_id, ordinal, name, status, requires_llm, error, retry_count,
      started_at, completed_at, completed_epoch)
    SELECT project_id, id, 'profile:public.table_' || t, t, 'Profile table ' || t,
      CASE WHEN t % 100 = 99 THEN 'failed' ELSE 'completed' END, false, CASE WHEN t % 100 = 99 THEN 'canceling statement' END, 0,
      at, at + interval '3 seconds', 1
    FROM made, generate_series(0, CASE WHEN n = ${workflows} THEN ${MANY_TASKS} ELSE ${TASKS} END - 1) t`,
  forAll("it.made"),
  ...tables.map((table) => `VACUUM (ANALYZE) ${table}`),
  "CHECKPOINT"
]
