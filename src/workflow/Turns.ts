import { Scheduler } from "effect"

/** How long fibers may run before timers and sockets get their turn (ms): a heartbeat is then late by so little that nobody notices. */
const TURN = 10

let isTurn = false
let since = 0

/**
 * Runs fibers, and gives the event loop a turn every 10 ms. Effect's own scheduler goes on in microtasks, thousands of times for each
 * fiber, before it lets a timer or a socket do something: a workflow of many tasks then keeps heartbeats and answers of the database
 * waiting for seconds.
 */
export const scheduler: Scheduler.Scheduler = Scheduler.makeBatched((run) => {
  const now = performance.now()
  if (!isTurn) {
    isTurn = true
    since = now
    setImmediate(() => {
      isTurn = false
    })
  }
  if (now - since < TURN) queueMicrotask(run)
  else setImmediate(run)
})
