import { expect, layer } from "@effect/vitest"
import { Duration, Effect, Layer, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import { PAUSED, WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { complete, endless, ghost, given, operations, ownershipOf, task } from "../fixtures/TestWorkflows.ts"

/** A database whose login is an ordinary one that owns it, and may create roles. */
const ordinary = Layer.unwrapScoped(
  Effect.gen(function* () {
    const login = yield* TestDatabase.login("CREATEROLE")
    const url = yield* TestDatabase.create
    yield* TestDatabase.own(url, login)
    return TestInfra.databaseAt(TestDatabase.as(url, login))
  })
)

for (const [login, database] of [
  ["a superuser", TestInfra.database],
  ["an ordinary login", ordinary]
] as const) {
  layer(database, { timeout: "60 seconds", excludeTestServices: true })(`tenants, the login being ${login}`, (it) => {
    it.scoped(
      "23: a tenant asks for another tenant's workflow, by every operation there is: not found, nothing changed",
      () =>
        Effect.gen(function* () {
          const { work: sql } = yield* Database
          const tenants = yield* TenantContext
          const repository = yield* WorkflowRepository
          const infra = yield* TestInfra.start()
          const registered = yield* infra.register(endless("endless"))
          const [victim, stranger] = [yield* TestInfra.project, yield* TestInfra.project]

          const serverId = yield* uuidv7
          yield* ghost(serverId, Duration.hours(1))
          const insert = Effect.gen(function* () {
            const id = yield* uuidv7
            const workflow = yield* repository.insert(
              given(id, victim, Option.some(serverId), { kind: "endless", datasourceId: Option.some(id) })
            )
            const ownership = ownershipOf(workflow)
            yield* repository.save(ownership, {
              tasks: [task("a")],
              progress: Option.some({ message: "half-way", done: 1, total: 2 })
            })
            return ownership
          })
          const running = yield* insert
          const paused = yield* insert
          yield* repository.end(paused, PAUSED)

          // As the tables are: read with the system role's rights, which the login has, and with who wrote a row last.
          const { control } = yield* Database
          const rows = control`SELECT xmin::text, w::text AS row FROM engine.workflows w WHERE project_id = ${victim}
          UNION ALL SELECT xmin::text, t::text FROM engine.workflow_tasks t WHERE project_id = ${victim}
          UNION ALL SELECT xmin::text, p::text FROM engine.workflow_progress p WHERE project_id = ${victim}`
          const before = yield* rows
          expect(before.length).toBe(6)

          for (const { workflowId } of [running, paused]) {
            for (const refusal of operations(infra, registered, stranger, workflowId)) {
              expect((yield* Effect.flip(refusal)).message).toBe(`there is no workflow ${workflowId}`)
            }
            expect(yield* infra.loadQueue(stranger, workflowId)).toEqual(Option.none())
            yield* infra.deleteQueue(stranger, workflowId)

            // With everything right but the project.
            const stolen = { ...running, workflowId, projectId: stranger }
            expect((yield* Effect.flip(infra.storeQueue(stolen, [task("b")])))._tag).toBe("OwnershipLost")
            expect((yield* Effect.flip(repository.end(stolen, PAUSED)))._tag).toBe("OwnershipLost")
            expect((yield* Effect.flip(complete(repository, stolen, task("a"), Effect.void)))._tag).toBe(
              "OwnershipLost"
            )
            expect((yield* Effect.flip(repository.fenced(stolen)(Effect.void)))._tag).toBe("OwnershipLost")
            yield* infra.startTaskQueueWriter(stolen)
            yield* infra.sendTaskQueueUpdate(workflowId, [task("b")])
            yield* infra.stopTaskQueueWriter(workflowId)
            yield* infra.startHeartbeat(stolen)
            yield* infra.stopHeartbeat(workflowId)
          }
          expect(yield* infra.latest({ projectId: stranger, kind: "endless" })).toEqual(Option.none())

          // And by SQL of its own: no table shows it a row, and a write finds none.
          const tables = yield* sql<{ name: string }>`SELECT table_name AS name FROM information_schema.columns
          WHERE table_schema = 'engine' AND column_name = 'project_id' ORDER BY 1`
          expect(tables.length).toBeGreaterThan(3)
          for (const { name } of tables) {
            const seen = yield* tenants.withProject(stranger)(
              sql`SELECT FROM ${sql("engine")}.${sql(name)} WHERE project_id = ${victim}`
            )
            expect([name, seen.length]).toEqual([name, 0])
          }
          const requested = yield* tenants.withProject(stranger)(
            sql`UPDATE engine.workflows SET requested = 'cancel' WHERE project_id = ${victim} RETURNING id`
          )
          expect(requested).toEqual([])
          yield* Effect.flip(
            tenants.withProject(stranger)(
              sql`INSERT INTO engine.workflow_tasks (project_id, workflow_id, task_id, ordinal, name, status, requires_llm, retry_count)
              VALUES (${victim}, ${running.workflowId}, 'c', 0, 'c', 'pending', false, 0)`
            )
          )
          expect(yield* rows).toEqual(before)
        })
    )
  })
}
