import { Deferred, Effect, Option } from "effect"
import { ConcurrencyStrategy } from "../../src/workqueue/ConcurrencyStrategy.ts"
import type { Task, TaskState } from "../../src/workqueue/Task.ts"
import { WorkQueue, type WorkQueueOptions } from "../../src/workqueue/WorkQueue.ts"

/** A data task with a name made of its id. */
export const dataTask = <A, E, R, E2 = never, R2 = never>(
  id: string,
  execute: Effect.Effect<A, E, R>,
  commit?: (result: A) => Effect.Effect<void, E2, R2>
): Task<A, E, R, E2, R2> => ({ id, name: `Task ${id}`, class: "data", execute, commit })

/** The status of every task by its id. */
export const statuses = (queue: WorkQueue) =>
  Effect.map(queue.snapshot, (tasks) => Object.fromEntries(tasks.map(({ id, status }) => [id, status])))

/** The task with an id. */
export const stateOf = (queue: WorkQueue, id: string) =>
  Effect.flatMap(queue.snapshot, (tasks) => Option.fromNullable(tasks.find((task) => task.id === id)))

/** Lets everything run that does not wait for anything. */
export const settle = Effect.replicateEffect(Effect.yieldNow(), 50, { discard: true })

/** Work that says how often it has started and waits until it may go on. */
export const gate = Effect.gen(function* () {
  const open = yield* Deferred.make<void>()
  const started = { times: 0, interrupted: 0 }
  const through = Effect.zipRight(
    Effect.sync(() => started.times++),
    Effect.onInterrupt(Deferred.await(open), () => Effect.sync(() => started.interrupted++))
  )
  return { open: Deferred.succeed(open, undefined), started, through }
})

/** Two data tasks at a time. */
export const two = ConcurrencyStrategy.serialized({ dataConcurrency: 2 })

/** An error that says it is retryable. */
export const retryable = (message: string) => ({ message, retryable: true }) as const

/** A queue that keeps every change it announces. */
export const recorded = (options: WorkQueueOptions = {}) =>
  Effect.gen(function* () {
    const changes: Array<TaskState> = []
    const queue = yield* WorkQueue.make({ ...options, onChange: (task) => Effect.sync(() => changes.push(task)) })
    const of = (id: string) => changes.filter((task) => task.id === id).map(({ status }) => status)
    return { changes, of, queue }
  })
