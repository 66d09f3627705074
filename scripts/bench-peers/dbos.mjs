import { setTimeout } from "node:timers/promises"
import { DBOS } from "@dbos-inc/dbos-sdk"
import * as bench from "./common.mjs"
import { makeDatasource } from "./dbosDatasource.mjs"

/**
 * DBOS Transact: workflows of steps. By default one step at a time, and a pool of 10. It cannot batch steps. Its documentation offers
 * steps in parallel (docs.dbos.dev/typescript/tutorials/workflow-tutorial, `Promise.allSettled`, started in a fixed order) and a larger
 * pool (docs.dbos.dev/typescript/reference/configuration, `systemDatabasePoolSize`, default 10).
 */
const POOL = bench.tuned ? 20 : 10
/** Steps in parallel: when tuned more than connections, so that none of these is idle. */
const PARALLEL = bench.tuned ? 32 : 1
/** Milliseconds that starting the workflows of the recovery row may take: half of what bench-peers.ts waits until all have begun. */
const STARTING = 15_000

/** A transaction and its checkpoint commit together (docs.dbos.dev/typescript/tutorials/transaction-tutorial). */
const data = makeDatasource("bench", { connectionString: bench.url, max: POOL })

const nothing = async () => {}

/** Calls `start` for each number below `n`, `PARALLEL` at a time, in a fixed order. A slow call delays none of the others. */
const inParallel = async (n, start) => {
  let next = 0
  const one = async () => {
    while (next < n) await start(next++)
  }
  const settled = await Promise.allSettled(Array.from({ length: PARALLEL }, one))
  for (const each of settled) if (each.status === "rejected") throw each.reason
}

/** A workflow that calls `start` for each number below `n` and starts no more after `limit` seconds. Gives how many were done. */
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
    await data.query(bench.INSERT, [which])
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
    await bench.mark(which, "began")
    for (let part = 0; part < bench.PARTS; part++) {
      await DBOS.runStep(() => setTimeout(bench.PART_MILLIS), { name: `part ${part}` })
    }
    await bench.mark(which, "ended")
  },
  { name: "long" }
)

const open = async () => {
  DBOS.setConfig({ name: "bench", systemDatabaseUrl: bench.url, systemDatabasePoolSize: POOL, logLevel: "error" })
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

const runSteps = (workflow, { limit, n }) =>
  opened(async () => {
    const measured = await bench.timed(limit, async () => ({ done: await workflow(n, limit) }))
    const steps = await bench.numberOf(
      "SELECT count(*)::int AS n FROM dbos.operation_outputs WHERE function_name IN ('task', 'insert')"
    )
    if (steps < measured.done) throw new Error(`only ${steps} of ${measured.done} steps are stored`)
    return measured
  })

const completed = () => bench.numberOf("SELECT count(*)::int AS n FROM dbos.workflow_status WHERE status = 'SUCCESS'")

bench.serve({
  tasks: (request) => runSteps(tasks, request),

  inserts: (request) => bench.measureInserts(() => runSteps(inserts, request)),

  workflows: (request) =>
    opened(() => {
      const handles = []
      return bench.measureStarts(
        request,
        async () => handles.push(await DBOS.startWorkflow(one)()),
        async (deadline, started) => {
          await Promise.all(handles.map((handle) => handle.getResult()))
          await bench.until(deadline, async () => (await completed()) >= started)
          return completed()
        }
      )
    }),

  run: async ({ n }) => {
    await open()
    await bench.startAll(n, (which) => DBOS.startWorkflow(long)(which), performance.now() + STARTING)
    return {}
  },
  // When a process starts, DBOS recovers the workflows of dead processes with the same executor id, which is "local" by default.
  stand: async () => {
    await open()
    return {}
  }
})
