import { Context, Duration, Effect, Layer, Redacted } from "effect"
import { uuidv7 } from "../../src/database/Uuid.ts"
import {
  Database,
  ServerRepository,
  SqlServerRepository,
  SqlWorkflowRepository,
  TenantContext,
  WorkflowRepository
} from "../../src/index.ts"
import { digits } from "./Figures.ts"
import type { Family, Figures, Row } from "./Row.ts"
import { fresh, session } from "./Server.ts"

/** What a poll for work costs a server of many kinds, with and without workflows that wait for a later time. */

const KINDS = 100
const PROJECTS = 50
/** Workflows that wait: none, and as many of each kind as these. */
const SCHEDULED = [0, 100, 10_000]
/** Polls in a row, of which each takes a part. */
const POLLS = 50
/** As many as a sweep claims at the most. */
const MOST = 50
/** The goal: a poll takes no longer than so many times what it takes where few wait. */
const GROWTH = 2

const forAll = (command: string) =>
  `DO $$ DECLARE it record; BEGIN FOR it IN SELECT * FROM dropped LOOP EXECUTE ${command}; END LOOP; END $$`

/** So many workflows of each kind, in three priorities, whose time is tomorrow. Indexes are made after the rows, which is faster. */
const FILL = (each: number) => [
  "SET session_replication_role = replica",
  `CREATE TEMPORARY TABLE dropped AS SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made
    FROM pg_index i WHERE i.indrelid = 'engine.workflows'::regclass
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)`,
  forAll("'DROP INDEX ' || it.name"),
  `INSERT INTO engine.projects SELECT gen_random_uuid(), 'project ' || n FROM generate_series(1, ${PROJECTS}) n`,
  `INSERT INTO engine.workflows (project_id, id, kind, state, config, epoch, start_at, priority)
    SELECT p.ids[1 + n % ${PROJECTS}], gen_random_uuid(), 'kind ' || n % ${KINDS}, 'pending', 'null', 1,
      now() + interval '1 day' + n * interval '1 millisecond', n / ${KINDS} % 3
    FROM generate_series(1, ${each * KINDS}) n, (SELECT array_agg(id) AS ids FROM engine.projects) p`,
  forAll("it.made"),
  "VACUUM (ANALYZE) engine.workflows"
]

const columns = { poll: "poll, ms", claim: "claim, ms", limited: "claim of kinds with limits, ms" }

const side = (server: string, each: number) =>
  Effect.gen(function* () {
    const url = yield* fresh(server, `bench_infra_polling_${each}`)
    const context = yield* Layer.build(
      Layer.mergeAll(SqlWorkflowRepository.layer, SqlServerRepository.layer).pipe(
        Layer.provide(TenantContext.layer),
        Layer.provideMerge(Database.layer({ url: Redacted.make(url) }))
      )
    )
    const own = yield* session(url)
    yield* Effect.forEach(FILL(each), (text) => Effect.promise(() => own.query(text)))
    const repository = Context.get(context, WorkflowRepository)
    const serverId = yield* uuidv7
    const name = { host: "nowhere", pid: 0, version: "0", usesSessionLock: false }
    yield* Context.get(context, ServerRepository).register({ id: serverId, ...name }, Duration.hours(1))
    const runs = Array.from({ length: KINDS }, (_, n) => ({ kind: `kind ${n}`, version: 1 }))
    const limited = runs.map((run) => ({ ...run, limit: { running: 20, perProject: 2 } }))
    const average = (statement: Effect.Effect<unknown, unknown>) =>
      Effect.map(
        Effect.timed(Effect.replicateEffect(statement, POLLS, { discard: true })),
        ([took]) => Duration.toMillis(took) / POLLS
      )
    const measure = Effect.gen(function* () {
      const figures: Figures = {
        poll: yield* average(repository.share(runs, MOST)),
        claim: yield* average(repository.claim(serverId, runs, MOST)),
        limited: yield* average(repository.claim(serverId, limited, MOST))
      }
      return figures
    })
    return { label: `${(each * KINDS).toLocaleString("en-US")} scheduled`, measure }
  })

const row = (server: string) =>
  Effect.gen(function* () {
    const result: Row = {
      title: `a server of ${KINDS} kinds polls, while workflows wait for a later time`,
      columns,
      sides: yield* Effect.forEach(SCHEDULED, (each) => side(server, each)),
      // Where nothing waits there is no priority to look at, so that the growth is that from few to many.
      judge: (medians) => {
        const [none, few, many] = medians.map(({ poll }) => poll ?? Number.NaN)
        const growth = (many ?? Number.NaN) / (few ?? Number.NaN)
        const said = `a poll with most scheduled takes ${digits(growth)} times that with few, and ${digits((many ?? Number.NaN) / (none ?? Number.NaN))} times that with none; goal: at most ${GROWTH} times that with few`
        return [growth <= GROWTH ? said : `GOAL MISSED: ${said}`]
      }
    }
    return result
  })

/** The databases of its sides. */
export const DATABASES = SCHEDULED.map((each) => `bench_infra_polling_${each}`)

/** The row of polls. */
export const polling: Family = (server) => [row(server)]
