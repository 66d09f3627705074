import { MutableList, Option } from "effect"
import type { ConcurrencyStrategy } from "./ConcurrencyStrategy.ts"
import { isReady, type Lane, type TaskEntry } from "./TaskEntry.ts"

/**
 * Maximum number of tasks that commit at the same time: enough for large groups, and a bound on the results that are held in
 * memory and are computed again after a crash.
 */
export const MAX_COMMITTING = 1_000

/** Which tasks can start, and how many of each class may. */
export interface TaskLanes {
  /** The names of the classes. */
  readonly names: ReadonlyArray<string>
  /** The lane of a class; undefined if the strategy does not name it. */
  readonly find: (name: string) => Lane | undefined
  /** Lets a task wait for its next step, if that can start. A task that has started before goes before those of its class that have not. */
  readonly add: (entry: TaskEntry) => void
  /** Whether a task can start. */
  readonly canStart: () => boolean
  /** Takes the next task that can start: commits first, then the classes in their order. */
  readonly next: () => TaskEntry | undefined
  /** Counts a task that starts: towards the limit of its class if it executes, or as one that commits. Returns whether it executes. */
  readonly enter: (entry: TaskEntry) => boolean
  /** The task no longer counts. */
  readonly leave: (entry: TaskEntry) => void
  /** The task begins its commit: its place in its class is free. */
  readonly toCommit: (entry: TaskEntry) => void
}

/** Makes the lanes of a strategy, without any task. */
export const makeTaskLanes = (strategy: ConcurrencyStrategy<string>): TaskLanes => {
  const lanes = new Map(
    Object.entries<number>(strategy).map(([name, limit]): [string, Lane] => [
      name,
      { limit, busy: 0, ready: MutableList.empty() }
    ])
  )
  /** Tasks whose `execute` has succeeded and whose commit can start now. */
  const committable = MutableList.empty<TaskEntry>()
  let committing = 0

  const hasRoom = (lane: Lane) => committing < MAX_COMMITTING && lane.busy < lane.limit

  return {
    names: [...lanes.keys()],
    find: (name) => lanes.get(name),
    add: (entry) => {
      if (!isReady(entry)) return
      if (entry.executed) MutableList.append(committable, entry)
      else if (Option.isSome(entry.state.startedAt)) MutableList.prepend(entry.lane.ready, entry)
      else MutableList.append(entry.lane.ready, entry)
    },
    canStart: () => {
      if (!MutableList.isEmpty(committable)) return true
      for (const lane of lanes.values()) if (hasRoom(lane) && !MutableList.isEmpty(lane.ready)) return true
      return false
    },
    next: () => {
      for (let entry = MutableList.shift(committable); entry !== undefined; entry = MutableList.shift(committable)) {
        if (isReady(entry)) return entry
      }
      for (const lane of lanes.values()) {
        while (hasRoom(lane)) {
          const entry = MutableList.shift(lane.ready)
          if (entry === undefined) break
          if (isReady(entry)) return entry
        }
      }
      return undefined
    },
    enter: (entry) => {
      if (entry.executed) committing++
      else entry.lane.busy++
      return !entry.executed
    },
    leave: ({ lane, run }) => {
      if (run?.hasPlace === true) lane.busy--
      else committing--
    },
    toCommit: ({ lane, run }) => {
      if (run?.hasPlace !== true) return
      run.hasPlace = false
      lane.busy--
      committing++
    }
  }
}
