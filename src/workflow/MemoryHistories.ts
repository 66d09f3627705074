import { Clock, Effect, Equal, Option } from "effect"
import { Tenant } from "../tenant/TenantContext.ts"
import type { ExecutionKey, NewDeferred, StoredActivity, StoredDeferred, WorkflowHistory } from "./WorkflowHistory.ts"
import type { WorkflowRepositoryService } from "./WorkflowRepository.ts"
import { hasEnded, type Workflow } from "./WorkflowState.ts"

/** What is kept beside a workflow: the activities of its runs, its signals, and the ids of the workflows that wait for its end. */
export interface Kept {
  signals: number
  readonly activities: Array<StoredActivity>
  readonly awaitedBy: Set<string>
}

/** What is kept beside a new workflow. */
export const keep = (awaitedBy?: string): Kept => ({
  signals: 0,
  activities: [],
  awaitedBy: new Set(awaitedBy === undefined ? [] : [awaitedBy])
})

interface Row {
  workflow: Workflow
  readonly history: Kept
}

const now = Effect.map(Clock.currentTimeMillis, (millis) => new Date(millis))

const nameOf = ({ executionId, kind, projectId }: ExecutionKey) => JSON.stringify([projectId, kind, executionId])

/** The histories of `WorkflowRepository` in memory, of the workflows in `rows`. */
export const make = (rows: ReadonlyMap<string, Row>) => {
  const deferreds = new Map<string, Map<string, Omit<StoredDeferred, "isDue">>>()

  const find = ({ executionId, kind, projectId }: ExecutionKey) =>
    Option.fromNullable(
      [...rows.values()].find(
        ({ workflow }) =>
          workflow.projectId === projectId &&
          workflow.kind === kind &&
          Equal.equals(workflow.idempotencyKey, Option.some(executionId))
      )
    )

  const wake = (row: Row, at: Date) => {
    const { startAt, state } = row.workflow
    row.history.signals++
    if (state !== "awaiting_input" && state !== "pending") return
    row.workflow = { ...row.workflow, state: "pending", startAt: startAt < at ? startAt : at }
  }

  /** Wakes those of these workflows that have not ended. Returns whether there was one. */
  const wakeAll = (ids: ReadonlySet<string>, at: Date) => {
    const woken = [...ids].flatMap((id) => rows.get(id) ?? []).filter(({ workflow }) => !hasEnded(workflow.state))
    for (const row of woken) wake(row, at)
    return woken.length > 0
  }

  const put = (key: ExecutionKey, { dueIn = 0, exit, name }: NewDeferred, at: Date) => {
    const stored = deferreds.get(nameOf(key)) ?? new Map<string, Omit<StoredDeferred, "isDue">>()
    const before = stored.get(name)
    if (before !== undefined && dueIn > 0) return Option.some(before.dueAt)
    if (before !== undefined && before.dueAt <= at) return Option.none()
    const dueAt = new Date(Number(at) + dueIn)
    stored.set(name, { name, exit, dueAt })
    deferreds.set(nameOf(key), stored)
    return Option.some(dueAt)
  }

  const of = ({ idempotencyKey, kind, projectId }: Workflow, { activities, signals }: Kept) =>
    Effect.map(now, (at): WorkflowHistory => {
      const executionId = Option.getOrElse(idempotencyKey, () => "")
      const stored = deferreds.get(nameOf({ projectId, kind, executionId }))?.values() ?? []
      return {
        signals,
        activities: [...activities],
        deferreds: [...stored].map((one) => ({ ...one, isDue: one.dueAt <= at }))
      }
    })

  const woken = (key: ExecutionKey, at: Date) =>
    Option.map(
      Option.filter(find(key), ({ workflow }) => !hasEnded(workflow.state)),
      (row) => {
        wake(row, at)
        return row.workflow.id
      }
    )

  const operations = {
    record: (ownership, activity) =>
      Effect.map(Tenant, () => {
        rows.get(ownership.workflowId)?.history.activities.push(activity)
      }),
    deferred: (key, name) =>
      Effect.map(now, (at) =>
        Option.map(Option.fromNullable(deferreds.get(nameOf(key))?.get(name)), (one) => ({
          ...one,
          isDue: one.dueAt <= at
        }))
      ),
    keep: (key, wanted) =>
      Effect.zipRight(
        Tenant,
        Effect.map(now, (at) => put(key, wanted, at))
      ),
    settle: (key, wanted) => Effect.map(now, (at) => Option.flatMap(put(key, wanted, at), () => woken(key, at))),
    wake: (key) => Effect.map(now, (at) => woken(key, at)),
    find: (key) => Effect.sync(() => Option.map(find(key), ({ workflow }) => workflow.id)),
    awaits: (projectId, workflowId, by) =>
      Effect.sync(() => {
        const row = rows.get(workflowId)
        if (row === undefined || row.workflow.projectId !== projectId || hasEnded(row.workflow.state)) return false
        row.history.awaitedBy.add(by)
        return true
      })
  } satisfies Partial<WorkflowRepositoryService>

  return { operations, of, wakeAll }
}
