import { Context, Effect, Layer, Option } from "effect"
import * as Coalescing from "./Coalescing.ts"
import { EngineSettings } from "./EngineSettings.ts"
import { Notifications } from "./Notifications.ts"
import * as TaskQueueWriter from "./TaskQueueWriter.ts"
import type { Ownership } from "./WorkflowState.ts"

/** What `TaskQueueWriters` can do. */
export interface TaskQueueWritersService {
  readonly find: (workflowId: string) => Option.Option<TaskQueueWriter.TaskQueueWriter>
  /** Starts a workflow's writer, and discards one of an earlier epoch. */
  readonly start: (
    ownership: Ownership,
    onOwnershipLost: Effect.Effect<void>
  ) => Effect.Effect<TaskQueueWriter.TaskQueueWriter>
  /** Stops a workflow's writer (`TaskQueueWriter.stop`). No effect if it has none. */
  readonly stop: (workflowId: string) => Effect.Effect<void>
  /** Discards a workflow's writer (`TaskQueueWriter.discard`). No effect if it has none. */
  readonly discard: (workflowId: string) => Effect.Effect<void>
}

const make = Effect.gen(function* () {
  const settings = yield* EngineSettings
  const { tell } = yield* Notifications
  const writerOf = yield* TaskQueueWriter.make
  const writers = new Map<string, TaskQueueWriter.TaskQueueWriter>()
  // One fiber for all writers: a fiber for each would be the main cost of a workflow that ends within the debounce.
  const wake = yield* Coalescing.make<Effect.Effect<void>>({
    debounce: settings.writerDebounce,
    deliver: (begins) => Effect.all(begins, { discard: true })
  })

  const find = (workflowId: string) => Option.fromNullable(writers.get(workflowId))

  const onFound = (workflowId: string, use: (writer: TaskQueueWriter.TaskQueueWriter) => Effect.Effect<void>) =>
    Effect.suspend(() => Option.match(find(workflowId), { onNone: () => Effect.void, onSome: use }))

  const discard = (workflowId: string) => onFound(workflowId, (writer) => writer.discard)

  yield* Effect.addFinalizer(() => Effect.forEach([...writers.keys()], discard, { discard: true }))

  return TaskQueueWriters.of({
    find,
    start: (ownership, onOwnershipLost) =>
      Effect.gen(function* () {
        yield* discard(ownership.workflowId)
        const made = writerOf({ ownership, wake, onWritten: tell("change", ownership.workflowId), onOwnershipLost })
        // This writer only: by then the workflow may have a writer of a later epoch.
        const remove = Effect.sync(() => {
          if (writers.get(ownership.workflowId) === writer) writers.delete(ownership.workflowId)
        })
        const writer: TaskQueueWriter.TaskQueueWriter = {
          ...made,
          stop: Effect.ensuring(made.stop, remove),
          end: (end) => Effect.ensuring(made.end(end), remove),
          discard: Effect.zipRight(remove, made.discard)
        }
        writers.set(ownership.workflowId, writer)
        return writer
      }),
    stop: (workflowId) => onFound(workflowId, (writer) => writer.stop),
    discard
  })
})

/** The writers of this process, one per workflow. */
export class TaskQueueWriters extends Context.Tag("workflow-infra/workflow/TaskQueueWriters")<
  TaskQueueWriters,
  TaskQueueWritersService
>() {
  /** Without any writer at first. When the scope closes, all writers are discarded. */
  static readonly layer = Layer.scoped(
    TaskQueueWriters,
    Effect.suspend(() => make)
  )
}
