import { describe, expect, it, layer } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { Credentials } from "../../src/datasource/Credentials.ts"
import { Datasources } from "../../src/datasource/Datasources.ts"
import type { Entity } from "../../src/entities/Entity.ts"
import { EntityRepository } from "../../src/entities/EntityRepository.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

const entity = (table: string, changes: Partial<Entity> = {}): Entity => ({
  schema: "public",
  table,
  verdict: "entity",
  reason: "It is one.",
  name: table,
  description: `Rows of "${table}", {with} 'odd' characters: é, 𝛼.`,
  aliases: ["one", "two, three"],
  keyColumns: ["a", "b"],
  keyDeclared: true,
  rows: 3_000_000_000,
  sampled: true,
  occurrences: [],
  ...changes
})

const occurrence = (table: string, column: string, confidence = 0.7) => ({
  schema: "public",
  table,
  column,
  role: "shipping",
  confidence
})

const stored = Layer.mergeAll(
  EntityRepository.layer,
  Datasources.layer.pipe(Layer.provide(Credentials.layer(Redacted.make("ab".repeat(32)))))
).pipe(Layer.provideMerge(TestInfra.database), Layer.orDie)

const place = Effect.gen(function* () {
  const projectId = yield* TestInfra.project
  const datasources = yield* Datasources
  const { id: datasourceId } = yield* datasources.register(projectId, {
    url: Redacted.make("postgres://nobody@nowhere.invalid/nothing")
  })
  return { projectId, datasourceId }
})

layer(stored, { timeout: "60 seconds", excludeTestServices: true })("entities in PostgreSQL", (it) => {
  it.effect("come back as they were stored, by schema and table in byte order", () =>
    Effect.gen(function* () {
      const repository = yield* EntityRepository
      const { withProject } = yield* TenantContext
      const { datasourceId, projectId } = yield* place
      const all = [
        entity("Zebra", { occurrences: [occurrence("a", "x"), occurrence("a", "y", 1)] }),
        entity("apple", { verdict: "lookup", aliases: [], keyColumns: [], rows: 0 }),
        entity("äpfel", { verdict: "empty" })
      ]
      yield* withProject(projectId)(repository.replace(datasourceId, [...all].reverse()))
      expect(yield* withProject(projectId)(repository.list(datasourceId))).toEqual(all)
      expect(yield* withProject(projectId)(repository.counts(datasourceId))).toEqual({
        tables: 3,
        entities: 2,
        occurrences: 2
      })
    })
  )

  it.effect("are replaced as a whole", () =>
    Effect.gen(function* () {
      const repository = yield* EntityRepository
      const { withProject } = yield* TenantContext
      const { datasourceId, projectId } = yield* place
      const replace = (all: ReadonlyArray<Entity>) => withProject(projectId)(repository.replace(datasourceId, all))
      yield* replace([entity("a", { occurrences: [occurrence("b", "a_id")] }), entity("b")])
      yield* replace([entity("b")])
      expect(yield* withProject(projectId)(repository.list(datasourceId))).toEqual([entity("b")])
    })
  )

  it.effect("are replaced by several at once as if by one after the other", () =>
    Effect.gen(function* () {
      const repository = yield* EntityRepository
      const { withProject } = yield* TenantContext
      const { datasourceId, projectId } = yield* place
      const versions = ["a", "b", "c", "d"].map((table) => [entity(table), entity("shared", { name: table })])
      yield* Effect.forEach(versions, (all) => withProject(projectId)(repository.replace(datasourceId, all)), {
        concurrency: "unbounded"
      })
      expect(versions).toContainEqual(yield* withProject(projectId)(repository.list(datasourceId)))
    })
  )

  it.effect("belong to their project", () =>
    Effect.gen(function* () {
      const repository = yield* EntityRepository
      const { withProject } = yield* TenantContext
      const { datasourceId, projectId } = yield* place
      const other = yield* place
      yield* withProject(projectId)(repository.replace(datasourceId, [entity("a")]))
      expect(yield* withProject(other.projectId)(repository.list(datasourceId))).toEqual([])
      const written = yield* Effect.either(
        withProject(other.projectId)(repository.replace(datasourceId, [entity("a")]))
      )
      expect(written._tag).toBe("Left")
      expect(yield* withProject(projectId)(repository.list(datasourceId))).toHaveLength(1)
    })
  )
})

describe("entities in memory", () => {
  it.effect("are kept per project and datasource, and counted", () =>
    Effect.gen(function* () {
      const repository = yield* EntityRepository
      const { withProject } = yield* TenantContext
      const all = [entity("a", { occurrences: [occurrence("b", "a_id")] }), entity("b", { verdict: "log" })]
      yield* withProject("one")(repository.replace("db", all))
      expect(yield* withProject("one")(repository.list("db"))).toEqual(all)
      expect(yield* withProject("one")(repository.counts("db"))).toEqual({ tables: 2, entities: 1, occurrences: 1 })
      expect(yield* withProject("two")(repository.list("db"))).toEqual([])
    }).pipe(Effect.provide(Layer.merge(EntityRepository.layerMemory, TenantContext.layerMemory)))
  )
})
