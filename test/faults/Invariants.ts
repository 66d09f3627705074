import { expect } from "@effect/vitest"
import { Duration, Effect, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import type { Workflow } from "../../src/workflow/WorkflowState.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { ghost, given, look, ownershipOf, task } from "../fixtures/TestWorkflows.ts"
import * as Ledger from "./Ledger.ts"
import type { Server } from "./Server.ts"

/** A workflow by its name and address. */
export type Named = Pick<Workflow, "id" | "projectId">

/** A workflow of a project of its own, started on a server. */
export const startOn = (server: Server, config: typeof Ledger.LedgerConfig.Type) =>
  Effect.gen(function* () {
    const projectId = yield* TestInfra.project
    return { projectId, id: yield* server.start({ projectId, config }) }
  })

/** Waits until so many of a workflow's tasks have committed. */
export const committed = ({ id }: Named, count: number) =>
  eventually(`${count} tasks are committed`, Ledger.entries("ledger", id), (rows) => rows.length >= count)

/** Waits until a workflow is in a state, and gives it. */
export const reaches = ({ id, projectId }: Named, state: Workflow["state"]) =>
  eventually(`the workflow is ${state}`, look(projectId, id), (workflow) => workflow.state === state)

/** Nothing lost, nothing doubled: every task's effect is there once, under epochs that never go back, each of one process. */
export const expectSound = ({ id }: Named, tasks: number) =>
  Effect.gen(function* () {
    const rows = yield* Ledger.entries("ledger", id)
    expect(rows.map((row) => row.task).toSorted((a, b) => a - b)).toEqual(Array.from({ length: tasks }, (_, n) => n))
    const epochs = rows.map(({ epoch }) => epoch)
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
    expect(new Set(rows.map(({ epoch, pid }) => `${epoch} ${pid}`)).size).toBe(new Set(epochs).size)
    return rows
  })

/** Such a workflow, completed, with every task stored as completed. */
export const expectCompleted = (named: Named, tasks: number) =>
  Effect.gen(function* () {
    const workflow = yield* reaches(named, "completed")
    const rows = yield* expectSound(named, tasks)
    const stored = yield* Effect.flatMap(WorkflowRepository, (repository) =>
      repository.tasks(named.projectId, named.id)
    )
    expect(stored.filter(({ status }) => status !== "completed")).toEqual([])
    return { workflow, rows }
  })

/** No row is `running` whose owner is not alive; eventually, because somebody has to notice. */
export const expectNoOrphans = Effect.flatMap(Database, ({ engine, work: sql }) =>
  eventually(
    "no workflow runs without a living owner",
    sql`SELECT id, kind FROM ${engine}.workflows w WHERE state = 'running' AND NOT EXISTS
      (SELECT FROM ${engine}.server_instances s WHERE s.id = w.owner_id AND s.expires_at > now())`,
    (orphans) => orphans.length === 0
  )
)

/** A workflow in the hands of a server that no process runs, so that a test may write for it. */
export const owned = Effect.gen(function* () {
  const repository = yield* WorkflowRepository
  const projectId = yield* TestInfra.project
  const serverId = yield* uuidv7
  yield* ghost(serverId, Duration.hours(1))
  return ownershipOf(yield* repository.insert(given(yield* uuidv7, projectId, Option.some(serverId))))
})

/** Another tenant's workflow of the same kind, at rest; `expectUntouched`: no row of it has been written since. */
export const bystander = Effect.gen(function* () {
  const { engine, work: sql } = yield* Database
  const repository = yield* WorkflowRepository
  const projectId = yield* TestInfra.project
  const serverId = yield* uuidv7
  yield* ghost(serverId, Duration.hours(1))
  const workflow = yield* repository.insert(given(yield* uuidv7, projectId, Option.some(serverId), { kind: "ledger" }))
  const ownership = ownershipOf(workflow)
  yield* repository.save(ownership, {
    tasks: [task("a")],
    progress: Option.some({ message: "half-way", done: 1, total: 2 })
  })
  yield* repository.end(ownership, { state: "paused", errorMessage: Option.none(), unfinishedTasks: "paused" })
  // The transaction that wrote a row last is a column of it.
  const rows = sql`SELECT xmin::text, w::text AS row FROM ${engine}.workflows w WHERE project_id = ${projectId}
    UNION ALL SELECT xmin::text, t::text FROM ${engine}.workflow_tasks t WHERE project_id = ${projectId}
    UNION ALL SELECT xmin::text, p::text FROM ${engine}.workflow_progress p WHERE project_id = ${projectId}`
  const before = yield* rows
  expect(before.length).toBe(3)
  return { expectUntouched: Effect.map(rows, (after) => expect(after).toEqual(before)) }
})
