/**
 * Three services on the engine that read a PostgreSQL database and say what is in it: its entities, how its tables hang together, and an
 * ontology of both.
 *
 * @module
 */
export { Catalog } from "./datasource/Catalog.ts"
export { Credentials, CredentialsError, type CredentialsService, type Sealed } from "./datasource/Credentials.ts"
export * as Datasource from "./datasource/Datasource.ts"
export { DatasourceError } from "./datasource/DatasourceError.ts"
export {
  DatasourceNotFound,
  Datasources,
  DatasourceSettings,
  type DatasourcesService,
  RegisteredDatasource,
  type Registration
} from "./datasource/Datasources.ts"
export { ProfileRepository, type ProfileRepositoryService } from "./datasource/ProfileRepository.ts"
export { TableProfile } from "./datasource/TableProfile.ts"

export * from "./discovery/Decision.ts"
export { DecisionRepository, type DecisionRepositoryService } from "./discovery/DecisionRepository.ts"
export { EntityRepository, type EntityRepositoryService } from "./entities/EntityRepository.ts"
export * from "./entities/EntityDiscoveryService.ts"
export { RelationshipRepository, type RelationshipRepositoryService } from "./relationships/RelationshipRepository.ts"
export * from "./relationships/RelationshipWorkflowService.ts"
export { Ontology } from "./ontology/Ontology.ts"
export {
  OntologyPart,
  OntologyRepository,
  type OntologyRepositoryService,
  StoredOntology
} from "./ontology/OntologyRepository.ts"
export * from "./ontology/OntologyWorkflowService.ts"
export {
  type AskedQuestion,
  type Candidate,
  Decisions,
  type DecisionsService,
  NotYesOrNo
} from "./ontology/Decisions.ts"
export { context, type ContextOptions, UnknownTable } from "./ontology/context/Context.ts"
export { toMarkdown } from "./ontology/Markdown.ts"
export { toComments } from "./ontology/export/Comments.ts"
export { toDbml } from "./ontology/export/Dbml.ts"
export { toDbt } from "./ontology/export/Dbt.ts"
export { toDrizzle } from "./ontology/export/Drizzle.ts"
export {
  type ExportColumn,
  type ExportModel,
  exportModel,
  type ExportReference,
  type ExportSource,
  type ExportTable
} from "./ontology/export/ExportModel.ts"
export { toForeignKeys } from "./ontology/export/ForeignKeys.ts"
export { toMermaid, toMermaidByDomain } from "./ontology/export/Mermaid.ts"
export { toOssieJson, toOssieYaml } from "./ontology/export/Ossie.ts"
export { toPrisma } from "./ontology/export/Prisma.ts"
export { toR2rml } from "./ontology/export/R2rml.ts"
export { toTbls } from "./ontology/export/Tbls.ts"
export { type RdfOptions, toTurtle } from "./ontology/export/Turtle.ts"
export { atOnce, type Steps, stepwise } from "./steps/Steps.ts"
