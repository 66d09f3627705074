import { Schema } from "effect"
import { LedgerConfig } from "./Ledger.ts"

/** What a server in a process of its own can be asked, over the channel between the two. */
export const Asked = Schema.Union(
  Schema.Struct({
    ask: Schema.Literal("start"),
    projectId: Schema.String,
    datasourceId: Schema.optional(Schema.String),
    exclusiveKey: Schema.optional(Schema.String),
    /** "ledger" unless told otherwise. */
    kind: Schema.optional(Schema.String),
    config: LedgerConfig
  }),
  /** How many workflows are active; how many fibers there are; bytes of heap in use when garbage is collected. */
  Schema.Struct({ ask: Schema.Literal("active", "fibers", "heap") }),
  Schema.Struct({ ask: Schema.Literal("serverId") }),
  /** How it stands: a `WorkflowHealth` as JSON. */
  Schema.Struct({ ask: Schema.Literal("health") }),
  /** Points of the ledger at which to stand still from now on, in place of those before. */
  Schema.Struct({ ask: Schema.Literal("hold"), points: Schema.Array(Schema.String) }),
  /** Holds nothing any more; what stands still goes on, or fails. */
  Schema.Struct({ ask: Schema.Literal("go"), how: Schema.Literal("on", "fail") }),
  /** Blocks the event loop, in milliseconds, from just after the answer. */
  Schema.Struct({ ask: Schema.Literal("block"), millis: Schema.Int }),
  /** Sends this many task updates, of `tasks` tasks, the last of them each with `name`; the answer: bytes of heap in use then. */
  Schema.Struct({
    ask: Schema.Literal("flood"),
    workflowId: Schema.String,
    tasks: Schema.Int,
    changes: Schema.Int,
    name: Schema.String
  }),
  Schema.Struct({
    ask: Schema.Literal("cancel", "pause", "resume"),
    projectId: Schema.String,
    workflowId: Schema.String
  })
)
/** @see Asked */
export type Asked = typeof Asked.Type

/** A question with its number. */
export const Question = Schema.Struct({ number: Schema.Int, asked: Asked })

/** What such a server says: an answer, or that a workflow has come to a point. */
export const Said = Schema.Union(
  Schema.Struct({ number: Schema.Int, answer: Schema.Union(Schema.String, Schema.Number, Schema.Null) }),
  Schema.Struct({
    number: Schema.Int,
    error: Schema.String,
    message: Schema.String,
    workflowId: Schema.optional(Schema.String)
  }),
  Schema.Struct({ reached: Schema.String, workflowId: Schema.String }),
  Schema.Struct({ ready: Schema.Literal(true) })
)
/** @see Said */
export type Said = typeof Said.Type
