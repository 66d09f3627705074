import { Schema } from "effect"
import { WorkflowState } from "./WorkflowState.ts"

/** The workflow belongs to somebody else by now (or has ended): nothing was written, and this run must stop. */
export class OwnershipLost extends Schema.TaggedError<OwnershipLost>()("OwnershipLost", {
  workflowId: Schema.String,
  epoch: Schema.Int
}) {
  override get message() {
    return `workflow ${this.workflowId} is no longer owned in epoch ${this.epoch}`
  }
}

/** A workflow of this kind is already there for this project and datasource, and has not ended; `workflowId` is its id. */
export class WorkflowAlreadyRunning extends Schema.TaggedError<WorkflowAlreadyRunning>()("WorkflowAlreadyRunning", {
  workflowId: Schema.String,
  kind: Schema.String
}) {
  override get message() {
    return `a workflow of kind ${this.kind} is already running: ${this.workflowId}`
  }
}

/** There is no such workflow in this project (it may be another project's: that looks the same). */
export class WorkflowNotFound extends Schema.TaggedError<WorkflowNotFound>()("WorkflowNotFound", {
  workflowId: Schema.String
}) {
  override get message() {
    return `there is no workflow ${this.workflowId}`
  }
}

/** There is no such project: none of this id, or the id is no UUID. */
export class ProjectNotFound extends Schema.TaggedError<ProjectNotFound>()("ProjectNotFound", {
  projectId: Schema.String
}) {
  override get message() {
    return `there is no project "${this.projectId}": Projects.ensure makes one`
  }
}

/** What a workflow was to be started with cannot be stored: it is no JSON (circular, say), or too large. */
export class InvalidConfig extends Schema.TaggedError<InvalidConfig>()("InvalidConfig", {
  kind: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `a workflow of kind ${this.kind} cannot be started with this config: ${this.reason}`
  }
}

/** What was asked cannot be done in the state that the workflow is in: an ended one cannot be paused, a running one not resumed. */
export class InvalidTransition extends Schema.TaggedError<InvalidTransition>()("InvalidTransition", {
  workflowId: Schema.String,
  state: WorkflowState,
  wanted: Schema.String
}) {
  override get message() {
    return `workflow ${this.workflowId} is ${this.state}: cannot ${this.wanted}`
  }
}

/** Two kinds of one name in one process: takeover would not know which to run. */
export class KindAlreadyRegistered extends Schema.TaggedError<KindAlreadyRegistered>()("KindAlreadyRegistered", {
  kind: Schema.String
}) {
  override get message() {
    return `workflow kind ${this.kind} is already registered`
  }
}

/** This process is closing and starts nothing any more. */
export class ShuttingDown extends Schema.TaggedError<ShuttingDown>()("ShuttingDown", {}) {
  override get message() {
    return "this server is shutting down and starts no workflows"
  }
}
