import { Effect, Option } from "effect"
import { InvalidCursor } from "./WorkflowList.ts"
import { type WorkflowTask, WorkflowTaskStatus } from "./WorkflowTask.ts"

/** Default number of tasks on a page. */
const PAGE = 200
/** Maximum number of tasks on a page. */
const MAX_PAGE = 1_000
/** The largest value of PostgreSQL's `integer`, the type of the ordinal. */
const MAX_ORDINAL = 2 ** 31 - 1

/** Which tasks of a workflow to list. */
export interface TaskListOptions {
  readonly projectId: string
  readonly workflowId: string
  /** One or more statuses. Default: all. */
  readonly status?: WorkflowTaskStatus | ReadonlyArray<WorkflowTaskStatus> | undefined
  /** The number of tasks on a page, 1 to 1,000. Default: 200. */
  readonly limit?: number | undefined
  /** Where to continue: `next` of the page before. Default: at the first task. */
  readonly cursor?: string | undefined
}

/** A page of a workflow's tasks, in the order in which they were enqueued. */
export interface TaskPage {
  readonly tasks: ReadonlyArray<WorkflowTask>
  /** The cursor of the next page; none on the last page. */
  readonly next: Option.Option<string>
}

/** The place of a task among those of its workflow. */
export interface TaskPlace {
  readonly ordinal: number
  readonly id: string
}

/** What the storage is asked for: `TaskListOptions` with their defaults. */
export interface TaskQuery {
  readonly projectId: string
  readonly workflowId: string
  readonly statuses: ReadonlyArray<WorkflowTaskStatus>
  readonly limit: number
  readonly after: Option.Option<TaskPlace>
}

const CURSOR = /^(\d{1,10})_(.+)$/s

const placeOf = (cursor: string): Effect.Effect<TaskPlace, InvalidCursor> => {
  const [, ordinal, id] = CURSOR.exec(cursor) ?? []
  return ordinal === undefined || id === undefined || Number(ordinal) > MAX_ORDINAL
    ? new InvalidCursor()
    : Effect.succeed({ ordinal: Number(ordinal), id })
}

/** The query of a list. Fails with `InvalidCursor` if no list has returned its cursor. */
export const taskQueryOf = (options: TaskListOptions): Effect.Effect<TaskQuery, InvalidCursor> =>
  Effect.gen(function* () {
    const { cursor, limit = PAGE, projectId, status = WorkflowTaskStatus.literals, workflowId } = options
    return {
      projectId,
      workflowId,
      statuses: typeof status === "string" ? [status] : [...new Set(status)],
      limit: Math.min(Math.max(1, Math.floor(limit) || 1), MAX_PAGE),
      after: cursor === undefined ? Option.none() : Option.some(yield* placeOf(cursor))
    }
  })

/** The page of up to `limit` tasks, of which the storage has returned one more if there are more. */
export const taskPageOf = (listed: ReadonlyArray<WorkflowTask>, limit: number): TaskPage => {
  const tasks = listed.slice(0, limit)
  const last = listed.length > limit ? tasks.at(-1) : undefined
  return { tasks, next: Option.map(Option.fromNullable(last), ({ id, ordinal }) => `${ordinal}_${id}`) }
}
