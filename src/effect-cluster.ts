/**
 * The placement of workflows by `@effect/cluster`. The packages `@effect/cluster`, `@effect/workflow` and `@effect/rpc` are installed
 * beside this one.
 *
 * @module
 */
export * as ClusterPlacement from "./workflow/cluster/ClusterPlacement.ts"
