import { Effect, Schema } from "effect"
import { WorkflowKind } from "../../src/index.ts"

/** A kind that goes on until its owner is gone. */
export const heldKind = WorkflowKind.make("held", { config: Schema.Null, run: () => Effect.never })
