import type * as Pg from "pg"
import { socketOf } from "./socketOf.ts"

/** Milliseconds that connections may receive before the event loop continues: a delay that does not matter to a heartbeat. */
const SLICE = 10

/** When the event loop's present iteration began to receive, by `performance.now`; all connections of a process share its time. */
let began: number | undefined

/**
 * Lets the event loop continue while a connected client receives much. Node takes up to 32 chunks of 64 KB from a socket in one iteration,
 * and the driver parses 2 MB of rows in 100 to 200 ms. After 10 ms each connection receives at most one chunk more, and the rest afterwards.
 */
export const readInTurns = (client: Pg.ClientBase): void => {
  const stream = socketOf(client)
  if (stream === undefined) return
  // Before the driver's own listener, which parses.
  stream.prependListener("data", () => {
    if (began === undefined) {
      began = performance.now()
      setImmediate(() => (began = undefined))
    } else if (performance.now() - began > SLICE) {
      stream.pause()
      setImmediate(() => stream.resume())
    }
  })
}
