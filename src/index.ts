/**
 * What other programs import. `WorkflowInfra` gives long-running workflows on PostgreSQL an owner that survives crashes; the three
 * services on it read a database and say what is in it.
 *
 * @module
 */
export { ConcurrencyStrategy } from "./workqueue/ConcurrencyStrategy.ts"
export { RetryPolicy } from "./workqueue/RetryPolicy.ts"
export { type Task, type TaskClass, type TaskCounts, TaskFailed, type TaskState } from "./workqueue/Task.ts"
export { WorkQueue, type WorkQueueOptions } from "./workqueue/WorkQueue.ts"

export { Database, type DatabaseOptions } from "./database/Database.ts"
export { DatabaseError } from "./database/DatabaseError.ts"
export { MigrationFailed } from "./database/Migrations.ts"
export { TENANT_ROLE } from "./database/Roles.ts"
export { Projects } from "./tenant/Projects.ts"
export { Tenant, TenantContext } from "./tenant/TenantContext.ts"

export * from "./workflow/WorkflowError.ts"
export { type Registered, type StartOptions, WorkflowInfra } from "./workflow/WorkflowInfra.ts"
export * as WorkflowKind from "./workflow/WorkflowKind.ts"
export * as WorkflowSettings from "./workflow/WorkflowSettings.ts"
export { type Ownership, Workflow, WorkflowProgress, WorkflowRequest, WorkflowState } from "./workflow/WorkflowState.ts"
export { mapTaskStatus, WorkflowTask, WorkflowTaskStatus } from "./workflow/WorkflowTask.ts"
export { ServerRepository } from "./workflow/ServerRepository.ts"
export { SessionLock } from "./workflow/SessionLock.ts"
export { WorkflowRepository } from "./workflow/WorkflowRepository.ts"

export { EmbeddedPostgres } from "./embedded/EmbeddedPostgres.ts"
