import { expect, layer } from "@effect/vitest"
import { Effect, Option, Redacted, Schema } from "effect"
import { Database } from "../../src/database/Database.ts"
import { orDatabaseError } from "../../src/database/DatabaseError.ts"
import { SCHEMA_VERSION } from "../../src/database/Migrations.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { folder, run } from "../cli/program.ts"
import { refusal } from "../database/installations.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { given, look } from "../fixtures/TestWorkflows.ts"
import * as Faults from "./Faults.ts"
import { committed, expectCompleted, expectNoOrphans, type Named, startOn } from "./Invariants.ts"
import * as Ledger from "./Ledger.ts"
import * as Server from "./Server.ts"

const TASKS = Faults.isLong ? 200 : 30

/** What a newer program starts its workflows with, and an older one cannot read; it reads the older one's, too. */
const NewerConfig = Schema.Union(Ledger.LedgerConfig, Schema.Struct({ entries: Schema.Int }))

/** A newer program's kind, which writes the same ledger. */
const newer = (name: string, version = 1, earlierVersions: ReadonlyArray<number> = []) =>
  WorkflowKind.make(name, {
    config: NewerConfig,
    error: Ledger.AskedToFail,
    version,
    earlierVersions,
    run: ({ config, ...others }) =>
      Ledger.ledger().run({
        ...others,
        config: "entries" in config ? { tasks: config.entries, millis: 50 } : config
      })
  })

/** A server of the newer program, until the scope closes: what it has not done by then it hands over. */
const newerServer = Effect.gen(function* () {
  const infra = yield* TestInfra.start()
  return {
    infra,
    ledger: yield* infra.register(newer("ledger", 2, [1])),
    novel: yield* infra.register(newer("novel"))
  }
})

layer(Faults.Survivors.layer(), { timeout: "60 seconds", excludeTestServices: true })(
  "processes of an older version",
  (it) => {
    it.scoped("31: meet a newer kind, version and config: they leave them to those who can, and say so", () =>
      Effect.gen(function* () {
        const repository = yield* WorkflowRepository
        const olders = yield* Faults.Survivors
        const begun = yield* Effect.gen(function* () {
          const { ledger, novel } = yield* newerServer
          const started = yield* Effect.forEach([ledger, novel], ({ start }) =>
            Effect.flatMap(TestInfra.project, (projectId) => start({ projectId, config: { entries: TASKS } }))
          )
          yield* Effect.forEach(started, (workflow) => committed(workflow, 2))
          return started
        }).pipe(Effect.scoped)
        const inserted = yield* repository.insert(
          given(yield* uuidv7, yield* TestInfra.project, Option.none(), {
            kind: "ledger",
            config: { entries: TASKS }
          })
        )
        const theirs: ReadonlyArray<Named> = [...begun, inserted]
        const states = Effect.forEach(theirs, ({ id, projectId }) => look(projectId, id))
        const written = Effect.forEach(theirs, ({ id }) => Ledger.entries("ledger", id))

        const waits = (kind: string, version: number) =>
          `workflows of kind ${kind}, version ${version}, wait: no server that is there can run them`
        const reasons = [waits("ledger", 2), waits("novel", 1), "this server could not read the config of 1 workflows"]
        for (const { health, output } of olders) {
          const { status } = yield* eventually("it says so", health, (now) =>
            reasons.every((reason) => now.reasons.includes(reason))
          )
          expect(status).toBe("degraded")
          const log = yield* output
          for (const told of [waits("ledger", 2), waits("novel", 1), "a server could not read its config"]) {
            expect(log).toContain(told)
          }
        }
        const left = yield* states
        expect(left.map(({ ownerId, state }) => [state, ownerId])).toEqual(theirs.map(() => ["pending", Option.none()]))
        expect(left.map(({ attempt }) => attempt)).toEqual([0, 0, 0])
        const before = yield* written
        // What they can do, they do meanwhile; and they look at what they cannot do no more than once.
        for (const older of olders) yield* expectCompleted(yield* startOn(older, { tasks: 5, millis: 20 }), 5)
        expect(yield* states).toEqual(left)
        expect(yield* written).toEqual(before)

        yield* newerServer
        for (const workflow of theirs) yield* expectCompleted(workflow, TASKS)
        for (const { health, output } of olders) {
          yield* eventually("it says so no longer", health, (now) =>
            now.reasons.every((reason) => !reason.includes("wait"))
          )
          expect(yield* output).toContain("every workflow that waits can be run by some server")
        }
      }).pipe(Faults.soundly)
    )

    it.scoped("31: and a newer process side by side: the newer one goes on with what an older one began", () =>
      Effect.gen(function* () {
        const older = yield* Server.run()
        const workflow = yield* startOn(older, { tasks: TASKS, millis: 50 })
        yield* committed(workflow, 2)
        const survivors = yield* Faults.Survivors
        for (const { signal } of survivors) yield* signal("SIGSTOP")
        const { infra } = yield* newerServer
        yield* older.kill
        const { rows } = yield* expectCompleted(workflow, TASKS)
        expect(rows.at(-1)?.pid).toBe(process.pid)
        const ended = yield* infra.get(workflow.projectId, workflow.id)
        expect(ended.version).toBe(1)
        for (const { signal } of survivors) yield* signal("SIGCONT")
      }).pipe(Faults.soundly)
    )
  }
)

/** What a newer version does to the tables that an older one can go on with: it adds. */
const migrate = Effect.gen(function* () {
  const { work: sql } = yield* Database
  yield* Effect.gen(function* () {
    yield* sql`ALTER TABLE engine.workflow_tasks ADD COLUMN weight int NOT NULL DEFAULT 1`
    yield* sql`ALTER TABLE engine.workflows ADD COLUMN importance int NOT NULL DEFAULT 0`
    yield* sql`ALTER TABLE engine.server_instances ADD COLUMN region text`
    yield* sql`CREATE INDEX workflows_importance ON engine.workflows (importance)`
    yield* sql`CREATE TABLE engine.novelties (id uuid PRIMARY KEY)`
    yield* sql`INSERT INTO engine.migrations (migration_id, name) VALUES (${SCHEMA_VERSION + 1}, 'the future')`
  }).pipe(
    sql.withTransaction,
    orDatabaseError,
    // As every migration: those who work there lock the same tables in another order.
    Effect.retry({ while: ({ code }) => code === "40P01", times: 20 })
  )
})

layer(Faults.database, { timeout: "60 seconds", excludeTestServices: true })("a newer schema", (it) => {
  it.scoped(
    "31: is made while older processes run: they go on as before; an older program that starts says it in one line, and ends",
    () =>
      Effect.gen(function* () {
        const servers = yield* Effect.all([Server.run(), Server.run()], { concurrency: "unbounded" })
        const workflows = yield* Effect.forEach(Array.from({ length: 8 }), (_, n) =>
          startOn(servers[n % 2 === 0 ? 0 : 1], { tasks: TASKS, millis: 50 })
        )
        yield* Effect.forEach(workflows, (workflow) => committed(workflow, 2))
        yield* migrate
        for (const workflow of workflows) {
          const { workflow: ended } = yield* expectCompleted(workflow, TASKS)
          expect([ended.attempt, ended.epoch]).toEqual([0, 2])
        }
        for (const server of servers) {
          expect((yield* server.health).status).toBe("alive")
          // Nothing but that, perhaps, the migration and it waited for each other, and it was the one that had to begin again.
          const { told } = yield* Server.log(server)
          const complaints = told.filter((line) => /^\S+ (?:WARN|ERROR|FATAL) /.test(line))
          expect(complaints.filter((line) => !line.endsWith("deadlock detected"))).toEqual([])
          yield* Server.expectNoLeak(server)
        }

        yield* expectNoOrphans

        const { url } = yield* Database
        const line = `the database is at version ${SCHEMA_VERSION + 1} and this program knows ${SCHEMA_VERSION}: use a newer workflow-infra`
        expect(yield* refusal(url)).toBe(`MigrationFailed: ${line}`)
        const place = yield* folder
        const reader = TestDatabase.as(url, yield* TestDatabase.login("IN ROLE pg_read_all_data"))
        for (const args of [["discover", Redacted.value(reader)], ["migrate"]]) {
          const ended = yield* run(place, args, { DATABASE_URL: Redacted.value(url) })
          expect([args, ended]).toEqual([args, { status: 1, output: "", errors: `${line}\n` }])
        }
      }),
    180_000
  )
})
