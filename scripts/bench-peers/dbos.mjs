import { setTimeout } from "node:timers/promises"
import { DBOS } from "@dbos-inc/dbos-sdk"
import {
  AT_ONCE,
  countResults,
  createResults,
  INSERT,
  mark,
  PART_MILLIS,
  PARTS,
  percentile,
  serve,
  session,
  startAll,
  timed,
  tuned,
  until,
  url
} from "./common.mjs"
import { makeDatasource } from "./dbosDatasource.mjs"

/**
 * DBOS Transact: workflows of steps. As it comes: step after step, a pool of 10. It has no batching of steps to switch on: what its
 * documentation offers is steps in parallel (docs.dbos.dev/typescript/tutorials/workflow-tutorial, `Promise.allSettled`, started in a
 * fixed order) and a larger pool (docs.dbos.dev/typescript/reference/configuration, `systemDatabasePoolSize`, default 10).
 */
const POOL = tuned ? 20 : 10
/** Steps in parallel where it is tuned: more than there are connections, so that none of these is idle. */
const PARALLEL = tuned ? 32 : 1

/** A transaction and its checkpoint commit together (docs.dbos.dev/typescript/tutorials/transaction-tutorial). */
const data = makeDatasource("bench", { connectionString: url, max: POOL })

const nothing = async () => {}

/** So many at once, started in a fixed order: what is waited for is the slowest of those under way, never a whole batch. */
const inParallel = async (n, start) => {
  let next = 0
  const one = async () => {
    while (next < n) await start(next++)
  }
  const settled = await Promise.allSettled(Array.from({ length: PARALLEL }, one))
  for (const each of settled) if (each.status === "rejected") throw each.reason
}

/** Gives up at its deadline, so that one that is too slow ends too: `done` is then less. */
const limited = (start) => async (n, limit) => {
  const deadline = Date.now() + limit * 1000
  let done = 0
  await inParallel(n, async (which) => {
    if (Date.now() > deadline) return
    await start(which)
    done++
  })
  return done
}

const tasks = DBOS.registerWorkflow(
  limited(() => DBOS.runStep(nothing, { name: "task" })),
  { name: "tasks" }
)

const insert = data.registerTransaction(
  async (which) => {
    await data.query(INSERT, [which])
  },
  { name: "insert" }
)
const inserts = DBOS.registerWorkflow(limited(insert), { name: "inserts" })

const one = DBOS.registerWorkflow(
  async () => {
    await DBOS.runStep(nothing, { name: "task" })
  },
  { name: "one" }
)

const long = DBOS.registerWorkflow(
  async (which) => {
    await mark(which, "began")
    for (let part = 0; part < PARTS; part++) await DBOS.runStep(() => setTimeout(PART_MILLIS), { name: `part ${part}` })
    await mark(which, "ended")
  },
  { name: "long" }
)

const open = async () => {
  DBOS.setConfig({ name: "bench", systemDatabaseUrl: url, systemDatabasePoolSize: POOL, logLevel: "error" })
  await DBOS.launch()
}

const opened = async (use) => {
  await open()
  try {
    return await use()
  } finally {
    await DBOS.shutdown()
  }
}

const stored = (query) =>
  session(async (client) => {
    const { rows } = await client.query(query)
    return rows[0].n
  })

const runSteps = (workflow, { limit, n }) =>
  opened(async () => {
    const measured = await timed(limit, async () => ({ done: await workflow(n, limit) }))
    const steps = await stored(
      "SELECT count(*)::int AS n FROM dbos.operation_outputs WHERE function_name IN ('task', 'insert')"
    )
    if (steps < measured.done) throw new Error(`only ${steps} of ${measured.done} steps are stored`)
    return measured
  })

serve({
  tasks: (request) => runSteps(tasks, request),

  inserts: async (request) => {
    await createResults()
    const measured = await runSteps(inserts, request)
    return { ...measured, done: Math.min(measured.done, await countResults()) }
  },

  workflows: ({ limit, n }) =>
    opened(() =>
      timed(limit, async (deadline) => {
        const handles = []
        const took = await startAll(n, async () => handles.push(await DBOS.startWorkflow(one)()), deadline)
        await Promise.all(handles.map((handle) => handle.getResult()))
        const count = () => stored("SELECT count(*)::int AS n FROM dbos.workflow_status WHERE status = 'SUCCESS'")
        await until(deadline, async () => (await count()) >= handles.length)
        return { done: await count(), p50: percentile(took, 0.5), p99: percentile(took, 0.99) }
      })
    ),

  run: async ({ n }) => {
    await open()
    await startAll(n, (which) => DBOS.startWorkflow(long)(which), performance.now() + AT_ONCE * 1000)
    return {}
  },
  // Workflows of a process that died are recovered by a process of the same executor id, "local" by default, when it starts.
  stand: async () => {
    await open()
    return {}
  }
})
