import { Context, Effect } from "effect"

/** Bytes that all streams together send in a turn of the event loop: to clients on this machine, about 1 ms of system calls. */
const BYTES_PER_TURN = 524_288

interface Waiting {
  readonly size: number
  readonly resume: () => void
}

const make = () => {
  /** Those that wait to send, in their order. */
  const waiting = new Set<Waiting>()
  let isScheduled = false
  const next = () => {
    let left = BYTES_PER_TURN
    for (const each of waiting) {
      waiting.delete(each)
      each.resume()
      left -= each.size
      if (left <= 0) break
    }
    isScheduled = waiting.size > 0
    if (isScheduled) setImmediate(next)
  }
  return {
    /**
     * Waits until it is this client's turn to be sent so many bytes. A socket that takes them at once lets its stream go on before timers and
     * the database are heard: without turns, a long event for hundreds of clients keeps the process from its work for a second.
     */
    turn: (size: number): Effect.Effect<void> =>
      Effect.async<void>((resume) => {
        const each: Waiting = { size, resume: () => resume(Effect.void) }
        waiting.add(each)
        if (!isScheduled) {
          isScheduled = true
          setImmediate(next)
        }
        return Effect.sync(() => waiting.delete(each))
      })
  }
}

/** Shares the event loop among the streams of events. One for the process, by default, because it has one event loop. */
export class Sending extends Context.Reference<Sending>()("workflow-infra/serve/Sending", { defaultValue: make }) {}
