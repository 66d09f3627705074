import fastq from "fastq"
import PQueue from "p-queue"

/** Queues in memory, beside ours in bench-infra.ts: `tasks` tasks that do nothing, so many at once, until the last has ended. */

export const pQueue = async (tasks, concurrency) => {
  const queue = new PQueue({ concurrency })
  for (let task = 0; task < tasks; task++) void queue.add(async () => {})
  await queue.onIdle()
}

/** By callbacks, which is its fastest way. */
export const fastQueue = (tasks, concurrency) =>
  new Promise((resolve) => {
    const queue = fastq((_, done) => done(null), concurrency)
    queue.drain = resolve
    for (let task = 0; task < tasks; task++) queue.push(task, () => {})
  })
