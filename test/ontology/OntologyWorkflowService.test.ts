import { expect, layer } from "@effect/vitest"
import { Deferred, Effect, Layer, Option, Redacted, Schema } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { Credentials } from "../../src/datasource/Credentials.ts"
import * as Datasource from "../../src/datasource/Datasource.ts"
import { Datasources } from "../../src/datasource/Datasources.ts"
import { ProfileRepository } from "../../src/datasource/ProfileRepository.ts"
import { DecisionRepository } from "../../src/discovery/DecisionRepository.ts"
import { EntityDiscoveryService } from "../../src/entities/EntityDiscoveryService.ts"
import { buildOntology } from "../../src/ontology/Build.ts"
import { OntologyRepository } from "../../src/ontology/OntologyRepository.ts"
import { OntologyWorkflowService } from "../../src/ontology/OntologyWorkflowService.ts"
import { RelationshipWorkflowService } from "../../src/relationships/RelationshipWorkflowService.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { eventually } from "../fixtures/eventually.ts"
import { serverUrl } from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { shop } from "./shop.ts"

const expected = buildOntology(shop)

/** What an ontology is built on, as it is when the shop has been read; its tables are gone meanwhile. */
const found = Layer.mergeAll(
  Layer.mock(Datasources, { open: () => Effect.flatMap(serverUrl, (url) => Datasource.make({ url })) }),
  Layer.mock(EntityDiscoveryService, { entities: () => Effect.succeed(shop.entities) }),
  Layer.mock(RelationshipWorkflowService, { relationships: () => Effect.succeed(shop.relationships) })
)

/** A process that can build ontologies. */
const process = OntologyWorkflowService.layer.pipe(Layer.provide(found), Layer.provideMerge(TestInfra.server()))

const stores = Layer.mergeAll(OntologyRepository.layer, ProfileRepository.layer, DecisionRepository.layer).pipe(
  Layer.provide(Credentials.layer(Redacted.make("ab".repeat(32)))),
  Layer.provideMerge(TestInfra.database)
)

/** A project with a datasource whose catalog and profiles have been read. */
const read = Effect.gen(function* () {
  const projectId = yield* TestInfra.project
  const datasourceId = yield* uuidv7
  const { work: sql } = yield* Database
  const { withProject } = yield* TenantContext
  const profiles = yield* ProfileRepository
  yield* withProject(projectId)(
    Effect.gen(function* () {
      yield* sql`INSERT INTO engine.datasources (project_id, id, name, connection, settings)
        VALUES (${projectId}, ${datasourceId}, 'shop', '', '{}')`
      yield* profiles.saveCatalog(datasourceId, shop.catalog)
      for (const profile of shop.profiles) yield* profiles.saveProfile(datasourceId, profile)
    })
  )
  return { projectId, datasourceId }
})

/** Completes a workflow of each of these kinds. */
const complete = (
  target: { readonly projectId: string; readonly datasourceId: string },
  kinds: ReadonlyArray<string>
) =>
  Effect.gen(function* () {
    const infra = yield* WorkflowInfra
    for (const kind of kinds) {
      const registered = yield* infra.register(
        WorkflowKind.make(kind, { config: Schema.Struct({}), run: () => Effect.void })
      )
      const { id } = yield* registered.start({ ...target, config: {} })
      yield* stateBecomes(target.projectId, id, "completed")
    }
  }).pipe(Effect.scoped)

const stateBecomes = (projectId: string, workflowId: string, wanted: string) =>
  Effect.flatMap(WorkflowInfra, (infra) =>
    eventually(
      `it is ${wanted}`,
      Effect.map(infra.get(projectId, workflowId), ({ state }) => state),
      (state) => state === wanted
    )
  )

/** Builds the shop's ontology, from the start to the end. */
const built = Effect.gen(function* () {
  const service = yield* OntologyWorkflowService
  const target = yield* read
  yield* complete(target, ["entities", "relationships"])
  const { id } = yield* service.startExtraction(target)
  yield* stateBecomes(target.projectId, id, "completed")
  return { ...target, service, workflowId: id }
})

layer(stores, { timeout: "60 seconds", excludeTestServices: true })("the ontology of a datasource", (it) => {
  it.scoped("is not built before its entities and its relationships have been discovered", () =>
    Effect.gen(function* () {
      const service = yield* OntologyWorkflowService
      const target = yield* read
      expect((yield* Effect.flip(service.startExtraction(target)))._tag).toBe("EntitiesMissing")
      yield* complete(target, ["entities"])
      expect((yield* Effect.flip(service.startExtraction(target)))._tag).toBe("RelationshipsMissing")
    }).pipe(Effect.provide(process))
  )

  it.scoped("is the one that its facts give, built task by task", () =>
    Effect.gen(function* () {
      const { service, projectId, datasourceId, workflowId } = yield* built
      const ontology = Option.getOrThrow(yield* service.ontology(projectId, datasourceId))
      expect(JSON.stringify({ ...ontology, context: undefined })).toBe(JSON.stringify(expected))
      expect(ontology.context?.domains.flatMap(({ tables }) => tables)).toHaveLength(shop.entities.length)
      const tasks = Option.getOrThrow(
        yield* Effect.flatMap(WorkflowInfra, (infra) => infra.loadQueue(projectId, workflowId))
      )
      expect(tasks.map(({ id }) => id)).toEqual([
        ...expected.entities.map(({ table }) => `entity:public.${table}`),
        "domain",
        "questions",
        "context",
        "save"
      ])
      const status = yield* service.getStatusWithCounts(projectId, workflowId)
      expect(status.tasks).toMatchObject({ completed: tasks.length, total: tasks.length })
      expect(status.counts).toMatchObject({ entities: 6, openQuestions: expected.questions.length, answers: 0 })
      expect(Option.getOrThrow(status.progress)).toEqual({ message: "done", done: tasks.length, total: tasks.length })
    }).pipe(Effect.provide(process))
  )

  it.scoped("knows the owner's answer from the next build on, and does not ask again", () =>
    Effect.gen(function* () {
      const { service, projectId, datasourceId } = yield* built
      const [question] = yield* service.questions(projectId, datasourceId)
      const questionId = question?.id ?? ""
      const to = { projectId, datasourceId, questionId, by: "ann" }
      expect((yield* Effect.flip(service.answer({ ...to, answer: " " })))._tag).toBe("BlankAnswer")
      const none = yield* Effect.flip(service.answer({ ...to, questionId: "none", answer: "x" }))
      expect(none._tag).toBe("QuestionNotFound")
      expect((yield* Effect.flip(service.takeBack(to)))._tag).toBe("NothingToUndo")
      yield* service.answer({ ...to, answer: "Deleted products." })
      expect(yield* service.questions(projectId, datasourceId)).toEqual(expected.questions.slice(1))
      const { id } = yield* service.startExtraction({ projectId, datasourceId })
      yield* stateBecomes(projectId, id, "completed")
      const ontology = Option.getOrThrow(yield* service.ontology(projectId, datasourceId))
      expect(ontology.knowledge.map(({ answer }) => answer)).toEqual(["Deleted products."])
      expect(ontology.questions).toEqual(expected.questions.slice(1))
      yield* service.answer({ ...to, answer: "A mistake.", expected: 1 })
      const late = yield* Effect.flip(service.answer({ ...to, by: "bob", answer: "Sold.", expected: 1 }))
      expect(late).toMatchObject({ _tag: "DecisionConflict", actual: 2, by: "ann" })
      yield* service.takeBack(to)
      expect(yield* service.knowledge(projectId, datasourceId)).toMatchObject([
        { questionId, answer: "Deleted products." }
      ])
    }).pipe(Effect.provide(process))
  )

  it.scoped("is another project's business only where it is its own", () =>
    Effect.gen(function* () {
      const { service, datasourceId, workflowId } = yield* built
      const stranger = yield* TestInfra.project
      expect(Option.isNone(yield* service.ontology(stranger, datasourceId))).toBe(true)
      expect((yield* Effect.flip(service.getById(stranger, workflowId)))._tag).toBe("WorkflowNotFound")
      expect((yield* Effect.flip(service.cancel(stranger, workflowId)))._tag).toBe("WorkflowNotFound")
    }).pipe(Effect.provide(process))
  )

  it.scoped("is finished by another process, which describes no entity again", () =>
    Effect.gen(function* () {
      const target = yield* read
      const { projectId, datasourceId } = target
      const described: Array<string> = []
      const reached = yield* Deferred.make<void>()
      const repository = yield* OntologyRepository
      const watching = (after: (name: string) => Effect.Effect<void>) =>
        OntologyWorkflowService.layer.pipe(
          Layer.provide(
            Layer.succeed(OntologyRepository, {
              ...repository,
              savePart: (workflowId, name, part) =>
                Effect.zipRight(
                  Effect.sync(() => described.push(name)),
                  Effect.zipRight(repository.savePart(workflowId, name, part), after(name))
                )
            })
          ),
          Layer.provide(found),
          Layer.provideMerge(TestInfra.server())
        )
      const stuck = (name: string) =>
        name === "domain" ? Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never) : Effect.void
      const workflowId = yield* Effect.gen(function* () {
        const service = yield* OntologyWorkflowService
        yield* complete(target, ["entities", "relationships"])
        const { id } = yield* service.startExtraction(target)
        yield* Deferred.await(reached)
        return id
      }).pipe(Effect.provide(watching(stuck)))
      yield* Effect.gen(function* () {
        const service = yield* OntologyWorkflowService
        yield* stateBecomes(projectId, workflowId, "completed")
        const ontology = Option.getOrThrow(yield* service.ontology(projectId, datasourceId))
        expect(JSON.stringify({ ...ontology, context: undefined })).toBe(JSON.stringify(expected))
      }).pipe(Effect.provide(watching(() => Effect.void)))
      expect(described.filter((name) => name.startsWith("entity:"))).toHaveLength(expected.entities.length)
      expect(described.filter((name) => name === "domain")).toHaveLength(2)
    })
  )
})
