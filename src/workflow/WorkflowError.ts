import { Schema } from "effect"
import { WorkflowState } from "./WorkflowState.ts"

/**
 * The workflow has another owner or epoch by now, or has ended: nothing was written, and this run must stop.
 *
 * @example
 * ```ts
 * const Careful = WorkflowKind.make("careful", {
 *   config: Schema.Struct({}),
 *   // Nothing has to be done about it: the run is about to be interrupted, and another owner goes on.
 *   run: ({ fenced }) => fenced(Effect.log("mine")).pipe(Effect.tapErrorTag("OwnershipLost", ({ message }) => Effect.log(message)))
 * })
 * ```
 */
export class OwnershipLost extends Schema.TaggedError<OwnershipLost>()("OwnershipLost", {
  workflowId: Schema.String,
  epoch: Schema.Int
}) {
  override get message() {
    return `workflow ${this.workflowId} is no longer owned in epoch ${this.epoch}`
  }
}

/**
 * Another workflow of this kind and project with this `exclusiveKey` has not ended; `workflowId` is its id.
 *
 * @example
 * ```ts
 * const running = yield* payments.start({ projectId, exclusiveKey: "till 4", config: { cents: 4_200 } }).pipe(
 *   Effect.map(({ id }) => id),
 *   Effect.catchTag("WorkflowAlreadyRunning", ({ workflowId }) => Effect.succeed(workflowId))
 * )
 * ```
 */
export class WorkflowAlreadyRunning extends Schema.TaggedError<WorkflowAlreadyRunning>()("WorkflowAlreadyRunning", {
  workflowId: Schema.String,
  kind: Schema.String
}) {
  override get message() {
    return `a workflow of kind ${this.kind} is already running: ${this.workflowId}`
  }
}

/**
 * A workflow failed, and not with an error that its kind declares (`WorkflowKindOptions.error`): a task failed, it was cancelled,
 * its owners died again and again, or its time was up. `reason` is its `errorMessage`, one line.
 *
 * @example
 * ```ts
 * yield* payments.join(projectId, workflowId).pipe(
 *   Effect.catchTag("WorkflowFailed", ({ reason }) => Effect.logWarning(`no receipt: ${reason}`))
 * )
 * ```
 */
export class WorkflowFailed extends Schema.TaggedError<WorkflowFailed>()("WorkflowFailed", {
  workflowId: Schema.String,
  kind: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `workflow ${this.workflowId} of kind ${this.kind} failed: ${this.reason}`
  }
}

/**
 * The project has no workflow of this id. A workflow of another project gives the same error, so that its existence is not
 * revealed.
 *
 * @example
 * ```ts
 * const state = yield* infra.get(projectId, workflowId).pipe(
 *   Effect.map(({ state }) => state),
 *   Effect.catchTag("WorkflowNotFound", () => Effect.succeed("none"))
 * )
 * ```
 */
export class WorkflowNotFound extends Schema.TaggedError<WorkflowNotFound>()("WorkflowNotFound", {
  workflowId: Schema.String
}) {
  override get message() {
    return `there is no workflow ${this.workflowId}`
  }
}

/**
 * No project has this id, or the id is not a UUID.
 *
 * @example
 * ```ts
 * yield* imports.start({ projectId, config: { rows: 3 } }).pipe(
 *   Effect.catchTag("ProjectNotFound", (error) => Effect.logError(error.message))
 * )
 * ```
 */
export class ProjectNotFound extends Schema.TaggedError<ProjectNotFound>()("ProjectNotFound", {
  projectId: Schema.String
}) {
  override get message() {
    return `there is no project "${this.projectId}": Projects.ensure makes one`
  }
}

/**
 * A config cannot be stored: the kind's schema does not encode it, or it is not JSON (for example circular), or it is too
 * large.
 *
 * @example
 * ```ts
 * const error = yield* Effect.flip(imports.start({ projectId, config: { rows: 1.5 } }))
 * if (error._tag === "InvalidConfig") yield* Effect.log(error.reason)
 * ```
 */
export class InvalidConfig extends Schema.TaggedError<InvalidConfig>()("InvalidConfig", {
  kind: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `a workflow of kind ${this.kind} cannot be started with this config: ${this.reason}`
  }
}

/**
 * A key that a workflow is to be started with is longer than 500 bytes of UTF-8, a schedule's name than 400, or no text.
 *
 * @example
 * ```ts
 * const error = yield* Effect.flip(imports.start({ projectId, idempotencyKey: "x".repeat(501), config: { rows: 3 } }))
 * if (error._tag === "InvalidKey") yield* Effect.log(error.key, error.reason)
 * ```
 */
export class InvalidKey extends Schema.TaggedError<InvalidKey>()("InvalidKey", {
  kind: Schema.String,
  key: Schema.Literal("idempotencyKey", "exclusiveKey", "name"),
  reason: Schema.String
}) {
  override get message() {
    return `a workflow of kind ${this.kind} cannot be started with this ${this.key}: ${this.reason}`
  }
}

/**
 * The priority that a workflow is to be started with is no whole number from -100 to 100.
 *
 * @example
 * ```ts
 * const error = yield* Effect.flip(imports.start({ projectId, priority: 1_000, config: { rows: 3 } }))
 * if (error._tag === "InvalidPriority") yield* Effect.log(error.message)
 * ```
 */
export class InvalidPriority extends Schema.TaggedError<InvalidPriority>()("InvalidPriority", {
  kind: Schema.String,
  priority: Schema.Number
}) {
  override get message() {
    return `a workflow of kind ${this.kind} cannot be started with the priority ${this.priority}: it is a whole number from -100 to 100`
  }
}

/**
 * The workflow's state does not allow the request: an ended workflow cannot be paused, a running one cannot be resumed.
 *
 * @example
 * ```ts
 * yield* infra.pause(projectId, workflowId).pipe(
 *   Effect.catchTag("InvalidTransition", ({ state }) => Effect.log(`it is ${state}`))
 * )
 * ```
 */
export class InvalidTransition extends Schema.TaggedError<InvalidTransition>()("InvalidTransition", {
  workflowId: Schema.String,
  state: WorkflowState,
  wanted: Schema.String
}) {
  override get message() {
    return `workflow ${this.workflowId} is ${this.state}: cannot ${this.wanted}`
  }
}

/**
 * A kind of this name is registered in this process already. Two would be ambiguous for takeover.
 *
 * @example
 * ```ts
 * const error = yield* Effect.flip(Effect.zipRight(infra.register(Import), infra.register(Import)))
 * yield* Effect.log(error.kind)
 * ```
 */
export class KindAlreadyRegistered extends Schema.TaggedError<KindAlreadyRegistered>()("KindAlreadyRegistered", {
  kind: Schema.String
}) {
  override get message() {
    return `workflow kind ${this.kind} is already registered`
  }
}

/**
 * This process shuts down, or the kind's registration has ended: no workflow was started.
 *
 * @example
 * ```ts
 * // Another process will do it.
 * yield* imports.start({ projectId, config: { rows: 3 } }).pipe(Effect.catchTag("ShuttingDown", () => Effect.log("later")))
 * ```
 */
export class ShuttingDown extends Schema.TaggedError<ShuttingDown>()("ShuttingDown", {}) {
  override get message() {
    return "this server is shutting down and starts no workflows"
  }
}
