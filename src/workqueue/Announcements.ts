import { Effect, Fiber, Runtime } from "effect"
import type { TaskState } from "./Task.ts"

/** Tells somebody about changes, one after the other, in a fiber of its own that lives while there is something to tell. */
export interface Announcements {
  /** Never waits. */
  readonly announce: (task: TaskState) => void
  /** Returns when everything announced so far has been told. */
  readonly delivered: Effect.Effect<void>
}

/** Announces to nobody. */
const silent: Announcements = { announce: () => {}, delivered: Effect.void }

/** Announces to `onChange`; where that dies the defect is logged and the next change is told. */
const announcing = (
  onChange: (task: TaskState) => Effect.Effect<void>,
  runtime: Runtime.Runtime<never>
): Announcements => {
  let waiting: Array<TaskState> = []
  let teller: Fiber.RuntimeFiber<void> | undefined

  const tell = (task: TaskState) =>
    Effect.catchAllCause(onChange(task), (cause) => Effect.logError("A task's change was not taken", cause))

  const tellAll: Effect.Effect<void> = Effect.suspend(() => {
    const tasks = waiting
    waiting = []
    if (tasks.length > 0) return Effect.zipRight(Effect.forEach(tasks, tell, { discard: true }), tellAll)
    teller = undefined
    return Effect.void
  })

  return {
    announce: (task) => {
      waiting.push(task)
      teller ??= Runtime.runFork(runtime, Effect.uninterruptible(tellAll), { immediate: false })
    },
    delivered: Effect.suspend(() => (teller === undefined ? Effect.void : Fiber.await(teller)))
  }
}

/** Announces to `notice` at once, or else to `onChange`, or to nobody. */
export const announcementsTo = (
  notice: ((task: TaskState) => void) | undefined,
  onChange: ((task: TaskState) => Effect.Effect<void>) | undefined,
  runtime: Runtime.Runtime<never>
): Announcements => {
  if (notice !== undefined) return { announce: notice, delivered: Effect.void }
  return onChange === undefined ? silent : announcing(onChange, runtime)
}
