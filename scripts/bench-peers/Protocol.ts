import { Duration, Schema } from "effect"

/** What `bench-peers.ts` says to the engines' processes, and what they answer. The peers' side of it is `common.mjs`. */

/** Starts that are under way at once in the row of workflows. */
export const AT_ONCE = 16
/** Of workflows that are killed: how many parts each has … */
export const PARTS = 10
/** … and how long a part takes. */
export const PART = Duration.millis(500)

/** A row to measure on a fresh database, with so many tasks or workflows, for so many seconds at most. */
export const Request = Schema.Struct({
  id: Schema.Int,
  row: Schema.Literal("tasks", "inserts", "workflows", "run", "stand"),
  n: Schema.Int,
  limit: Schema.Number,
  /** Who follow the workflow meanwhile; our engine only. */
  watchers: Schema.Int
})
/** @see Request */
export type Request = typeof Request.Type

/** What was measured. */
export const Measured = Schema.Struct({
  /** How many tasks, or workflows, are completed in the database: fewer than were asked for where time was up. */
  done: Schema.Number,
  /** From the first start, or insert, until everything was completed. */
  seconds: Schema.Number,
  /** What the engine sent through the driver meanwhile. */
  statements: Schema.Number,
  /** How long until a start had returned, in ms. */
  p50: Schema.optional(Schema.Number),
  p99: Schema.optional(Schema.Number)
})
/** @see Measured */
export type Measured = typeof Measured.Type

/** An answer; one to `run` and `stand` says only that the engine is at work. */
export const Answer = Schema.Struct({
  id: Schema.Int,
  result: Schema.optional(Schema.Union(Measured, Schema.Struct({}))),
  error: Schema.optional(Schema.String)
})
