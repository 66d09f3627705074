import type * as Pg from "pg"
import { socketOf } from "../database/socketOf.ts"

/**
 * The most bytes of one message, such as a row: an eighth of the longest text of V8. The driver throws at a longer one, outside of every
 * promise, which ends the process; and a value of a database that somebody else fills may have 1 GB.
 */
const MOST_BYTES = 64 * 1_048_576
/** A message begins with its type, a byte, and its length, four, which counts itself. */
const HEADER = 5

/** Breaks a connected client's connection, which waits for nothing, when a message begins that is longer than `most` bytes. */
export const refuseLong = (client: Pg.ClientBase, most = MOST_BYTES): void => {
  const stream = socketOf(client)
  if (stream === undefined) return
  /** Bytes until the next message begins, and what is there of its header. */
  let until = 0
  let header = Buffer.alloc(0)
  // Before the driver's own listener, which collects a message's chunks.
  stream.prependListener("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length;) {
      if (until > 0) {
        const step = Math.min(until, chunk.length - at)
        until -= step
        at += step
        continue
      }
      const part = chunk.subarray(at, at + HEADER - header.length)
      header = Buffer.concat([header, part])
      at += part.length
      if (header.length < HEADER) return
      const length = header.readUInt32BE(1)
      header = Buffer.alloc(0)
      until = length - (HEADER - 1)
      if (length > most) {
        stream.destroy(new Error(`an answer has a row of ${Math.ceil(length / 1_048_576)} MB, which is too long`))
        return
      }
    }
  })
}
