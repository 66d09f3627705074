import { PgBoss } from "pg-boss"
import * as bench from "./common.mjs"

/**
 * pg-boss: jobs in a queue. By default `work(name, handler)` works "1 job every 2 seconds" (docs/api/workers.md of its repository,
 * `work()`). Its package requires Node.js 22.12; what is measured here runs on 20 as well.
 */
const QUEUE = "bench"

/** docs/api/workers.md, "Low-latency dispatch with LISTEN/NOTIFY". The pool has 20 connections, like our tuned one. */
const TUNED_BOSS = { useListenNotify: true, max: 20 }
const TUNED_QUEUE = { notify: true }
/**
 * docs/api/workers.md: `burstWhenBatchFull` fetches without a pause while batches are full, `localConcurrency` is the number of workers in
 * this process. docs/api/jobs.md, `fetch()`: `orderByCreatedOn: false` is "for improved performance when order doesn't matter", and
 * `priority: false` omits the other sort. A batch has 500 jobs, as many as graphile-worker's tuned local queue.
 */
const TUNED_WORK = {
  batchSize: 500,
  localConcurrency: 4,
  burstWhenBatchFull: true,
  orderByCreatedOn: false,
  priority: false,
  pollingIntervalSeconds: 0.5
}
/** Jobs per `insert` call, so that two calls insert the default 10,000. */
const JOBS_PER_INSERT = 5_000
/** docs/api/queues.md, "Heartbeat vs expiration": 10 s is the shortest heartbeat allowed; the monitor runs every second (default 60). */
const TUNED_RECOVERY = { heartbeatSeconds: 10 }
const TUNED_MONITOR = { superviseIntervalSeconds: 1, monitorIntervalSeconds: 1 }

const open = async (bossOptions = {}, queueOptions = {}) => {
  const boss = new PgBoss({ connectionString: bench.url, ...(bench.tuned ? TUNED_BOSS : {}), ...bossOptions })
  boss.on("error", () => {})
  await boss.start()
  await boss.createQueue(QUEUE, { ...(bench.tuned ? TUNED_QUEUE : {}), ...queueOptions })
  return boss
}

const close = (boss) => boss.stop({ graceful: false, close: true })

const completed = () =>
  bench.numberOf("SELECT count(*)::int AS n FROM pgboss.job WHERE name = $1 AND state = 'completed'", [QUEUE])

/** Starts a worker, inserts all jobs in large batches, and measures until all are completed. */
const runJobs = async ({ limit, n }, work, handler) => {
  const boss = await open()
  try {
    let handled = 0
    await boss.work(QUEUE, { ...(bench.tuned ? TUNED_WORK : {}), ...work }, async (jobs, transaction) => {
      await handler(jobs, transaction)
      handled += jobs.length
    })
    return await bench.timed(limit, async (deadline) => {
      for (let from = 0; from < n; from += JOBS_PER_INSERT) {
        const length = Math.min(JOBS_PER_INSERT, n - from)
        await boss.insert(
          QUEUE,
          Array.from({ length }, (_, i) => ({ data: { task: from + i } }))
        )
      }
      const all =
        (await bench.until(deadline, () => handled >= n)) &&
        (await bench.until(deadline, async () => (await completed()) >= n))
      return { done: all ? n : await completed() }
    })
  } finally {
    await close(boss)
  }
}

bench.serve({
  tasks: (request) => runJobs(request, {}, async () => {}),

  // With `transactional`, what the handler writes through its transaction is committed together with the batch's completion.
  inserts: (request) =>
    bench.measureInserts(() =>
      runJobs(request, { transactional: true }, async (jobs, transaction) => {
        for (const job of jobs) await transaction.executeSql(bench.INSERT, [job.data.task])
      })
    ),

  workflows: async (request) => {
    const boss = await open()
    try {
      let handled = 0
      await boss.work(QUEUE, bench.tuned ? TUNED_WORK : {}, async (jobs) => {
        handled += jobs.length
      })
      return await bench.measureStarts(
        request,
        (which) => boss.send(QUEUE, { which }),
        async (deadline) => {
          await bench.until(deadline, () => handled >= request.n)
          await bench.until(deadline, async () => (await completed()) >= request.n)
          return completed()
        }
      )
    } finally {
      await close(boss)
    }
  },

  // A job has no parts here: one that was interrupted begins again.
  run: async ({ n }) => {
    const boss = await work()
    await boss.insert(
      QUEUE,
      Array.from({ length: n }, (_, which) => ({ data: { which } }))
    )
    return {}
  },
  stand: async () => {
    await work()
    return {}
  }
})

const work = async () => {
  const boss = await open(bench.tuned ? TUNED_MONITOR : {}, bench.tuned ? TUNED_RECOVERY : {})
  // pg-boss does not notify of a job that it retries, so the poll that it runs beside notifications (by default every 30 s) is as frequent
  // as its other poll.
  const polling = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 }
  // All jobs run at once in both variants, because how fast they begin is not measured.
  await boss.work(QUEUE, { localConcurrency: 50, ...polling }, ([job]) => bench.longJob(job.data.which))
  return boss
}
