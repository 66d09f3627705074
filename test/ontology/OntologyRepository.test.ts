import { expect, layer } from "@effect/vitest"
import { Context, Effect, Layer, Option, Struct } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { buildOntology } from "../../src/ontology/Build.ts"
import type { OntologyPart } from "../../src/ontology/OntologyRepository.ts"
import { OntologyRepository } from "../../src/ontology/OntologyRepository.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { shop } from "./shop.ts"

const ontology = buildOntology({ ...shop, skipped: [{ schema: "far", table: "away", reason: "locked" }] })
const parts: ReadonlyArray<readonly [string, OntologyPart]> = [
  ["questions", { _tag: "Questions", questions: ontology.questions }],
  ["domain", { _tag: "Domain", domain: ontology.domain }],
  ...ontology.entities.map(
    (entity) => [`entity:${entity.table}`, { _tag: "Entity" as const, entity: Struct.omit(entity, "domain") }] as const
  )
]

/** What the tests need of a database: a project with a datasource, and workflows that are there. */
class World extends Context.Tag("test/ontology/World")<
  World,
  {
    readonly place: Effect.Effect<{ readonly projectId: string; readonly datasourceId: string }>
    readonly workflow: (projectId: string, datasourceId: string) => Effect.Effect<string>
  }
>() {}

const inMemory = Layer.succeed(World, {
  place: Effect.all({ projectId: uuidv7, datasourceId: uuidv7 }),
  workflow: () => uuidv7
})

const inPostgres = Layer.effect(
  World,
  Effect.map(
    Effect.context<Effect.Effect.Context<typeof TestInfra.project> | Database | TenantContext>(),
    (context) => ({
      place: Effect.gen(function* () {
        const projectId = yield* TestInfra.project
        const datasourceId = yield* uuidv7
        const { work: sql } = yield* Database
        const { withProject } = yield* TenantContext
        yield* withProject(projectId)(
          sql`INSERT INTO engine.datasources (project_id, id, name, connection, settings)
          VALUES (${projectId}, ${datasourceId}, 'shop', '', '{}')`
        )
        return { projectId, datasourceId }
      }).pipe(Effect.provide(context), Effect.orDie),
      workflow: (projectId: string, datasourceId: string) =>
        Effect.gen(function* () {
          const id = yield* uuidv7
          const { control: sql } = yield* Database
          yield* sql`INSERT INTO engine.workflows (project_id, id, datasource_id, kind, state, config, epoch, completed_at)
            VALUES (${projectId}, ${id}, ${datasourceId}, 'ontology', 'completed', '{}', 1, now())`
          return id
        }).pipe(Effect.provide(context), Effect.orDie)
    })
  )
)

const stores: ReadonlyArray<readonly [string, Layer.Layer<OntologyRepository | TenantContext | World>]> = [
  ["in memory", Layer.mergeAll(OntologyRepository.layerMemory, TenantContext.layerMemory, inMemory)],
  [
    "in PostgreSQL",
    Layer.merge(OntologyRepository.layer, inPostgres).pipe(Layer.provideMerge(TestInfra.database), Layer.orDie)
  ]
]

for (const [where, services] of stores) {
  layer(services, { timeout: "60 seconds", excludeTestServices: true })(where, (it) => {
    const setup = Effect.gen(function* () {
      const repository = yield* OntologyRepository
      const world = yield* World
      const { withProject } = yield* TenantContext
      const { projectId, datasourceId } = yield* world.place
      const as = withProject(projectId)
      const build = Effect.gen(function* () {
        const workflowId = yield* world.workflow(projectId, datasourceId)
        yield* as(repository.activate({ workflowId, datasourceId, ontology, changes: null }))
        return workflowId
      })
      return { repository, world, as, build, projectId, datasourceId, withProject }
    })

    it.effect("parts come back as they were, by name, and a part is replaced by one of the same name", () =>
      Effect.gen(function* () {
        const { repository, world, as, projectId, datasourceId } = yield* setup
        const workflowId = yield* world.workflow(projectId, datasourceId)
        for (const [name, part] of [...parts, ...parts]) yield* as(repository.savePart(workflowId, name, part))
        expect(yield* as(repository.parts(workflowId))).toEqual(
          parts.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part)
        )
      })
    )

    it.effect("a datasource has no ontology until one is activated, and then exactly the newest", () =>
      Effect.gen(function* () {
        const { repository, as, build, datasourceId } = yield* setup
        expect(Option.isNone(yield* as(repository.active(datasourceId)))).toBe(true)
        expect(Option.isNone(yield* as(repository.newest))).toBe(true)
        yield* build
        const first = Option.getOrThrow(yield* as(repository.active(datasourceId)))
        expect(first.version).toBe(1)
        expect(JSON.stringify(first.content)).toBe(JSON.stringify(ontology))
        yield* build
        expect(Option.getOrThrow(yield* as(repository.active(datasourceId))).version).toBe(2)
        expect(yield* as(repository.newest)).toEqual(Option.some(datasourceId))
      })
    )

    it.effect("activating drops the parts of its build", () =>
      Effect.gen(function* () {
        const { repository, world, as, projectId, datasourceId } = yield* setup
        const workflowId = yield* world.workflow(projectId, datasourceId)
        for (const [name, part] of parts) yield* as(repository.savePart(workflowId, name, part))
        yield* as(repository.activate({ workflowId, datasourceId, ontology, changes: null }))
        expect(yield* as(repository.parts(workflowId))).toEqual([])
      })
    )

    it.effect("its questions are those of the newest build", () =>
      Effect.gen(function* () {
        const { repository, as, build, datasourceId } = yield* setup
        yield* build
        expect(yield* as(repository.questions(datasourceId))).toEqual(ontology.questions)
        yield* build
        expect(yield* as(repository.questions(datasourceId))).toEqual(ontology.questions)
      })
    )

    it.effect("another project sees none of it", () =>
      Effect.gen(function* () {
        const { repository, build, datasourceId, withProject, world } = yield* setup
        const workflowId = yield* build
        const other = withProject((yield* world.place).projectId)
        expect(Option.isNone(yield* other(repository.active(datasourceId)))).toBe(true)
        expect(Option.isNone(yield* other(repository.newest))).toBe(true)
        expect(yield* other(repository.parts(workflowId))).toEqual([])
        expect(yield* other(repository.questions(datasourceId))).toEqual([])
      })
    )
  })
}
