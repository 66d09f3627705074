/** Names an execution of `@effect/workflow`: a workflow by its project, its kind and its idempotency key. */
export interface ExecutionKey {
  readonly projectId: string
  /** The workflow's name, which is the kind's. */
  readonly kind: string
  readonly executionId: string
}

/** The outcome of one attempt of an activity. `exit` is its `Exit`, encoded as JSON. */
export interface StoredActivity {
  readonly name: string
  readonly attempt: number
  readonly exit: unknown
}

/** The result of a deferred; of a clock, it counts from a later time on (`dueAt`). `exit` is the `Exit`, encoded as JSON. */
export interface StoredDeferred {
  readonly name: string
  readonly exit: unknown
  readonly dueAt: Date
  /** Whether `dueAt` had passed when this was read, by the database's clock. */
  readonly isDue: boolean
}

/** A deferred's result to be stored; with `dueIn`, in milliseconds from now, a clock's. */
export interface NewDeferred {
  readonly name: string
  readonly exit: unknown
  readonly dueIn?: number
}

/** What an execution has done so far, and what it may wait for. */
export interface WorkflowHistory {
  /** How often another workflow, a deferred or a caller had news for the execution; a run that suspends compares it with what it saw. */
  readonly signals: number
  readonly activities: ReadonlyArray<StoredActivity>
  readonly deferreds: ReadonlyArray<StoredDeferred>
}

/** The history of an execution that begins. A deferred may have its result already: then it is read when it is awaited. */
export const NO_HISTORY: WorkflowHistory = { signals: 0, activities: [], deferreds: [] }
