import { Schema } from "effect"

/**
 * The health of the engine in one process. `alive`: heartbeats and takeover sweeps are on time and no statement is in an
 * outage; `degraded`: it has a lease, but one of these does not hold; `lost`: it has no lease and runs no workflow. `reasons`
 * are sentences for people; empty if `alive`.
 *
 * @example
 * ```ts
 * const { reasons, status } = yield* infra.health
 * if (status !== "alive") yield* Effect.logWarning(status, ...reasons)
 * ```
 */
export const WorkflowHealth = Schema.Struct({
  status: Schema.Literal("alive", "degraded", "lost"),
  reasons: Schema.Array(Schema.String)
})
/** @see WorkflowHealth */
export type WorkflowHealth = typeof WorkflowHealth.Type
