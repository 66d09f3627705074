import type { AddedDatasource, DatasourceView } from "../api/DatasourcesApi.ts"
import type { ProjectEvent as ProjectEventSchema, WorkflowEvent as WorkflowEventSchema } from "../api/EventsApi.ts"
import type { Project as ProjectSchema } from "../api/ProjectsApi.ts"
import type { QuestionView } from "../api/QuestionsApi.ts"
import type { RelationshipValues as RelationshipValuesSchema, RelationshipView } from "../api/RelationshipsApi.ts"
import type { ServerView } from "../api/ServersApi.ts"
import type { BulkResult, LostOwnerView, TaskView, ThroughputView, WorkflowView } from "../api/WorkflowsApi.ts"
import type { Changes as ChangesSchema } from "../../ontology/Change.ts"
import type { Report as ReportSchema } from "../../report/Report.ts"
import type { Ontology as OntologySchema } from "../../ontology/Ontology.ts"

export type { WorkflowAction } from "../api/WorkflowsApi.ts"

/** What the API sends: the same as its schemas say, in JSON. */
export type Workflow = typeof WorkflowView.Encoded
export type Task = typeof TaskView.Encoded
export type Server = typeof ServerView.Encoded
export type Datasource = typeof DatasourceView.Encoded
export type Added = typeof AddedDatasource.Encoded
export type Project = typeof ProjectSchema.Encoded
export type Candidate = typeof RelationshipView.Encoded
export type RelationshipValues = typeof RelationshipValuesSchema.Encoded
export type Asked = typeof QuestionView.Encoded
export type LostOwner = typeof LostOwnerView.Encoded
export type Throughput = typeof ThroughputView.Encoded
export type Bulk = typeof BulkResult.Encoded
export type ProjectEvent = typeof ProjectEventSchema.Encoded
export type WorkflowEvent = typeof WorkflowEventSchema.Encoded
export type Changes = typeof ChangesSchema.Encoded
export type Ontology = typeof OntologySchema.Encoded
export type Report = typeof ReportSchema.Encoded
