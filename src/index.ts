/**
 * The engine: long-running workflows on PostgreSQL, each with one owner at a time, which another process takes over when the owner dies.
 * `workflow-infra/discovery` has the services on it that read a database, `workflow-infra/embedded` a PostgreSQL that comes along.
 *
 * @module
 */
export { ConcurrencyStrategy } from "./workqueue/ConcurrencyStrategy.ts"
export { type Retryable, RetryPolicy } from "./workqueue/RetryPolicy.ts"
export {
  type Task,
  type TaskClass,
  type TaskCounts,
  TaskFailed,
  type TaskState,
  type TaskStatus
} from "./workqueue/Task.ts"
export { WorkQueue, type WorkQueueOptions } from "./workqueue/WorkQueue.ts"

export { Database, type DatabaseOptions, type DatabaseService } from "./database/Database.ts"
export { DatabaseError } from "./database/DatabaseError.ts"
export { Installation } from "./database/Installation.ts"
export {
  migrate,
  type Migrated,
  MigrationFailed,
  MIGRATIONS,
  RightsMissing,
  SCHEMA_VERSION,
  script as migrationScript
} from "./database/Migrations.ts"
export type { Roles } from "./database/Roles.ts"
export { tenantTable, type TenantTableOptions } from "./database/TenantTable.ts"
export { Projects, type ProjectsService } from "./tenant/Projects.ts"
export { Tenant, TenantContext, type TenantContextService } from "./tenant/TenantContext.ts"

export * from "./workflow/WorkflowError.ts"
export type { Executions } from "./workflow/Executions.ts"
export type { ExecuteError, Registered, StartError, StartOptions } from "./workflow/Registered.ts"
export {
  Complete,
  type Result as WorkflowResult,
  type StoredResult,
  Suspended,
  type WorkflowOutcome
} from "./workflow/WorkflowResult.ts"
export { WorkflowInfra } from "./workflow/WorkflowInfra.ts"
export type { WorkflowInfraService } from "./workflow/WorkflowInfraService.ts"
export {
  InvalidCursor,
  type Listed,
  type ListOptions,
  type ListQuery,
  type WorkflowPage
} from "./workflow/WorkflowList.ts"
export { LostOwner, Throughput, type ThroughputOptions } from "./workflow/WorkflowPast.ts"
export * as WorkflowKind from "./workflow/WorkflowKind.ts"
export type { WorkflowRun } from "./workflow/WorkflowKind.ts"
export * as WorkflowSettings from "./workflow/WorkflowSettings.ts"
export { type Ownership, Workflow, WorkflowProgress, WorkflowRequest, WorkflowState } from "./workflow/WorkflowState.ts"
export type {
  WorkflowQueries,
  WorkflowStatus,
  WorkflowStatusWithCounts,
  WorkflowTaskCounts
} from "./workflow/WorkflowStatus.ts"
export { DurableExecutions, type DurableExecutionsService } from "./workflow/DurableExecutions.ts"
export type {
  ExecutionKey,
  NewDeferred,
  StoredActivity,
  StoredDeferred,
  WorkflowHistory
} from "./workflow/WorkflowHistory.ts"
export type { TaskListOptions, TaskPage, TaskQuery } from "./workflow/TaskList.ts"
export { mapTaskStatus, WorkflowTask, WorkflowTaskStatus } from "./workflow/WorkflowTask.ts"
export { WorkflowHealth } from "./workflow/WorkflowHealth.ts"
export type { WorkflowSnapshot } from "./workflow/WorkflowChanges.ts"
export { Notifications, type NotificationsService, type Topic } from "./workflow/Notifications.ts"
export {
  type ScheduleKey,
  type ScheduleProgress,
  ScheduleRepository,
  type ScheduleRepositoryService
} from "./workflow/ScheduleRepository.ts"
export type { MissedTicks, ScheduleError, ScheduleOptions } from "./workflow/Schedules.ts"
export {
  type ListedServer,
  type Server,
  ServerRepository,
  type ServerRepositoryService
} from "./workflow/ServerRepository.ts"
export { SessionLock, type SessionLockService } from "./workflow/SessionLock.ts"
export * as MemoryWorkflowRepository from "./workflow/MemoryWorkflowRepository.ts"
export * as SqlScheduleRepository from "./workflow/SqlScheduleRepository.ts"
export * as SqlServerRepository from "./workflow/SqlServerRepository.ts"
export * as SqlWorkflowRepository from "./workflow/SqlWorkflowRepository.ts"
export {
  type Claimable,
  type EndedCursor,
  type Ending,
  type NewWorkflow,
  type OwnedWorkflow,
  type Placed,
  type Removal,
  ServerGone,
  type Share,
  type TaskUpdate,
  type WorkflowNews,
  WorkflowRepository,
  type WorkflowRepositoryService
} from "./workflow/WorkflowRepository.ts"
export { Placement, type PlacementService } from "./workflow/Placement.ts"
export type { Runnable, RunningLimit } from "./workflow/WorkflowState.ts"
