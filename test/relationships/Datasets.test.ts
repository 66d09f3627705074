import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { expect, layer } from "@effect/vitest"
import { Config, Context, Effect, Layer, Redacted } from "effect"
import { Credentials } from "../../src/datasource/Credentials.ts"
import { Datasources } from "../../src/datasource/Datasources.ts"
import { ProfileRepository } from "../../src/datasource/ProfileRepository.ts"
import { EntityDiscoveryService } from "../../src/entities/EntityDiscoveryService.ts"
import { EntityRepository } from "../../src/entities/EntityRepository.ts"
import { DecisionRepository } from "../../src/discovery/DecisionRepository.ts"
import { RelationshipRepository } from "../../src/relationships/RelationshipRepository.ts"
import { RelationshipWorkflowService } from "../../src/relationships/RelationshipWorkflowService.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import * as Datasets from "../fixtures/Datasets.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { reaches } from "../fixtures/TestWorkflows.ts"

const base = Layer.mergeAll(
  EntityRepository.layer,
  ProfileRepository.layer,
  DecisionRepository.layer,
  RelationshipRepository.layer,
  Datasources.layer,
  NodeContext.layer
).pipe(
  Layer.provide(Credentials.layer(Redacted.make("cd".repeat(32)))),
  Layer.provideMerge(TestInfra.database),
  Layer.orDie
)

const services = RelationshipWorkflowService.layer.pipe(Layer.provideMerge(EntityDiscoveryService.layer))

/** F1 of what is accepted in a dataset, as the scorer beside the datasets computes it. */
const score = (name: string, variant: Datasets.Variant) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(Layer.fresh(services).pipe(Layer.provideMerge(TestInfra.server())))
    const infra = Context.get(context, WorkflowInfra)
    const entities = Context.get(context, EntityDiscoveryService)
    const service = Context.get(context, RelationshipWorkflowService)
    const url = yield* Datasets.load(name, variant)
    const projectId = yield* TestInfra.project
    const { id: datasourceId } = yield* Effect.flatMap(Datasources, ({ register }) => register(projectId, { url }))
    const target = { projectId, datasourceId }
    yield* reaches(infra, yield* entities.startDiscovery(target), "completed")
    yield* reaches(infra, yield* service.startDetection(target), "completed")

    const folder = yield* Config.string("DATASETS")
    const result = yield* Effect.flatMap(FileSystem.FileSystem, (fs) =>
      Effect.gen(function* () {
        const file = yield* fs.makeTempFileScoped()
        const found = {
          entities: yield* entities.entities(projectId, datasourceId),
          relationships: yield* service.relationships(projectId, datasourceId)
        }
        yield* fs.writeFileString(file, JSON.stringify(found))
        return file
      })
    )
    const table = yield* Command.string(Command.make("node", `${folder}/score.mjs`, `${folder}/${name}=${result}`))
    return Number(/F1\s+([\d.]+)/.exec(table)?.[1])
  }).pipe(Effect.scoped, Effect.orDie)

/** The least F1, by dataset and variant. */
const BARS = [
  ["chinook", "full", 1],
  ["northwind", "full", 1],
  ["pagila", "full", 1],
  ["omop", "full", 1],
  ["chinook", "nofk", 0.9],
  ["northwind", "nofk", 0.9],
  ["pagila", "nofk", 0.95],
  ["pagila", "bare", 0.95]
] as const

layer(base, { timeout: "60 seconds", excludeTestServices: true })("on databases whose keys are known", (it) => {
  for (const [name, variant, bar] of BARS) {
    it.effect.runIf(Datasets.available)(
      `relationships of ${name} (${variant}) reach an F1 of ${bar} (needs DATASETS)`,
      () => Effect.map(score(name, variant), (f1) => expect(f1).toBeGreaterThanOrEqual(bar)),
      120_000
    )
  }
})
