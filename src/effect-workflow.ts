/**
 * The `WorkflowEngine` of `@effect/workflow` on this engine. The packages `@effect/workflow` and `@effect/rpc` are installed beside this
 * one.
 *
 * @module
 */
export * as InfraWorkflowEngine from "./workflow/engine/InfraWorkflowEngine.ts"
