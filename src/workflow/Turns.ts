import { Scheduler } from "effect"

/** Milliseconds that fibers run before the event loop handles timers and sockets: a delay that does not matter to a heartbeat. */
const SLICE = 10
/** Number of executed batches after which the queue is copied without them: amortizes the cost of the copy. */
const DROPPED_AT_ONCE = 1_024

/** Batches of fiber steps, in the order in which they became ready; those before `executed` have run. */
let ready: Array<() => void> = []
let executed = 0
let isScheduled = false

/** Whether the event loop has not yet finished the turn that began at `turnStart` (`performance.now`). */
let isTurn = false
let turnStart = 0

const runNext = () => {
  const batch = ready[executed++]
  if (executed === DROPPED_AT_ONCE || executed === ready.length) {
    ready = ready.slice(executed)
    executed = 0
  }
  try {
    batch?.()
  } finally {
    if (ready.length > 0) scheduleNext()
    else isScheduled = false
  }
}

const scheduleNext = () => {
  const now = performance.now()
  if (!isTurn) {
    isTurn = true
    turnStart = now
    setImmediate(() => {
      isTurn = false
    })
  }
  if (now - turnStart < SLICE) queueMicrotask(runNext)
  else setImmediate(runNext)
}

/**
 * Runs fibers, and returns to the event loop every 10 ms, however many fibers are ready: all of them share one queue. Effect's
 * default scheduler counts yields per fiber and continues in microtasks, so that a workflow of many tasks delays heartbeats and
 * answers of the database by seconds.
 */
export const scheduler: Scheduler.Scheduler = Scheduler.makeBatched((batch) => {
  ready.push(batch)
  if (isScheduled) return
  isScheduled = true
  scheduleNext()
})
