import { Effect, Fiber, Runtime } from "effect"
import type { TaskState } from "./Task.ts"

/** Delivers the changes of tasks to a listener, in order. */
export interface Announcements {
  /** Hands over a change. Never blocks. */
  readonly announce: (task: TaskState) => void
  /** Returns when every change announced so far has been delivered. */
  readonly delivered: Effect.Effect<void>
}

/** Delivers nothing. */
const silent: Announcements = { announce: () => {}, delivered: Effect.void }

/**
 * Delivers to `onChange` in a fiber that lives while there are changes to deliver. A defect of `onChange` is logged, and the
 * next change is delivered.
 */
const announcing = (
  onChange: (task: TaskState) => Effect.Effect<void>,
  runtime: Runtime.Runtime<never>
): Announcements => {
  let waiting: Array<TaskState> = []
  let delivery: Fiber.RuntimeFiber<void> | undefined

  const deliver = (task: TaskState) =>
    Effect.catchAllCause(onChange(task), (cause) => Effect.logError("A task's change was not taken", cause))

  const deliverAll: Effect.Effect<void> = Effect.suspend(() => {
    const tasks = waiting
    waiting = []
    if (tasks.length > 0) return Effect.zipRight(Effect.forEach(tasks, deliver, { discard: true }), deliverAll)
    delivery = undefined
    return Effect.void
  })

  return {
    announce: (task) => {
      waiting.push(task)
      delivery ??= Runtime.runFork(runtime, Effect.uninterruptible(deliverAll), { immediate: false })
    },
    delivered: Effect.suspend(() => (delivery === undefined ? Effect.void : Fiber.await(delivery)))
  }
}

/** Delivers to `notice` synchronously if given, otherwise to `onChange` if given, otherwise to nothing. */
export const announcementsTo = (
  notice: ((task: TaskState) => void) | undefined,
  onChange: ((task: TaskState) => Effect.Effect<void>) | undefined,
  runtime: Runtime.Runtime<never>
): Announcements => {
  if (notice !== undefined) return { announce: notice, delivered: Effect.void }
  return onChange === undefined ? silent : announcing(onChange, runtime)
}
