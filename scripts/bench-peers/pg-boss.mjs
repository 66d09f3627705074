import { setTimeout } from "node:timers/promises"
import { PgBoss } from "pg-boss"
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
 * pg-boss: jobs in a queue. As it comes: `work(name, handler)`, which is "1 job every 2 seconds" (docs/api/workers.md of its repository,
 * `work()`). Its package asks for Node.js 22.12; everything that is measured here runs on 20 as well.
 */
const QUEUE = "bench"

/** docs/api/workers.md, "Low-latency dispatch with LISTEN/NOTIFY"; the pool is as large as everybody's tuned one here. */
const TUNED_BOSS = { useListenNotify: true, max: 20 }
const TUNED_QUEUE = { notify: true }
/**
 * docs/api/workers.md: `burstWhenBatchFull` fetches without a pause while there is more, `localConcurrency` is workers of this process;
 * docs/api/jobs.md, `fetch()`: `orderByCreatedOn: false` is "for improved performance when order doesn't matter", and `priority: false`
 * leaves the other sort out. Batches of 500 completed at once: as large as graphile-worker's local queue is tuned to.
 */
const TUNED_WORK = {
  batchSize: 500,
  localConcurrency: 4,
  burstWhenBatchFull: true,
  orderByCreatedOn: false,
  priority: false,
  pollingIntervalSeconds: 0.5
}
/** Jobs of one `insert`: a statement that is worth its round trip. */
const JOBS_PER_INSERT = 5_000
/** docs/api/queues.md, "Heartbeat vs expiration": seconds, and the least that is allowed; the monitor looks every second (default 60). */
const TUNED_RECOVERY = { heartbeatSeconds: 10 }
const TUNED_MONITOR = { superviseIntervalSeconds: 1, monitorIntervalSeconds: 1 }

const open = async (bossOptions = {}, queueOptions = {}) => {
  const boss = new PgBoss({ connectionString: url, ...(tuned ? TUNED_BOSS : {}), ...bossOptions })
  boss.on("error", () => {})
  await boss.start()
  await boss.createQueue(QUEUE, { ...(tuned ? TUNED_QUEUE : {}), ...queueOptions })
  return boss
}

const close = (boss) => boss.stop({ graceful: false, close: true })

const completed = () =>
  session(async (client) => {
    const { rows } = await client.query(
      "SELECT count(*)::int AS n FROM pgboss.job WHERE name = $1 AND state = 'completed'",
      [QUEUE]
    )
    return rows[0].n
  })

/** All jobs are put in by large inserts, and worked by a handler that is there already. */
const runJobs = async ({ limit, n }, work, handler) => {
  const boss = await open()
  try {
    let handled = 0
    await boss.work(QUEUE, { ...(tuned ? TUNED_WORK : {}), ...work }, async (jobs, transaction) => {
      await handler(jobs, transaction)
      handled += jobs.length
    })
    return await timed(limit, async (deadline) => {
      for (let from = 0; from < n; from += JOBS_PER_INSERT) {
        const length = Math.min(JOBS_PER_INSERT, n - from)
        await boss.insert(
          QUEUE,
          Array.from({ length }, (_, i) => ({ data: { task: from + i } }))
        )
      }
      const all =
        (await until(deadline, () => handled >= n)) && (await until(deadline, async () => (await completed()) >= n))
      return { done: all ? n : await completed() }
    })
  } finally {
    await close(boss)
  }
}

serve({
  tasks: (request) => runJobs(request, {}, async () => {}),

  // `transactional`: what the handler writes through its transaction commits with the batch's completion.
  inserts: async (request) => {
    await createResults()
    const measured = await runJobs(request, { transactional: true }, async (jobs, transaction) => {
      for (const job of jobs) await transaction.executeSql(INSERT, [job.data.task])
    })
    return { ...measured, done: Math.min(measured.done, await countResults()) }
  },

  workflows: async ({ limit, n }) => {
    const boss = await open()
    try {
      let handled = 0
      await boss.work(QUEUE, tuned ? TUNED_WORK : {}, async (jobs) => {
        handled += jobs.length
      })
      return await timed(limit, async (deadline) => {
        const took = await startAll(n, (which) => boss.send(QUEUE, { which }), deadline)
        await until(deadline, () => handled >= n)
        await until(deadline, async () => (await completed()) >= n)
        return { done: await completed(), p50: percentile(took, 0.5), p99: percentile(took, 0.99) }
      })
    } finally {
      await close(boss)
    }
  },

  // A job is one whole here: what was done of it is done again.
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
  const boss = await open(tuned ? TUNED_MONITOR : {}, tuned ? TUNED_RECOVERY : {})
  // All of them at once, in either variant: it is not measured how fast they begin.
  // A job that is to be tried again is not notified of, so the poll beside the notifications (30 s by default) is as quick as the other.
  const polling = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 }
  await boss.work(QUEUE, { localConcurrency: 50, ...polling }, async ([job]) => {
    await mark(job.data.which, "began")
    await setTimeout(PARTS * PART_MILLIS)
    await mark(job.data.which, "ended")
  })
  return boss
}
