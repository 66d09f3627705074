import { expect, layer } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { Credentials } from "../../src/datasource/Credentials.ts"
import { Datasources, type DatasourceSettings } from "../../src/datasource/Datasources.ts"
import { ProfileRepository } from "../../src/datasource/ProfileRepository.ts"
import { EntityDiscoveryService } from "../../src/entities/EntityDiscoveryService.ts"
import { EntityRepository } from "../../src/entities/EntityRepository.ts"
import { DecisionRepository } from "../../src/discovery/DecisionRepository.ts"
import { RelationshipRepository } from "../../src/relationships/RelationshipRepository.ts"
import { RelationshipWorkflowService } from "../../src/relationships/RelationshipWorkflowService.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { reaches } from "../fixtures/TestWorkflows.ts"
import { datasourceOf, loginOf } from "./datasourceOf.ts"

const services = RelationshipWorkflowService.layer.pipe(
  Layer.provideMerge(EntityDiscoveryService.layer),
  Layer.provide([
    ProfileRepository.layer,
    EntityRepository.layer,
    DecisionRepository.layer,
    RelationshipRepository.layer
  ]),
  Layer.provideMerge(Datasources.layer),
  Layer.provide(Credentials.layer(Redacted.make("ab".repeat(32)))),
  Layer.provideMerge(TestInfra.server()),
  Layer.provideMerge(TestInfra.database),
  Layer.orDie
)

const registered = (url: Redacted.Redacted, settings: DatasourceSettings = {}) =>
  Effect.gen(function* () {
    const projectId = yield* TestInfra.project
    const datasources = yield* Datasources
    const { id: datasourceId } = yield* datasources.register(projectId, { url, settings })
    return { projectId, datasourceId }
  })

layer(services, { timeout: "90 seconds", excludeTestServices: true })("a discovery", (it) => {
  it.scoped("passes over what it cannot read, says why, and goes on with the rest", () =>
    Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const entities = yield* EntityDiscoveryService
      const relationships = yield* RelationshipWorkflowService
      const { sql, url } = yield* datasourceOf(`
        CREATE TABLE a1 (id int); CREATE TABLE a2 (id int); CREATE TABLE a3 (id int); CREATE TABLE secret (id int);
        CREATE TABLE customer (id int PRIMARY KEY, name text);
        CREATE TABLE visit (id int PRIMARY KEY, customer_id int REFERENCES customer);
        CREATE TABLE x_dropped (id int); CREATE TABLE x_revoked (id int);
        CREATE VIEW broken AS SELECT 1 / (id - 1) AS x FROM customer;
        INSERT INTO customer VALUES (1, 'one'), (2, 'two'); INSERT INTO visit VALUES (1, 1), (2, 1)`)
      const login = yield* loginOf(sql, url, "passed_over_reader")
      yield* sql.unsafe(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO passed_over_reader;
        REVOKE SELECT ON secret FROM passed_over_reader`)
      const target = yield* registered(login, { views: true })

      // The first three tables keep the discovery waiting while others go away.
      const [one, two] = [yield* TestDatabase.connect(url), yield* TestDatabase.connect(url)]
      yield* one`BEGIN`
      yield* one`LOCK TABLE a1, a2 IN ACCESS EXCLUSIVE MODE`
      yield* two`BEGIN`
      yield* two`LOCK TABLE a3 IN ACCESS EXCLUSIVE MODE`
      const workflow = yield* entities.startDiscovery(target)
      const waiting = sql<{ n: number }>`SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'workflow-infra' AND wait_event_type = 'Lock'`
      // One at a time while other tests use the server.
      yield* eventually("reads wait", waiting, ([row]) => (row?.n ?? 0) > 0)
      yield* sql`DROP TABLE x_dropped`
      yield* sql`REVOKE SELECT ON x_revoked FROM passed_over_reader`
      yield* one`COMMIT`
      yield* reaches(infra, workflow, "completed")

      const reasons = [
        ["a3", /locked/],
        ["broken", /division by zero/],
        ["secret", /permission denied/],
        ["x_dropped", /x_dropped/],
        ["x_revoked", /permission denied/]
      ] as const
      const skipped = yield* entities.skipped(target.projectId, target.datasourceId)
      expect(skipped.map(({ table }) => table)).toEqual(reasons.map(([table]) => table))
      reasons.forEach(([, reason], at) => expect(skipped[at]?.reason).toMatch(reason))
      const found = yield* entities.entities(target.projectId, target.datasourceId)
      expect(found.find(({ table }) => table === "customer")?.rows).toBe(2)

      // What can be read later is.
      yield* two`COMMIT`
      yield* reaches(infra, yield* relationships.startDetection(target), "completed")
      const [visit] = yield* relationships.relationships(target.projectId, target.datasourceId)
      expect(visit).toMatchObject({ method: "foreign_key", from: { table: "visit" }, to: { table: "customer" } })
      const left = yield* entities.skipped(target.projectId, target.datasourceId)
      expect(left.map(({ table }) => table)).toEqual(["broken", "secret", "x_dropped", "x_revoked"])
    })
  )

  it.scoped("that is cancelled leaves no query running in the datasource", () =>
    Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const entities = yield* EntityDiscoveryService
      const { sql, url } = yield* datasourceOf(
        ["s1", "s2", "s3", "s4"].map((name) => `CREATE VIEW ${name} AS SELECT pg_sleep(50)::text AS x`).join("; ")
      )
      const target = yield* registered(url, { views: true })
      const workflow = yield* entities.startDiscovery(target)
      const running = sql<{ n: number }>`SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'workflow-infra' AND state <> 'idle'`.pipe(
        Effect.map(([row]) => row?.n)
      )
      yield* eventually("three tables are read at once, and no more", running, (n) => n === 3)
      yield* infra.cancel(target.projectId, workflow.id)
      yield* reaches(infra, workflow, "failed")
      expect(yield* running).toBe(0)
    })
  )
})
