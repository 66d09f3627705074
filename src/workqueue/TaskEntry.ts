import { Context, type Fiber } from "effect"
import type { TaskState } from "./Task.ts"

/** A fiber at work on a task. */
interface TaskRun {
  /** Set by the fiber itself, as the first thing it does. */
  fiber: Fiber.RuntimeFiber<void, unknown> | undefined
  /** Whether it takes one of the places of its class: while it executes, and not while it commits. */
  hasPlace: boolean
  /** Whether the queue has interrupted it, so that its interruption is no failure of the task. */
  stopped: boolean
}

/** A task in a queue: its state, what is next to do, and who waits for it. */
export interface TaskEntry {
  state: TaskState
  /** Starts the next thing to do: `execute` and what follows, or only the commit. Absent when nothing is left. */
  fork: (() => Fiber.RuntimeFiber<void, unknown>) | undefined
  /** Whether `execute` has succeeded. */
  executed: boolean
  /** Present while a fiber is at work on it. */
  run: TaskRun | undefined
  /** The tasks that enqueued it and wait for it. */
  readonly parents: Set<TaskEntry>
  /** How many tasks that it enqueued are not completed. */
  openChildren: number
  /** Whether it has waited, or waits, for any. */
  hasChildren: boolean
}

/** The task in whose `execute` we are. */
export class CurrentTask extends Context.Tag("workqueue/CurrentTask")<CurrentTask, TaskEntry>() {}

/** Whether something is still to be done. */
export const isUnfinished = ({ state: { status } }: TaskEntry): boolean =>
  status === "pending" || status === "running" || status === "paused"

/** Whether its next thing can be done now: nobody is at it, and no child is open where only the commit is left. */
export const isReady = (entry: TaskEntry): boolean =>
  isUnfinished(entry) && entry.run === undefined && !(entry.executed && entry.openChildren > 0)

const waitsFor = (waiting: TaskEntry, entry: TaskEntry) => {
  const above = new Set([entry])
  for (const each of above) {
    if (each === waiting) return true
    for (const parent of each.parents) above.add(parent)
  }
  return false
}

/** Makes `parent` wait for `child`, unless either has ended, or `child` waits for `parent` and neither ever would. */
export const addChild = (parent: TaskEntry, child: TaskEntry): void => {
  if (!isUnfinished(parent) || !isUnfinished(child) || child.parents.has(parent)) return
  const closesCircle = child === parent || (child.openChildren > 0 && waitsFor(child, parent))
  if (closesCircle) return
  child.parents.add(parent)
  parent.openChildren++
  parent.hasChildren = true
}
