import { setTimeout } from "node:timers/promises"
import { Logger, makeWorkerUtils, run } from "graphile-worker"
import {
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

/**
 * graphile-worker: jobs that are deleted when they are completed. As it comes: one job at a time, no batching. Its package asks for
 * Node.js 22.18; everything that is measured here runs on 20 as well.
 */

const quiet = new Logger(() => () => {})

/**
 * website/docs/performance.md, "Quick stats": the configuration of its own best figure. The pool is 25 there, one more than the jobs at
 * once, for the jobs' own statements come from it.
 */
const TUNED = {
  concurrentJobs: 24,
  maxPoolSize: 25,
  localQueue: { size: 500 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0
}

const open = (taskList, more = {}) =>
  run({
    preset: { worker: { connectionString: url, logger: quiet, ...(tuned ? TUNED : {}), ...more } },
    noHandleSignals: true,
    taskList
  })

/** Installs the schema, so that this is not measured. */
const install = async () => {
  const utils = await makeWorkerUtils({ connectionString: url, logger: quiet })
  await utils.migrate()
  return utils
}

const left = () =>
  session(async (client) => {
    const { rows } = await client.query("SELECT count(*)::int AS n FROM graphile_worker._private_jobs")
    return rows[0].n
  })

const runJobs = async ({ limit, n }, task) => {
  const utils = await install()
  let handled = 0
  const runner = await open({
    task: async (payload, helpers) => {
      await task(payload, helpers)
      handled++
    }
  })
  try {
    return await timed(limit, async (deadline) => {
      await utils.addJobs(Array.from({ length: n }, (_, which) => ({ identifier: "task", payload: { which } })))
      const all =
        (await until(deadline, () => handled >= n)) && (await until(deadline, async () => (await left()) === 0))
      return { done: all ? n : n - (await left()) }
    })
  } finally {
    await runner.stop()
    await utils.release()
  }
}

serve({
  tasks: (request) => runJobs(request, async () => {}),

  // A job's completion is a statement of the worker's own: its INSERT is there at least once, not exactly once.
  inserts: async (request) => {
    await createResults()
    const measured = await runJobs(request, ({ which }, { query }) => query(INSERT, [which]))
    return { ...measured, done: Math.min(measured.done, await countResults()) }
  },

  workflows: async ({ limit, n }) => {
    const utils = await install()
    let handled = 0
    const runner = await open({
      task: async () => {
        handled++
      }
    })
    try {
      return await timed(limit, async (deadline) => {
        const took = await startAll(n, (which) => utils.addJob("task", { which }), deadline)
        await until(deadline, () => handled >= n)
        await until(deadline, async () => (await left()) === 0)
        return { done: took.length - (await left()), p50: percentile(took, 0.5), p99: percentile(took, 0.99) }
      })
    } finally {
      await runner.stop()
      await utils.release()
    }
  },

  run: async ({ n }) => {
    const utils = await install()
    await utils.addJobs(Array.from({ length: n }, (_, which) => ({ identifier: "long", payload: { which } })))
    await work()
    return {}
  },
  stand: async () => {
    await work()
    return {}
  }
})

const work = () =>
  open(
    {
      long: async ({ which }) => {
        await mark(which, "began")
        await setTimeout(PARTS * PART_MILLIS)
        await mark(which, "ended")
      }
    },
    // All of them at once, in either variant: it is not measured how fast they begin.
    { concurrentJobs: 50, localQueue: { size: -1 } }
  )
