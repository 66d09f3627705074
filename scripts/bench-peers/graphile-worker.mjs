import { Logger, makeWorkerUtils, run } from "graphile-worker"
import * as bench from "./common.mjs"

/**
 * graphile-worker: jobs, which are deleted when they are completed. By default it runs one job at a time, without batching. Its package
 * requires Node.js 22.18; what is measured here runs on 20 as well.
 */

const quiet = new Logger(() => () => {})

/**
 * The configuration of the best figure in its own documentation (website/docs/performance.md, "Quick stats"). The pool has 25 connections,
 * one more than there are concurrent jobs, because the jobs' own statements use it too.
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
    preset: { worker: { connectionString: bench.url, logger: quiet, ...(bench.tuned ? TUNED : {}), ...more } },
    noHandleSignals: true,
    taskList
  })

/** Installs the schema before the measurement begins. */
const install = async () => {
  const utils = await makeWorkerUtils({ connectionString: bench.url, logger: quiet })
  await utils.migrate()
  return utils
}

/** How many jobs are not completed. */
const left = () => bench.numberOf("SELECT count(*)::int AS n FROM graphile_worker._private_jobs")

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
    return await bench.timed(limit, async (deadline) => {
      await utils.addJobs(Array.from({ length: n }, (_, which) => ({ identifier: "task", payload: { which } })))
      const all =
        (await bench.until(deadline, () => handled >= n)) &&
        (await bench.until(deadline, async () => (await left()) === 0))
      return { done: all ? n : n - (await left()) }
    })
  } finally {
    await runner.stop()
    await utils.release()
  }
}

bench.serve({
  tasks: (request) => runJobs(request, async () => {}),

  // The worker completes a job by a statement outside the job's transaction, so an INSERT happens at least once, not exactly once.
  inserts: (request) =>
    bench.measureInserts(() => runJobs(request, ({ which }, { query }) => query(bench.INSERT, [which]))),

  workflows: async (request) => {
    const utils = await install()
    let handled = 0
    const runner = await open({
      task: async () => {
        handled++
      }
    })
    try {
      return await bench.measureStarts(
        request,
        (which) => utils.addJob("task", { which }),
        async (deadline, started) => {
          await bench.until(deadline, () => handled >= request.n)
          await bench.until(deadline, async () => (await left()) === 0)
          return started - (await left())
        }
      )
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
    { long: ({ which }) => bench.longJob(which) },
    // All jobs run at once in both variants, because how fast they begin is not measured.
    { concurrentJobs: 50, localQueue: { size: -1 } }
  )
