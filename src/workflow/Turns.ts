import { Scheduler } from "effect"

/** How long fibers may run before timers and sockets get their turn (ms): a heartbeat is then late by so little that nobody notices. */
const TURN = 10
/** Steps that were made are let go of this many at a time. */
const MADE_AT_ONCE = 1_024

/** Steps of fibers, in the order in which they became ready. Before `made` they were made already. */
let ready: Array<() => void> = []
let made = 0
let isAtWork = false

let isTurn = false
let since = 0

const makeStep = () => {
  const step = ready[made++]
  if (made === MADE_AT_ONCE || made === ready.length) {
    ready = ready.slice(made)
    made = 0
  }
  try {
    step?.()
  } finally {
    if (ready.length > 0) goOn()
    else isAtWork = false
  }
}

const goOn = () => {
  const now = performance.now()
  if (!isTurn) {
    isTurn = true
    since = now
    setImmediate(() => {
      isTurn = false
    })
  }
  if (now - since < TURN) queueMicrotask(makeStep)
  else setImmediate(makeStep)
}

/**
 * Runs fibers, and gives the event loop a turn every 10 ms, however many there are: all of them wait in one line. Effect's own scheduler
 * goes on in microtasks, thousands of times for each fiber, before it lets a timer or a socket do something: a workflow of many tasks
 * then keeps heartbeats and answers of the database waiting for seconds.
 */
export const scheduler: Scheduler.Scheduler = Scheduler.makeBatched((step) => {
  ready.push(step)
  if (isAtWork) return
  isAtWork = true
  goOn()
})
