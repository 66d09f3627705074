/**
 * The public interface. `WorkflowInfra` runs long-lived workflows on PostgreSQL, each with one owner, and lets another process take over
 * when the owner dies. Three services on it discover a database: its entities, its relationships, and an ontology.
 *
 * @module
 */
export { ConcurrencyStrategy } from "./workqueue/ConcurrencyStrategy.ts"
export { RetryPolicy } from "./workqueue/RetryPolicy.ts"
export { type Task, type TaskClass, type TaskCounts, TaskFailed, type TaskState } from "./workqueue/Task.ts"
export { WorkQueue, type WorkQueueOptions } from "./workqueue/WorkQueue.ts"

export { Database, type DatabaseOptions } from "./database/Database.ts"
export { DatabaseError } from "./database/DatabaseError.ts"
export { MigrationFailed, RightsMissing } from "./database/Migrations.ts"
export { Projects } from "./tenant/Projects.ts"
export { Tenant, TenantContext } from "./tenant/TenantContext.ts"

export * from "./workflow/WorkflowError.ts"
export {
  type ExecuteError,
  type Registered,
  type StartError,
  type StartOptions,
  WorkflowInfra
} from "./workflow/WorkflowInfra.ts"
export { InvalidCursor, type ListOptions, type WorkflowPage } from "./workflow/WorkflowList.ts"
export * as WorkflowKind from "./workflow/WorkflowKind.ts"
export * as WorkflowSettings from "./workflow/WorkflowSettings.ts"
export { type Ownership, Workflow, WorkflowProgress, WorkflowRequest, WorkflowState } from "./workflow/WorkflowState.ts"
export type {
  WorkflowQueries,
  WorkflowStatus,
  WorkflowStatusWithCounts,
  WorkflowTaskCounts
} from "./workflow/WorkflowStatus.ts"
export { mapTaskStatus, WorkflowTask, WorkflowTaskStatus } from "./workflow/WorkflowTask.ts"
export { WorkflowHealth } from "./workflow/WorkflowHealth.ts"
export type { WorkflowSnapshot } from "./workflow/WorkflowChanges.ts"
export { Notifications } from "./workflow/Notifications.ts"
export { ServerRepository } from "./workflow/ServerRepository.ts"
export { SessionLock } from "./workflow/SessionLock.ts"
export { WorkflowRepository } from "./workflow/WorkflowRepository.ts"

export { EmbeddedPostgres } from "./embedded/EmbeddedPostgres.ts"

export { Catalog } from "./datasource/Catalog.ts"
export { Credentials, CredentialsError } from "./datasource/Credentials.ts"
export type { Datasource } from "./datasource/Datasource.ts"
export { DatasourceError } from "./datasource/DatasourceError.ts"
export { DatasourceNotFound, Datasources } from "./datasource/Datasources.ts"
export { ProfileRepository } from "./datasource/ProfileRepository.ts"
export { TableProfile } from "./datasource/TableProfile.ts"

export { EntityRepository } from "./entities/EntityRepository.ts"
export * from "./entities/EntityDiscoveryService.ts"
export { RelationshipRepository } from "./relationships/RelationshipRepository.ts"
export * from "./relationships/RelationshipWorkflowService.ts"
export { Ontology } from "./ontology/Ontology.ts"
export { OntologyRepository } from "./ontology/OntologyRepository.ts"
export * from "./ontology/OntologyWorkflowService.ts"
export { toMarkdown } from "./ontology/Markdown.ts"
export { toMermaid } from "./ontology/Mermaid.ts"
export { toTurtle } from "./ontology/Turtle.ts"
