import { Option } from "effect"
import type { TaskCounts, TaskState, TaskStatus } from "./Task.ts"
import type { TaskEntry } from "./TaskEntry.ts"

/** The tasks of a queue, in the order in which they were added, with a count of each status. Every change goes by here. */
export interface TaskBook {
  readonly entries: ReadonlyMap<string, TaskEntry>
  readonly add: (task: Pick<TaskState, "id" | "name" | "class">, status: TaskStatus, now: number) => TaskEntry
  readonly change: (entry: TaskEntry, changes: Partial<TaskState>) => void
  /** A last change: lets go of what the task holds on to. */
  readonly end: (entry: TaskEntry, changes: Partial<TaskState>) => void
  readonly counts: () => TaskCounts
  /** How many can still change. */
  readonly unfinished: () => number
}

/** An empty book that tells `announce` of every change. What is added as completed is no change: it was so before. */
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
    add: ({ id, name, class: taskClass }, status, now) => {
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
