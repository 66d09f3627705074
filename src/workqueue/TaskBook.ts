import { Option } from "effect"
import type { TaskCounts, TaskState, TaskStatus } from "./Task.ts"
import type { Lane, TaskEntry } from "./TaskEntry.ts"

/** The tasks of a queue in the order in which they were added, with counts by status. Every change of a task goes through it. */
export interface TaskBook {
  readonly entries: ReadonlyMap<string, TaskEntry>
  /** Adds a task that the book does not contain. `now`: milliseconds since 1970. */
  readonly add: (
    task: Pick<TaskState, "id" | "name" | "class">,
    lane: Lane,
    status: TaskStatus,
    now: number
  ) => TaskEntry
  /** Changes a task and announces it. */
  readonly change: (entry: TaskEntry, changes: Partial<TaskState>) => void
  /** The final change of a task: also releases its effects, which may hold memory. */
  readonly end: (entry: TaskEntry, changes: Partial<TaskState>) => void
  readonly counts: () => TaskCounts
  /** The number of tasks that have not ended. */
  readonly unfinished: () => number
}

/**
 * Makes an empty book that passes every change to `announce`. A task added as `completed` is not announced: an earlier run
 * completed it.
 */
export const makeTaskBook = (announce: (task: TaskState) => void): TaskBook => {
  const entries = new Map<string, TaskEntry>()
  const counts = { pending: 0, running: 0, completed: 0, failed: 0, cancelled: 0, paused: 0 }

  const change = (entry: TaskEntry, changes: Partial<TaskState>) => {
    counts[entry.state.status]--
    entry.state = { ...entry.state, ...changes }
    counts[entry.state.status]++
    announce(entry.state)
  }

  return {
    entries,
    change,
    add: ({ id, name, class: taskClass }, lane, status, now) => {
      const entry: TaskEntry = {
        state: {
          id,
          name,
          class: taskClass,
          ordinal: entries.size,
          status,
          retryCount: 0,
          error: Option.none(),
          startedAt: Option.none(),
          completedAt: status === "cancelled" ? Option.some(now) : Option.none()
        },
        lane,
        fork: undefined,
        executed: false,
        run: undefined,
        parents: new Set(),
        openChildren: 0,
        hasChildren: false
      }
      entries.set(id, entry)
      counts[status]++
      if (status !== "completed") announce(entry.state)
      return entry
    },
    end: (entry, changes) => {
      change(entry, changes)
      entry.fork = undefined
    },
    counts: () => ({ ...counts, total: entries.size }),
    unfinished: () => counts.pending + counts.running + counts.paused
  }
}
