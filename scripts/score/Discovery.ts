import { Data, Duration, Effect, Layer, Option, Redacted } from "effect"
import { Database } from "../../src/database/Database.ts"
import { tableId } from "../../src/datasource/Catalog.ts"
import { Credentials } from "../../src/datasource/Credentials.ts"
import { Datasources } from "../../src/datasource/Datasources.ts"
import { ProfileRepository } from "../../src/datasource/ProfileRepository.ts"
import { EntityDiscoveryService } from "../../src/entities/EntityDiscoveryService.ts"
import { EntityRepository } from "../../src/entities/EntityRepository.ts"
import type { Candidate } from "../../src/relationships/Candidate.ts"
import type { InferenceInput } from "../../src/relationships/inference/Inference.ts"
import { OntologyRepository } from "../../src/ontology/OntologyRepository.ts"
import { OntologyWorkflowService } from "../../src/ontology/OntologyWorkflowService.ts"
import { DecisionRepository } from "../../src/discovery/DecisionRepository.ts"
import { RelationshipRepository } from "../../src/relationships/RelationshipRepository.ts"
import { RelationshipWorkflowService } from "../../src/relationships/RelationshipWorkflowService.ts"
import { Projects } from "../../src/tenant/Projects.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import { Notifications } from "../../src/workflow/Notifications.ts"
import { SessionLock } from "../../src/workflow/SessionLock.ts"
import * as SqlScheduleRepository from "../../src/workflow/SqlScheduleRepository.ts"
import * as SqlServerRepository from "../../src/workflow/SqlServerRepository.ts"
import * as SqlWorkflowRepository from "../../src/workflow/SqlWorkflowRepository.ts"
import type { Workflow } from "../../src/workflow/WorkflowState.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import { defaults } from "../../src/workflow/WorkflowSettings.ts"

/** A workflow did not complete. */
class NotCompleted extends Data.TaggedError("NotCompleted")<{ readonly message: string }> {}

/** A key that lives as long as the script: nothing is kept. */
const CREDENTIALS_KEY = Redacted.make("5c".repeat(32))

/** The services as the program has them, in this process, with `url` as their own database. */
export const layer = (url: Redacted.Redacted) => {
  const foundation = Layer.mergeAll(
    Projects.layer,
    ProfileRepository.layer,
    EntityRepository.layer,
    DecisionRepository.layer,
    RelationshipRepository.layer,
    OntologyRepository.layer,
    Datasources.layer
  ).pipe(
    Layer.provide(Credentials.layer(CREDENTIALS_KEY)),
    Layer.provideMerge(TenantContext.layer),
    Layer.provideMerge(Database.layer({ url }))
  )
  const infra = WorkflowInfra.layerWith({ ...defaults, pollInterval: Duration.millis(100) }).pipe(
    Layer.provide([SqlWorkflowRepository.layer, SqlServerRepository.layer, SqlScheduleRepository.layer]),
    Layer.provide([SessionLock.layerOff, Notifications.layerLocal])
  )
  return OntologyWorkflowService.layer.pipe(
    Layer.provideMerge(RelationshipWorkflowService.layer),
    Layer.provideMerge(EntityDiscoveryService.layer),
    Layer.provideMerge(infra),
    Layer.provideMerge(foundation)
  )
}

/** Runs the first two workflows to their end. */
const related = (url: Redacted.Redacted) =>
  Effect.gen(function* () {
    const infra = yield* WorkflowInfra
    const entities = yield* EntityDiscoveryService
    const relationships = yield* RelationshipWorkflowService
    const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure(new URL(Redacted.value(url)).pathname))
    const { id: datasourceId } = yield* Effect.flatMap(Datasources, ({ register }) => register(projectId, { url }))
    const target = { projectId, datasourceId }

    const completed = ({ id }: Workflow) =>
      infra.get(projectId, id).pipe(
        Effect.delay("50 millis"),
        Effect.repeat({ until: ({ state }) => state === "completed" || state === "failed" }),
        Effect.filterOrFail(
          ({ state }) => state === "completed",
          ({ errorMessage }) => new NotCompleted({ message: Option.getOrElse(errorMessage, () => "no reason given") })
        )
      )
    yield* Effect.flatMap(entities.startDiscovery(target), completed)
    const { id } = yield* Effect.flatMap(relationships.startDetection(target), completed)
    return { target, completed, id }
  })

/** The ontology of a database. */
export const ontology = (url: Redacted.Redacted) =>
  Effect.gen(function* () {
    const { completed, target } = yield* related(url)
    const service = yield* OntologyWorkflowService
    yield* Effect.flatMap(service.startExtraction(target), completed)
    return { ontology: Option.getOrThrow(yield* service.ontology(target.projectId, target.datasourceId)) }
  })

/** What discovery finds in a database, and what it went by: enough to decide again without it. */
export const discover = (url: Redacted.Redacted) =>
  Effect.gen(function* () {
    const entities = yield* EntityDiscoveryService
    const relationships = yield* RelationshipWorkflowService
    const profiles = yield* ProfileRepository
    const stored = yield* RelationshipRepository
    const { withProject } = yield* TenantContext
    const { id, target } = yield* related(url)
    const { datasourceId, projectId } = target

    const found = {
      entities: yield* entities.entities(projectId, datasourceId),
      relationships: yield* relationships.relationships(projectId, datasourceId)
    }
    const evidence = yield* Effect.gen(function* () {
      const foundKeys = new Map(
        found.entities
          .filter(({ keyColumns, keyDeclared }) => !keyDeclared && keyColumns.length > 1)
          .map((entity) => [tableId(entity), entity.keyColumns])
      )
      const input: InferenceInput = {
        catalog: Option.getOrThrow(yield* profiles.catalog(datasourceId)),
        profiles: yield* Effect.flatten(profiles.profiles(datasourceId)),
        foundKeys
      }
      const candidates: ReadonlyArray<Candidate> = yield* stored.candidates(id)
      return { input, candidates }
    }).pipe(withProject(projectId))
    return { ...found, evidence }
  })
