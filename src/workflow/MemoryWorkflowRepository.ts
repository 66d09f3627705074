import { Clock, Duration, Effect, Equal, Layer, Option } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { MemoryTransaction } from "../database/Database.ts"
import { Projects } from "../tenant/Projects.ts"
import { Tenant } from "../tenant/TenantContext.ts"
import { ServerRepository } from "./ServerRepository.ts"
import {
  InvalidTransition,
  OwnershipLost,
  ProjectNotFound,
  WorkflowAlreadyRunning,
  WorkflowNotFound
} from "./WorkflowError.ts"
import { inOrder, isWanted } from "./MemoryClaims.ts"
import { listed } from "./MemoryListing.ts"
import * as MemoryHistories from "./MemoryHistories.ts"
import {
  type Ending,
  endingOn,
  isSameWorkflow,
  newlyStored,
  NO_UPDATE,
  ServerGone,
  taskAtEnd,
  type TaskUpdate,
  WorkflowRepository,
  type WorkflowRepositoryService
} from "./WorkflowRepository.ts"
import { hasEnded, isLastAttempt, type Ownership, type Runnable, type Workflow } from "./WorkflowState.ts"
import { endedByMinute, type LostOwner, throughputOf } from "./WorkflowPast.ts"
import { asStorable } from "./Storable.ts"
import type { StoredResult } from "./WorkflowResult.ts"
import type { WorkflowTask } from "./WorkflowTask.ts"

/** A workflow with its history and its tasks; `completedEpoch`: the epoch in which the task was completed. */
interface Stored {
  workflow: Workflow
  result: Option.Option<StoredResult>
  readonly history: MemoryHistories.Kept
  lost: ReadonlyArray<LostOwner>
  readonly tasks: Map<string, { readonly task: WorkflowTask; readonly completedEpoch: Option.Option<number> }>
}

/** `isKnown`: whether there is a project of this id. */
const make = Effect.fnUntraced(function* (isKnown: (projectId: string) => Effect.Effect<boolean, DatabaseError>) {
  const servers = yield* ServerRepository
  const rows = new Map<string, Stored>()
  const histories = MemoryHistories.make(rows)
  const workflows = () => [...rows.values()].map(({ workflow }) => workflow)

  const find = (projectId: string, workflowId: string) =>
    Option.filter(Option.fromNullable(rows.get(workflowId)), ({ workflow }) => workflow.projectId === projectId)

  const required = (projectId: string, workflowId: string) =>
    Effect.suspend(() =>
      Option.match(find(projectId, workflowId), {
        onNone: () => Effect.fail(new WorkflowNotFound({ workflowId })),
        onSome: (stored) => Effect.succeed(stored)
      })
    )

  const owned = ({ epoch, ownerId, projectId, workflowId }: Ownership) =>
    Option.match(
      Option.filter(
        find(projectId, workflowId),
        ({ workflow }) => workflow.epoch === epoch && Option.contains(workflow.ownerId, ownerId)
      ),
      {
        onNone: () => Effect.fail(new OwnershipLost({ workflowId, epoch })),
        onSome: (stored) => Effect.succeed(stored)
      }
    )

  const now = Effect.map(Clock.currentTimeMillis, (millis) => new Date(millis))

  const hasCompletedNone = ({ tasks, workflow }: Stored) =>
    [...tasks.values()].every((entry) => !Option.contains(entry.completedEpoch, workflow.epoch))

  const nextAttempt = (stored: Stored) => (hasCompletedNone(stored) ? stored.workflow.attempt + 1 : 0)

  /** Ends a run, or a workflow without an owner. Returns whether a workflow is pending because of it. */
  const move = (stored: Stored, ending: Ending, at: Date) => {
    const { history, workflow } = stored
    const isSuspended = ending.signals !== undefined
    const hasNews = isSuspended && (ending.signals !== history.signals || Option.isSome(workflow.requested))
    const state = hasNews ? "pending" : ending.state
    const later = ending.after === undefined ? workflow.startAt : new Date(Number(at) + Duration.toMillis(ending.after))
    stored.workflow = {
      ...workflow,
      state,
      ownerId: Option.none(),
      epoch: workflow.epoch + 1,
      requested: state === "pending" ? workflow.requested : Option.none(),
      errorMessage: ending.errorMessage,
      completedAt: hasEnded(ending.state) ? Option.some(at) : Option.none(),
      attempt: ending.isAttempt === true ? nextAttempt(stored) : isSuspended ? 0 : workflow.attempt,
      startAt: hasNews ? at : (ending.until ?? later)
    }
    if (ending.result !== undefined) stored.result = Option.some(ending.result)
    for (const [id, entry] of stored.tasks) stored.tasks.set(id, { ...entry, task: taskAtEnd(entry.task, ending) })
    const isAnyWoken = hasEnded(ending.state) && histories.wakeAll(history.awaitedBy, at)
    return state === "pending" || isAnyWoken
  }

  const put = (stored: Stored, task: WorkflowTask, completedEpoch: Option.Option<number>) => {
    if (stored.tasks.get(task.id)?.task.status !== "completed") stored.tasks.set(task.id, { task, completedEpoch })
  }

  const update = (stored: Stored, { progress, tasks }: TaskUpdate, ownership: Ownership) => {
    for (const task of tasks) put(stored, task, epochOf(task, ownership))
    stored.workflow = { ...stored.workflow, progress: Option.orElse(progress, () => stored.workflow.progress) }
  }

  const ownedBy = (serverId: string) => workflows().filter((workflow) => Option.contains(workflow.ownerId, serverId))

  const fenced: WorkflowRepositoryService["fenced"] = (ownership) => (effect) =>
    Effect.zipRight(
      Effect.suspend(() => owned(ownership)),
      Effect.provideService(Effect.provideService(effect, Tenant, ownership), MemoryTransaction, true)
    )

  const ordered = (stored: Stored) =>
    [...stored.tasks.values()].map(({ task }) => task).sort((a, b) => a.ordinal - b.ordinal)

  /** The workflow that has not ended and keeps another one from having its exclusive key. */
  const standingIn = ({ exclusiveKey, kind, projectId }: Pick<Workflow, "projectId" | "kind" | "exclusiveKey">) =>
    workflows().find(
      (workflow) =>
        workflow.projectId === projectId &&
        workflow.kind === kind &&
        Option.isSome(exclusiveKey) &&
        Equal.equals(workflow.exclusiveKey, exclusiveKey) &&
        !hasEnded(workflow.state)
    )

  const insert: WorkflowRepositoryService["insert"] = (given) =>
    Effect.gen(function* () {
      const { json, ...wanted } = yield* asStorable(given)
      if (!(yield* isKnown(wanted.projectId))) return yield* new ProjectNotFound({ projectId: wanted.projectId })
      const same = workflows().find((workflow) => isSameWorkflow(workflow, wanted))
      if (same !== undefined) return same
      const standing = standingIn(wanted)
      if (standing !== undefined) {
        return yield* new WorkflowAlreadyRunning({ workflowId: standing.id, kind: standing.kind })
      }
      if (Option.isSome(wanted.ownerId) && !(yield* servers.alive(wanted.ownerId.value))) {
        return yield* new ServerGone({ serverId: wanted.ownerId.value })
      }
      const at = yield* now
      const workflow = newlyStored({ ...wanted, config: JSON.parse(json) }, at)
      const history = MemoryHistories.keep(wanted.awaitedBy)
      rows.set(wanted.id, { workflow, result: Option.none(), history, lost: [], tasks: new Map() })
      return workflow
    })

  return WorkflowRepository.of({
    insert,
    insertInTransaction: (wanted) =>
      Effect.catchTag(insert({ ...wanted, ownerId: Option.none() }), "ServerGone", Effect.die),
    get: (projectId, workflowId) =>
      Effect.sync(() => Option.map(find(projectId, workflowId), ({ workflow }) => workflow)),
    getAll: (projectId, workflowIds) =>
      Effect.sync(() =>
        [...new Set(workflowIds)].flatMap((id) =>
          Option.match(find(projectId, id), { onNone: () => [], onSome: ({ workflow }) => [workflow] })
        )
      ),
    outcome: (projectId, workflowId) =>
      Effect.sync(() => Option.map(find(projectId, workflowId), ({ result, workflow }) => ({ workflow, result }))),
    list: (query) =>
      Effect.sync(() =>
        listed(
          [...rows.values()].map(({ workflow }) => workflow),
          query
        )
      ),
    lostOwners: (projectId, workflowId) =>
      Effect.sync(() => Option.match(find(projectId, workflowId), { onNone: () => [], onSome: ({ lost }) => lost })),
    throughput: (projectId, minutes) =>
      Effect.map(now, (at) => {
        const ended = workflows().flatMap(({ completedAt, projectId: of, state }) =>
          of === projectId && Option.isSome(completedAt) ? [{ at: completedAt.value, state }] : []
        )
        return throughputOf(endedByMinute(ended, { minutes, now: at }), { isCut: false, minutes, now: at })
      }),
    latest: ({ datasourceId, kind, projectId }) =>
      Effect.sync(() =>
        Option.fromNullable(
          workflows().findLast(
            (workflow) =>
              workflow.projectId === projectId &&
              workflow.kind === kind &&
              Equal.equals(workflow.datasourceId, datasourceId)
          )
        )
      ),
    request: (projectId, workflowId, request) =>
      Effect.gen(function* () {
        const stored = yield* required(projectId, workflowId)
        const { requested, state } = stored.workflow
        const ending = endingOn(stored.workflow, request)
        if (ending === undefined) return yield* new InvalidTransition({ workflowId, state, wanted: request })
        if (state === "running") {
          const outweighed = Option.contains(requested, "cancel" as const)
          stored.workflow = { ...stored.workflow, requested: outweighed ? requested : Option.some(request) }
          return
        }
        move(stored, ending, yield* now)
      }),
    resume: (projectId, workflowId) =>
      Effect.gen(function* () {
        const stored = yield* required(projectId, workflowId)
        const { state } = stored.workflow
        if (state !== "paused" && state !== "awaiting_input") {
          return yield* new InvalidTransition({ workflowId, state, wanted: "resume" })
        }
        stored.workflow = { ...stored.workflow, state: "pending", requested: Option.none() }
      }),
    retry: (projectId, workflowId) =>
      Effect.gen(function* () {
        const stored = yield* required(projectId, workflowId)
        const { epoch, kind, state } = stored.workflow
        if (state !== "failed") return yield* new InvalidTransition({ workflowId, state, wanted: "retry" })
        const standing = standingIn(stored.workflow)
        if (standing !== undefined) return yield* new WorkflowAlreadyRunning({ workflowId: standing.id, kind })
        const none = Option.none()
        stored.workflow = {
          ...stored.workflow,
          state: "pending",
          epoch: epoch + 1,
          attempt: 0,
          requested: none,
          errorMessage: none,
          completedAt: none,
          startAt: yield* now
        }
        stored.result = none
        for (const [id, { completedEpoch, task }] of stored.tasks) {
          if (task.status === "completed") continue
          stored.tasks.set(id, { completedEpoch, task: { ...task, status: "pending", error: none, completedAt: none } })
        }
      }),
    owned: (serverId) => Effect.sync(() => ownedBy(serverId)),
    unended: (workflowIds) =>
      Effect.sync(() =>
        workflowIds.filter((id) => {
          const stored = rows.get(id)
          return stored !== undefined && !hasEnded(stored.workflow.state)
        })
      ),
    requests: (serverId) => Effect.sync(() => ownedBy(serverId).filter(({ requested }) => Option.isSome(requested))),
    revokeOrphans: Effect.gen(function* () {
      let revoked = 0
      for (const stored of rows.values()) {
        const { workflow } = stored
        if (Option.isNone(workflow.ownerId) || (yield* servers.alive(workflow.ownerId.value))) continue
        const attempt = nextAttempt(stored)
        const { epoch } = workflow
        stored.lost = [...stored.lost, { epoch, ownerId: workflow.ownerId.value, lostAt: yield* now }]
        stored.workflow = { ...workflow, state: "pending", ownerId: Option.none(), epoch: workflow.epoch + 1, attempt }
        revoked++
      }
      return revoked
    }),
    // One process uses this store, so its share is everything.
    share: (runs, most, which) =>
      Effect.map(now, (at) => {
        const wanted = workflows().filter(isWanted(runs, which, at))
        const isDue = (run: Runnable) =>
          wanted.some(({ kind, version }) => run.kind === kind && run.version === version)
        return {
          share: Math.min(most, wanted.length),
          due: runs.filter(isDue).map(({ kind, version }) => ({ kind, version, servers: [] }))
        }
      }),
    claim: (serverId, runs, limit, which) =>
      Effect.gen(function* () {
        if (!(yield* servers.alive(serverId))) return []
        const at = yield* now
        const pending = yield* inOrder(workflows(), workflows().filter(isWanted(runs, which, at)), runs)
        const isTrying = [...rows.values()].some(
          (stored) =>
            Option.contains(stored.workflow.ownerId, serverId) &&
            isLastAttempt(stored.workflow) &&
            hasCompletedNone(stored)
        )
        const last = isTrying ? [] : pending.filter(isLastAttempt).slice(0, 1)
        return [...last, ...pending.filter((workflow) => !isLastAttempt(workflow))].slice(0, limit).map((workflow) => {
          const claimed: Workflow = {
            ...workflow,
            state: "running",
            ownerId: Option.some(serverId),
            epoch: workflow.epoch + 1,
            startedAt: Option.orElseSome(workflow.startedAt, () => at)
          }
          const stored = rows.get(workflow.id)
          if (stored !== undefined) stored.workflow = claimed
          return claimed
        })
      }),
    // One process uses this store, so no other process has stored what it cannot run.
    unrunnable: Effect.succeed([]),
    end: (ownership, ending, last = NO_UPDATE) =>
      Effect.gen(function* () {
        const stored = yield* owned(ownership)
        update(stored, last, ownership)
        return move(stored, ending, yield* now)
      }),
    ...histories.operations,
    history: (ownership) =>
      Effect.flatMap(owned(ownership), ({ workflow, history }) => histories.of(workflow, history)),
    nextStart: Effect.map(now, (at) => {
      const times = [...rows.values()].flatMap(({ workflow: { startAt, state } }) =>
        state === "pending" && startAt > at ? [Number(startAt)] : []
      )
      return times.length === 0 ? Option.none() : Option.some(new Date(Math.min(...times)))
    }),
    fenced,
    save: (ownership, changed) => Effect.map(owned(ownership), (stored) => update(stored, changed, ownership)),
    complete: (ownership, tasks, others, commit) =>
      Effect.gen(function* () {
        const stored = yield* owned(ownership)
        const fresh = tasks.filter(({ id }) => stored.tasks.get(id)?.task.status !== "completed")
        yield* fenced(ownership)(commit(new Set(fresh.map(({ id }) => id))))
        for (const task of [...fresh, ...others]) put(stored, task, epochOf(task, ownership))
      }),
    news: (projectId, workflowId) =>
      Effect.sync(() =>
        Option.map(find(projectId, workflowId), (stored) => ({
          workflow: stored.workflow,
          tasks: ordered(stored),
          cursor: ""
        }))
      ),
    taskPage: ({ after, limit, projectId, statuses, workflowId }) =>
      Effect.sync(() =>
        Option.match(find(projectId, workflowId), { onNone: () => [], onSome: ordered })
          .filter(
            ({ id, ordinal, status }) =>
              statuses.includes(status) &&
              !Option.exists(after, (place) => ordinal < place.ordinal || (ordinal === place.ordinal && id <= place.id))
          )
          .slice(0, limit + 1)
      ),
    tasks: (projectId, workflowId, status) =>
      Effect.sync(() =>
        Option.match(find(projectId, workflowId), { onNone: () => [], onSome: ordered }).filter(
          (task) => status === undefined || task.status === status
        )
      ),
    deleteTasks: (projectId, workflowId) =>
      Effect.sync(() => Option.map(find(projectId, workflowId), ({ tasks }) => tasks.clear())),
    removeEnded: (ago, limit, from) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        const newest = new Map(
          [...rows.values()].map(({ workflow: { datasourceId, id, kind, projectId } }) => [
            JSON.stringify([projectId, Option.getOrNull(datasourceId), kind]),
            id
          ])
        )
        const kept = new Set(newest.values())
        const position = ({ completedAt, id }: Workflow) =>
          `${Option.getOrElse(completedAt, () => new Date(0)).toISOString()} ${id}`
        const after = Option.match(from, { onNone: () => "", onSome: ({ completedAt, id }) => `${completedAt} ${id}` })
        const seen = workflows()
          .filter(({ completedAt }) => Option.exists(completedAt, (end) => Number(end) < at - Duration.toMillis(ago)))
          .filter((workflow) => position(workflow) > after)
          .sort((a, b) => (position(a) < position(b) ? -1 : 1))
          .slice(0, limit)
        const removed = seen.filter(({ id }) => !kept.has(id))
        for (const { id } of removed) rows.delete(id)
        const last = seen.length < limit ? undefined : seen.at(-1)
        return {
          removed: removed.length,
          next: Option.map(Option.fromNullable(last), ({ completedAt, id }) => ({
            completedAt: Option.getOrElse(completedAt, () => new Date(0)).toISOString(),
            id
          }))
        }
      })
  })
})

const epochOf = ({ status }: WorkflowTask, { epoch }: Ownership) =>
  status === "completed" ? Option.some(epoch) : Option.none()

/**
 * Workflows in memory, with the same rules, for tests. Nothing is rolled back: a fenced effect that fails may have written.
 *
 * @example
 * ```ts
 * const memory = MemoryWorkflowRepository.layer.pipe(Layer.provide(Projects.layerMemory))
 * ```
 */
export const layer = Layer.effect(
  WorkflowRepository,
  Effect.flatMap(Projects, ({ get }) => make((projectId) => Effect.map(get(projectId), Option.isSome)))
)
