import { expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { hasEnded, TRANSITIONS, WorkflowState } from "../../src/workflow/WorkflowState.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("the database", (it) => {
  /** Writes over a stored workflow what no part of the program would; whether it was let. */
  const isLet = (from: WorkflowState, to: WorkflowState, epoch: number) =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const id = yield* uuidv7
      const owner = (state: WorkflowState) => (state === "running" ? id : null)
      const end = (state: WorkflowState) => (hasEnded(state) ? new Date(0) : null)
      yield* sql`INSERT INTO engine.workflows (id, project_id, datasource_id, kind, state, config, owner_id, epoch, completed_at)
        VALUES (${id}, ${yield* TestInfra.project}, ${id}, 'given', ${from}, 'null', ${owner(from)}, 1, ${end(from)})`
      return yield* sql`UPDATE engine.workflows SET state = ${to}, owner_id = ${owner(to)}, epoch = ${epoch},
        completed_at = ${end(to)} WHERE id = ${id}`.pipe(Effect.isSuccess)
    })

  it.scoped("lets a workflow pass from state to state as the table of transitions says, and not otherwise", () =>
    Effect.gen(function* () {
      for (const from of WorkflowState.literals) {
        const allowed = yield* Effect.filter(WorkflowState.literals, (to) => isLet(from, to, 2))
        expect({ from, allowed: new Set(allowed) }).toEqual({ from, allowed: new Set([from, ...TRANSITIONS[from]]) })
      }
    })
  )

  it.scoped("lets nobody take or give away a workflow without a new epoch", () =>
    Effect.gen(function* () {
      expect(yield* isLet("pending", "running", 1)).toBe(false)
      expect(yield* isLet("running", "pending", 1)).toBe(false)
    })
  )
})
