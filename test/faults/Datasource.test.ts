import { expect, layer } from "@effect/vitest"
import { Effect, Layer, Option, Redacted } from "effect"
import { Credentials } from "../../src/datasource/Credentials.ts"
import * as Datasource from "../../src/datasource/Datasource.ts"
import { Datasources } from "../../src/datasource/Datasources.ts"
import { quoteIdentifier } from "../../src/datasource/Identifier.ts"
import { ProfileRepository } from "../../src/datasource/ProfileRepository.ts"
import { EntityDiscoveryService } from "../../src/entities/EntityDiscoveryService.ts"
import { EntityRepository } from "../../src/entities/EntityRepository.ts"
import { OntologyRepository } from "../../src/ontology/OntologyRepository.ts"
import { OntologyWorkflowService } from "../../src/ontology/OntologyWorkflowService.ts"
import { DecisionRepository } from "../../src/discovery/DecisionRepository.ts"
import { RelationshipRepository } from "../../src/relationships/RelationshipRepository.ts"
import { RelationshipWorkflowService } from "../../src/relationships/RelationshipWorkflowService.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { reaches } from "../fixtures/TestWorkflows.ts"
import * as Proxy from "./Proxy.ts"

const HOSTILE = [
  `"; drop table victim; --`,
  `'; drop table victim; --`,
  `a.b.c`,
  `new\nline`,
  `back\\slash\tand tab`,
  `$1 $$ \${x} %s`,
  "x".repeat(63),
  ` `,
  `select`
]

/** The three services on one server, in a database of their own. */
const services = OntologyWorkflowService.layer.pipe(
  Layer.provideMerge(RelationshipWorkflowService.layer),
  Layer.provideMerge(EntityDiscoveryService.layer),
  Layer.provide([
    ProfileRepository.layer,
    EntityRepository.layer,
    DecisionRepository.layer,
    RelationshipRepository.layer,
    OntologyRepository.layer
  ]),
  Layer.provideMerge(Datasources.layer),
  Layer.provide(Credentials.layer(Redacted.make("ab".repeat(32)))),
  Layer.provideMerge(TestInfra.server()),
  Layer.provideMerge(TestInfra.database),
  Layer.orDie
)

/** A project with this datasource. */
const registered = (url: Redacted.Redacted) =>
  Effect.gen(function* () {
    const projectId = yield* TestInfra.project
    const { id: datasourceId } = yield* Effect.flatMap(Datasources, ({ register }) => register(projectId, { url }))
    return { projectId, datasourceId }
  })

/** A proper little database. */
const shop = Effect.gen(function* () {
  const url = yield* TestDatabase.create
  const sql = yield* TestDatabase.connect(url)
  yield* sql.unsafe(
    `CREATE TABLE customers (id serial PRIMARY KEY, name text); INSERT INTO customers (name) VALUES ('a');`
  )
  return url
})

layer(services, { timeout: "60 seconds", excludeTestServices: true })("a datasource", (it) => {
  it.scoped("24: full of hostile names and values: read as they are, nothing executed", () =>
    Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const url = yield* TestDatabase.create
      const sql = yield* TestDatabase.connect(url)
      yield* sql`CREATE TABLE victim (id int)`
      for (const name of HOSTILE) {
        const quoted = quoteIdentifier(name)
        yield* sql.unsafe(`CREATE SCHEMA ${quoted}`)
        yield* sql.unsafe(`CREATE TABLE ${quoted}.${quoted} (${quoted} text PRIMARY KEY)`)
        yield* sql.unsafe(
          `CREATE TABLE ${quoted}.refers (id serial PRIMARY KEY, ref text REFERENCES ${quoted}.${quoted}, also text)`
        )
        for (const value of HOSTILE) {
          yield* sql.unsafe(`INSERT INTO ${quoted}.${quoted} VALUES ($1)`, [value])
          yield* sql.unsafe(`INSERT INTO ${quoted}.refers (ref, also) VALUES ($1, $1)`, [value])
        }
      }
      const target = yield* registered(url)
      const entities = yield* EntityDiscoveryService
      const relationships = yield* RelationshipWorkflowService
      const ontologies = yield* OntologyWorkflowService
      yield* reaches(infra, yield* entities.startDiscovery(target), "completed")
      yield* reaches(infra, yield* relationships.startDetection(target), "completed")
      yield* reaches(infra, yield* ontologies.startExtraction(target), "completed")
      const found = yield* entities.entities(target.projectId, target.datasourceId)
      expect(new Set(found.map(({ table }) => table))).toEqual(new Set([...HOSTILE, "refers", "victim"]))
      const declared = (yield* relationships.relationships(target.projectId, target.datasourceId)).filter(
        ({ method }) => method === "foreign_key"
      )
      expect(new Set(declared.map(({ to }) => to.table))).toEqual(new Set(HOSTILE))
      expect(Option.isSome(yield* ontologies.ontology(target.projectId, target.datasourceId))).toBe(true)
      expect(yield* sql`SELECT count(*)::int AS n FROM victim`).toEqual([{ n: 0 }])
    })
  )

  it.scoped("24: one that hangs: read over new connections, or a clear error naming it", () =>
    Effect.gen(function* () {
      const proxy = yield* Proxy.make(yield* shop)
      const datasource = yield* Datasource.make({
        url: proxy.url,
        statementTimeout: "500 millis",
        connectTimeout: "2 seconds"
      })
      yield* datasource.catalog()
      // Connections that are there are given up, and others made in their place.
      yield* proxy.forget("all")
      yield* datasource.catalog()
      // Those that would be new hang as well.
      yield* proxy.blackhole("all")
      const error = yield* Effect.flip(datasource.catalog())
      expect(error.retryable).toBe(true)
      expect(error.message).toContain(`127.0.0.1:${new URL(Redacted.value(proxy.url)).port}`)
      expect(error.message).not.toMatch(/\n/)
      yield* proxy.heal
      yield* datasource.catalog()
    })
  )

  it.scoped("24: one that dies half-way: a clear error naming it, nothing half-written; other workflows go on", () =>
    Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const entities = yield* EntityDiscoveryService
      const url = yield* TestDatabase.create
      const sql = yield* TestDatabase.connect(url)
      for (let n = 0; n < 12; n++)
        yield* sql.unsafe(`CREATE TABLE t${n} (id serial PRIMARY KEY); INSERT INTO t${n} DEFAULT VALUES`)
      const proxy = yield* Proxy.make(url)
      const target = yield* registered(proxy.url)
      const reading = yield* proxy.intercept("READ ONLY", '"t9"', "hold")
      const workflow = yield* entities.startDiscovery(target)
      yield* reading
      const name = new URL(Redacted.value(url)).pathname.slice(1)
      yield* TestDatabase.drop(name)
      yield* proxy.heal
      // Meanwhile another's.
      const other = yield* registered(yield* shop)
      yield* reaches(infra, yield* entities.startDiscovery(other), "completed")
      const ended = yield* reaches(infra, workflow, "failed")
      expect(Option.getOrThrow(ended.errorMessage)).toContain(name)
      expect(Option.getOrThrow(ended.errorMessage)).not.toMatch(/\n/)
      expect(yield* entities.entities(target.projectId, target.datasourceId)).toEqual([])
      expect((yield* entities.entities(other.projectId, other.datasourceId)).length).toBe(1)
    })
  )
})
