import { expect, layer } from "@effect/vitest"
import { Duration, Effect, Option, Schema } from "effect"
import { uuidv7 } from "../../src/database/Uuid.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { mapTaskStatus } from "../../src/workflow/WorkflowTask.ts"
import { eventually } from "../fixtures/eventually.ts"
import { recording } from "../fixtures/statements.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { ghost, given, ownershipOf, task } from "../fixtures/TestWorkflows.ts"

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("statements really sent", (it) => {
  it.scoped(
    "1,000 active workflows are kept by one heartbeat statement per interval",
    () =>
      Effect.gen(function* () {
        const interval = Duration.seconds(1)
        const infra = yield* TestInfra.start({ ...TestInfra.quick, heartbeatInterval: interval })
        const kind = yield* infra.register(
          WorkflowKind.make("numbered", { config: Schema.Int, run: () => Effect.never })
        )
        const projectId = yield* TestInfra.project
        const started = yield* Effect.forEach(
          Array.from({ length: 1_000 }, (_, n) => n),
          (n) => Effect.flatMap(uuidv7, (datasourceId) => kind.start({ projectId, datasourceId, config: n })),
          { concurrency: 10 }
        )
        expect(new Set(started.map(({ state }) => state))).toEqual(new Set(["running"]))
        const sent = yield* recording
        const beats = () =>
          sent.filter(({ text }) => /UPDATE\s+"engine"\.server_instances\s+SET last_heartbeat/.test(text))
        yield* eventually(
          "three beats were sent",
          Effect.sync(() => beats().length),
          (n) => n >= 3
        )
        const [first, second, third] = beats().map(({ at }) => at)
        // The pause between two is at least the interval, so there is one in each, whatever else there is to do.
        const slack = 5
        for (const gap of [(second ?? 0) - (first ?? 0), (third ?? 0) - (second ?? 0)]) {
          expect(gap).toBeGreaterThanOrEqual(Duration.toMillis(interval) - slack)
        }
        // Nor is anything written for a workflow in which nothing changes.
        expect(sent.filter(({ text }) => /(UPDATE|INSERT INTO)\s+"engine"\.workflow/.test(text))).toEqual([])
      }),
    120_000
  )

  it.scoped(
    "a burst of 10,000 task changes in one workflow is at most 20 statements, and its last state is stored",
    () =>
      Effect.gen(function* () {
        const repository = yield* WorkflowRepository
        const projectId = yield* TestInfra.project
        const serverId = yield* uuidv7
        yield* ghost(serverId, Duration.hours(1))
        const ownership = ownershipOf(
          yield* repository.insert({ ...given(yield* uuidv7, projectId, Option.some(serverId)) })
        )
        const writers = yield* TestInfra.writers(repository)
        const writer = yield* writers.start(ownership, Effect.void)
        const sent = yield* recording
        for (const status of ["pending", "running", "paused", "running", "completed"]) {
          for (let n = 0; n < 2_000; n++) {
            yield* writer.send([task(`t${n}`, { ordinal: n, status: mapTaskStatus(status) })])
          }
        }
        yield* writer.stop
        expect(sent.length).toBeGreaterThan(0)
        expect(sent.length).toBeLessThanOrEqual(20)
        const tasks = yield* repository.tasks(projectId, ownership.workflowId)
        expect([tasks.length, new Set(tasks.map(({ status }) => status))]).toEqual([2_000, new Set(["completed"])])
      })
  )
})
