import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Database } from "../../src/database/Database.ts"
import { hasEnded } from "../../src/workflow/WorkflowState.ts"
import { eventually } from "../fixtures/eventually.ts"
import { look } from "../fixtures/TestWorkflows.ts"
import * as Faults from "./Faults.ts"
import { startOn } from "./Invariants.ts"
import * as Ledger from "./Ledger.ts"

const ABREAST = 10

layer(Faults.Survivors.layer(), { timeout: "60 seconds", excludeTestServices: true })("requests", (it) => {
  for (const how of ["on", "fail"] as const) {
    it.scoped(`21: cancel races ${how === "on" ? "complete" : "fail"}: one terminal state, no deadlock`, () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        const [owner, other] = yield* Faults.Survivors
        const deadlocks = sql`SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`
        const before = yield* deadlocks
        for (let round = 0; round < 3 * Faults.ROUNDS; round++) {
          yield* owner.ask({ ask: "hold", points: ["end"] })
          const workflows = yield* Effect.forEach(
            Array.from({ length: ABREAST }),
            () => startOn(owner, { tasks: 1, millis: 0 }),
            { concurrency: "unbounded" }
          )
          yield* Effect.forEach(workflows, ({ id }) =>
            eventually("its task is done", Ledger.entries("ledger", id), (rows) => rows.length === 1)
          )
          const [cancels] = yield* Effect.all(
            [
              Effect.forEach(
                workflows,
                ({ id, projectId }, n) =>
                  Effect.either((n % 2 === 0 ? owner : other).ask({ ask: "cancel", projectId, workflowId: id })),
                { concurrency: "unbounded" }
              ),
              owner.ask({ ask: "go", how })
            ],
            { concurrency: "unbounded" }
          )
          for (const [n, { id, projectId }] of workflows.entries()) {
            const ended = yield* eventually("it has ended", look(projectId, id), ({ state }) => hasEnded(state))
            expect(ended.epoch).toBe(2)
            const cancel = cancels[n]
            if (cancel?._tag === "Left") expect(cancel.left.error).toBe("InvalidTransition")
            // Ended is ended: whoever comes late is told so.
            const late = yield* Effect.flip(other.ask({ ask: "cancel", projectId, workflowId: id }))
            expect(late.error).toBe("InvalidTransition")
            expect(yield* look(projectId, id)).toEqual(ended)
          }
        }
        expect(yield* deadlocks).toEqual(before)
      }).pipe(Faults.soundly)
    )
  }
})
