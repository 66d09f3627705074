import { Clock, Context, Duration, Effect, Equal, Layer, Option, Schema } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { Tenant } from "../tenant/TenantContext.ts"
import { ServerRepository } from "./ServerRepository.ts"
import {
  type InvalidConfig,
  InvalidTransition,
  OwnershipLost,
  type ProjectNotFound,
  WorkflowAlreadyRunning,
  WorkflowNotFound
} from "./WorkflowError.ts"
import {
  hasEnded,
  isLastAttempt,
  type Ownership,
  type Runnable,
  TRANSITIONS,
  type Workflow,
  type WorkflowProgress,
  type WorkflowRequest
} from "./WorkflowState.ts"
import type { WorkflowTask, WorkflowTaskStatus } from "./WorkflowTask.ts"

/** A workflow about to be stored. Its id is the client's, so that storing it again after a lost answer is safe. */
export interface NewWorkflow {
  readonly id: string
  readonly projectId: string
  readonly datasourceId: Option.Option<string>
  readonly ontologyId: Option.Option<string>
  readonly kind: string
  /** The version of the kind that `config` is of. */
  readonly version: number
  /** Encoded by the kind's schema; JSON. */
  readonly config: unknown
  /** Who runs it from the start; none: whoever has room. */
  readonly ownerId: Option.Option<string>
}

/** How a run ends: the state that follows, why, and what becomes of tasks that have not ended. */
export interface Ending {
  readonly state: "pending" | "paused" | "awaiting_input" | "completed" | "failed"
  readonly errorMessage: Option.Option<string>
  readonly unfinishedTasks: WorkflowTaskStatus
  /** Whether the run counts as an owner that died: it gave up, and unless it had completed a task it is one more in a row. */
  readonly isAttempt?: boolean
  /** How long nobody is to take it, where it is to be gone on with. Default: not at all. */
  readonly after?: Duration.Duration
}

/** How a cancelled run ends. */
export const CANCELLED: Ending = {
  state: "failed",
  errorMessage: Option.some("cancelled"),
  unfinishedTasks: "failed"
}
/** How a paused run ends. */
export const PAUSED: Ending = { state: "paused", errorMessage: Option.none(), unfinishedTasks: "paused" }
/** How a run ends that others are to go on with. */
export const RELEASED: Ending = { state: "pending", errorMessage: Option.none(), unfinishedTasks: "pending" }

/** What a request comes to, now or once its owner has heard of it; undefined where the state does not allow it. Cancel outweighs pause. */
export const endingOn = ({ requested, state }: Workflow, request: WorkflowRequest): Ending | undefined => {
  const ending = request === "cancel" || Option.contains(requested, "cancel" as const) ? CANCELLED : PAUSED
  return TRANSITIONS[state].includes(ending.state) ? ending : undefined
}

const UNFINISHED: ReadonlySet<WorkflowTaskStatus> = new Set(["pending", "running", "paused"])

/** What the writer stores at once. */
export interface TaskUpdate {
  readonly tasks: ReadonlyArray<WorkflowTask>
  readonly progress: Option.Option<WorkflowProgress>
}

/** A workflow that a server owns, as its poll sees it. */
export interface OwnedWorkflow {
  readonly id: string
  readonly projectId: string
  readonly epoch: number
  readonly requested: Option.Option<WorkflowRequest>
}

/** Which pending workflows a server takes, beside what it can run. */
export interface Claimable {
  /** Only those of these projects and these workflows; none given: whatever is there. */
  readonly only?: { readonly projectIds: ReadonlyArray<string>; readonly workflowIds: ReadonlyArray<string> }
  /** Not these: it found out that it cannot run them. */
  readonly except?: ReadonlyArray<string>
}

/** What has changed of a workflow since somebody looked. */
export interface WorkflowNews {
  readonly workflow: Workflow
  /** Tasks that were stored since, and perhaps some from a little before. */
  readonly tasks: ReadonlyArray<WorkflowTask>
  /** To be given at the next look. */
  readonly cursor: string
}

/** The server that was to own a workflow has no lease (any more): nothing was written. */
export class ServerGone extends Schema.TaggedError<ServerGone>()("ServerGone", { serverId: Schema.String }) {}

/** What storage must do for workflows. Everything that changes an owner, an epoch or a state is here; the epoch decides. */
export interface WorkflowRepositoryService {
  /** Stores a workflow, owned and `running` or, without an owner, `pending`. Storing the same id again changes nothing. */
  readonly insert: (
    workflow: NewWorkflow
  ) => Effect.Effect<Workflow, WorkflowAlreadyRunning | ProjectNotFound | InvalidConfig | ServerGone | DatabaseError>
  readonly get: (projectId: string, workflowId: string) => Effect.Effect<Option.Option<Workflow>, DatabaseError>
  readonly latest: (options: {
    readonly projectId: string
    readonly datasourceId: Option.Option<string>
    readonly kind: string
  }) => Effect.Effect<Option.Option<Workflow>, DatabaseError>
  /** Notes what is asked of a running workflow; one without an owner is ended or paused on the spot. Cancel outweighs pause. */
  readonly request: (
    projectId: string,
    workflowId: string,
    request: WorkflowRequest
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /** Lets a paused workflow, or one that awaited input, want an owner again. */
  readonly resume: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /** The running workflows that a server owns. */
  readonly owned: (serverId: string) => Effect.Effect<ReadonlyArray<OwnedWorkflow>, DatabaseError>
  /** Which of these workflows there are and have not ended. */
  readonly unended: (workflowIds: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
  /** Of those that a server owns, the ones of which something is asked. */
  readonly requests: (serverId: string) => Effect.Effect<ReadonlyArray<OwnedWorkflow>, DatabaseError>
  /** Takes a bounded number of running workflows from owners that have no server row; returns how many. */
  readonly revokeOrphans: Effect.Effect<number, DatabaseError>
  /**
   * A living server's share of the pending workflows that it can run, rounded up, at most `most`: what a server takes at a time where
   * others may want some, too.
   */
  readonly share: (
    runs: ReadonlyArray<Runnable>,
    most: number,
    which?: Claimable
  ) => Effect.Effect<number, DatabaseError>
  /**
   * Makes a server the owner of up to `limit` pending workflows that it can run, oldest first; of those that have one attempt left, of
   * one at a time (`isLastAttempt`).
   */
  readonly claim: (
    serverId: string,
    runs: ReadonlyArray<Runnable>,
    limit: number,
    which?: Claimable
  ) => Effect.Effect<ReadonlyArray<Workflow>, DatabaseError>
  /** Kinds and versions of pending workflows that no living server says it can run. */
  readonly unrunnable: Effect.Effect<ReadonlyArray<Runnable>, DatabaseError>
  /** Ends a run. */
  readonly end: (ownership: Ownership, ending: Ending) => Effect.Effect<void, OwnershipLost | DatabaseError>
  /** Runs an effect in a transaction as the workflow's tenant that commits only while the ownership holds. */
  readonly fenced: (
    ownership: Ownership
  ) => <A, E, R>(
    effect: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | OwnershipLost | DatabaseError, Exclude<R, Tenant>>
  /** Stores task rows and progress, under the fence. A task that is completed stays completed. */
  readonly save: (ownership: Ownership, update: TaskUpdate) => Effect.Effect<void, OwnershipLost | DatabaseError>
  /**
   * Marks tasks completed and runs `commit`, `fenced`, in one transaction, in which `others` are stored, too. `commit` is told which of
   * the tasks it marks: one that is completed already is not to be committed again. So this may be repeated where the answer to a COMMIT
   * was lost.
   */
  readonly complete: <E, R>(
    ownership: Ownership,
    tasks: ReadonlyArray<WorkflowTask>,
    others: ReadonlyArray<WorkflowTask>,
    commit: (fresh: ReadonlySet<string>) => Effect.Effect<void, E, R>
  ) => Effect.Effect<void, E | OwnershipLost | DatabaseError, Exclude<R, Tenant>>
  /** A workflow's tasks in their order. */
  readonly tasks: (projectId: string, workflowId: string) => Effect.Effect<ReadonlyArray<WorkflowTask>, DatabaseError>
  /** A workflow, and its tasks that have changed since a look that gave `since`; all of them where none is given. */
  readonly news: (
    projectId: string,
    workflowId: string,
    since: Option.Option<string>
  ) => Effect.Effect<Option.Option<WorkflowNews>, DatabaseError>
  readonly deleteTasks: (projectId: string, workflowId: string) => Effect.Effect<void, DatabaseError>
  /**
   * Looks at up to `limit` workflows that ended longer ago than that, oldest first, from where the look before ended, and removes them
   * but for the newest of each kind per project and datasource.
   */
  readonly removeEnded: (
    ago: Duration.Duration,
    limit: number,
    from: Option.Option<EndedCursor>
  ) => Effect.Effect<Removal, DatabaseError>
}

/** Where a look at the ended workflows ended. */
export interface EndedCursor {
  readonly completedAt: string
  readonly id: string
}

/** What a look at the ended workflows came to. */
export interface Removal {
  readonly removed: number
  /** Where to go on; none: there are no more. */
  readonly next: Option.Option<EndedCursor>
}

/** Workflows and their tasks, as stored: `SqlWorkflowRepository.layer`, or in memory. */
export class WorkflowRepository extends Context.Tag("workflow-infra/workflow/WorkflowRepository")<
  WorkflowRepository,
  WorkflowRepositoryService
>() {
  /** In memory, with the same rules: for tests. Transactions do not roll back; a fenced effect that fails may have written. */
  static readonly layerMemory = Layer.effect(
    WorkflowRepository,
    Effect.suspend(() => makeMemory())
  )
}

interface Stored {
  workflow: Workflow
  readonly tasks: Map<string, { readonly task: WorkflowTask; readonly completedEpoch: Option.Option<number> }>
}

const makeMemory = Effect.fnUntraced(function* () {
  const servers = yield* ServerRepository
  const rows = new Map<string, Stored>()

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

  const move = (stored: Stored, ending: Ending, at: Date) => {
    const { workflow } = stored
    stored.workflow = {
      ...workflow,
      state: ending.state,
      ownerId: Option.none(),
      epoch: workflow.epoch + 1,
      requested: ending.state === "pending" ? workflow.requested : Option.none(),
      errorMessage: ending.errorMessage,
      completedAt: hasEnded(ending.state) ? Option.some(at) : Option.none(),
      attempt: ending.isAttempt === true ? nextAttempt(stored) : workflow.attempt,
      startAt: ending.after === undefined ? workflow.startAt : new Date(Number(at) + Duration.toMillis(ending.after))
    }
    for (const [id, entry] of stored.tasks) {
      if (UNFINISHED.has(entry.task.status)) {
        stored.tasks.set(id, { ...entry, task: { ...entry.task, status: ending.unfinishedTasks } })
      }
    }
  }

  const put = (stored: Stored, task: WorkflowTask, completedEpoch: Option.Option<number>) => {
    if (stored.tasks.get(task.id)?.task.status !== "completed") stored.tasks.set(task.id, { task, completedEpoch })
  }

  const ownedBy = (serverId: string) =>
    [...rows.values()].map(({ workflow }) => workflow).filter((workflow) => Option.contains(workflow.ownerId, serverId))

  const fenced: WorkflowRepositoryService["fenced"] = (ownership) => (effect) =>
    Effect.zipRight(
      Effect.suspend(() => owned(ownership)),
      Effect.provideService(effect, Tenant, { projectId: ownership.projectId })
    )

  const ordered = (stored: Stored) =>
    [...stored.tasks.values()].map(({ task }) => task).sort((a, b) => a.ordinal - b.ordinal)

  return WorkflowRepository.of({
    insert: (wanted) =>
      Effect.gen(function* () {
        if (Option.isSome(wanted.ownerId) && !(yield* servers.alive(wanted.ownerId.value))) {
          return yield* new ServerGone({ serverId: wanted.ownerId.value })
        }
        const at = yield* now
        const same = rows.get(wanted.id)
        if (same !== undefined) return same.workflow
        for (const { workflow } of rows.values()) {
          if (
            workflow.projectId === wanted.projectId &&
            workflow.kind === wanted.kind &&
            Equal.equals(workflow.datasourceId, wanted.datasourceId) &&
            !hasEnded(workflow.state)
          ) {
            return yield* new WorkflowAlreadyRunning({ workflowId: workflow.id, kind: workflow.kind })
          }
        }
        const workflow: Workflow = {
          ...wanted,
          state: Option.isSome(wanted.ownerId) ? "running" : "pending",
          requested: Option.none(),
          errorMessage: Option.none(),
          epoch: 1,
          attempt: 0,
          createdAt: at,
          startAt: at,
          startedAt: Option.as(wanted.ownerId, at),
          completedAt: Option.none(),
          progress: Option.none()
        }
        rows.set(wanted.id, { workflow, tasks: new Map() })
        return workflow
      }),
    get: (projectId, workflowId) =>
      Effect.sync(() => Option.map(find(projectId, workflowId), ({ workflow }) => workflow)),
    latest: ({ datasourceId, kind, projectId }) =>
      Effect.sync(() =>
        Option.fromNullable(
          [...rows.values()]
            .map(({ workflow }) => workflow)
            .findLast(
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
        stored.workflow = { ...workflow, state: "pending", ownerId: Option.none(), epoch: workflow.epoch + 1, attempt }
        revoked++
      }
      return revoked
    }),
    // A store in memory is one process's: all of it is its share.
    share: (runs, most, which) =>
      Effect.map(now, (at) => Math.min(most, [...rows.values()].filter(isWanted(runs, which, at)).length)),
    claim: (serverId, runs, limit, which) =>
      Effect.gen(function* () {
        if (!(yield* servers.alive(serverId))) return []
        const at = yield* now
        const pending = [...rows.values()].filter(isWanted(runs, which, at))
        const isTrying = [...rows.values()].some(
          (stored) =>
            Option.contains(stored.workflow.ownerId, serverId) &&
            isLastAttempt(stored.workflow) &&
            hasCompletedNone(stored)
        )
        const last = isTrying ? [] : pending.filter(({ workflow }) => isLastAttempt(workflow)).slice(0, 1)
        return [...last, ...pending.filter(({ workflow }) => !isLastAttempt(workflow))]
          .slice(0, limit)
          .map((stored) => {
            const { epoch, startedAt } = stored.workflow
            stored.workflow = {
              ...stored.workflow,
              state: "running",
              ownerId: Option.some(serverId),
              epoch: epoch + 1,
              startedAt: Option.orElseSome(startedAt, () => at)
            }
            return stored.workflow
          })
      }),
    // What one process stores, that process can run.
    unrunnable: Effect.succeed([]),
    end: (ownership, ending) =>
      Effect.gen(function* () {
        move(yield* owned(ownership), ending, yield* now)
      }),
    fenced,
    save: (ownership, update) =>
      Effect.gen(function* () {
        const stored = yield* owned(ownership)
        for (const task of update.tasks) put(stored, task, epochOf(task, ownership))
        stored.workflow = {
          ...stored.workflow,
          progress: Option.orElse(update.progress, () => stored.workflow.progress)
        }
      }),
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
    tasks: (projectId, workflowId) =>
      Effect.sync(() => Option.match(find(projectId, workflowId), { onNone: () => [], onSome: ordered })),
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
        const seen = [...rows.values()]
          .map(({ workflow }) => workflow)
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

const isWanted =
  (runs: ReadonlyArray<Runnable>, { except = [], only }: Claimable = {}, at: Date) =>
  ({ workflow: { id, kind, projectId, startAt, state, version } }: Stored) =>
    state === "pending" &&
    startAt <= at &&
    runs.some((one) => one.kind === kind && one.version === version) &&
    !except.includes(id) &&
    (only === undefined || only.workflowIds.includes(id) || only.projectIds.includes(projectId))
