import { Context, type Fiber, type MutableList } from "effect"
import type { TaskState } from "./Task.ts"

/** A fiber that runs a task. */
interface TaskRun {
  /** Set by the fiber itself when it starts; undefined before. */
  fiber: Fiber.RuntimeFiber<void, unknown> | undefined
  /** Whether it counts towards the limit of the task's class: during `execute`, not during `commit`. */
  hasPlace: boolean
  /** Whether the queue has interrupted it; then its interruption is not a failure of the task. */
  stopped: boolean
}

/** The tasks of one class. */
export interface Lane {
  /** Maximum number of tasks that execute at the same time. */
  readonly limit: number
  /** The number of tasks that execute. */
  busy: number
  /** Those that can start. */
  readonly ready: MutableList.MutableList<TaskEntry>
}

/** A task in a queue: its state, its next step, and the tasks that wait for it. */
export interface TaskEntry {
  state: TaskState
  readonly lane: Lane
  /** Starts the next step: `execute` and what follows, or only the commit. Undefined when the task has ended. */
  fork: (() => Fiber.RuntimeFiber<void, unknown>) | undefined
  /** Whether `execute` has succeeded. */
  executed: boolean
  /** Defined while a fiber runs the task. */
  run: TaskRun | undefined
  /** The tasks that enqueued this one and wait for it. */
  readonly parents: Set<TaskEntry>
  /** The number of tasks that this one waits for. */
  openChildren: number
  /** Whether this task has ever waited for another one. */
  hasChildren: boolean
}

/** The task that the current fiber runs: the parent of what it enqueues. */
export class CurrentTask extends Context.Tag("workqueue/CurrentTask")<CurrentTask, TaskEntry>() {}

/** Whether a task has not ended. */
export const isUnfinished = ({ state: { status } }: TaskEntry): boolean =>
  status === "pending" || status === "running" || status === "paused"

/** Whether the next step of a task can start: no fiber runs it, and if only the commit is left, no child is open. */
export const isReady = (entry: TaskEntry): boolean =>
  isUnfinished(entry) && entry.run === undefined && !(entry.executed && entry.openChildren > 0)

/** Whether `waiting` waits for `entry`, directly or through other tasks. */
const waitsFor = (waiting: TaskEntry, entry: TaskEntry) => {
  const above = new Set([entry])
  for (const each of above) {
    if (each === waiting) return true
    for (const parent of each.parents) above.add(parent)
  }
  return false
}

/** Makes `parent` wait for `child`, unless one of them has ended, or `child` waits for `parent`, which would be a deadlock. */
export const addChild = (parent: TaskEntry, child: TaskEntry): void => {
  if (!isUnfinished(parent) || !isUnfinished(child) || child.parents.has(parent)) return
  const closesCircle = child === parent || (child.openChildren > 0 && waitsFor(child, parent))
  if (closesCircle) return
  child.parents.add(parent)
  parent.openChildren++
  parent.hasChildren = true
}
