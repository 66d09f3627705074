import {
  Context,
  Data,
  Deferred,
  Duration,
  Effect,
  Layer,
  Option,
  PubSub,
  Queue,
  RcMap,
  Schedule,
  Schema,
  Stream
} from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { EngineSettings } from "./EngineSettings.ts"
import { Notifications } from "./Notifications.ts"
import { Outages } from "./Outages.ts"
import { WorkflowNotFound } from "./WorkflowError.ts"
import { WorkflowRepository } from "./WorkflowRepository.ts"
import { hasEnded, Workflow } from "./WorkflowState.ts"
import { isSameTask, type WorkflowTask } from "./WorkflowTask.ts"

/** Maximum rest after a read: what people who look on do not mind, and as long as the default `watchInterval`. */
const MAX_REST = Duration.seconds(2)
/**
 * Minimum delay between two reads of a workflow, for each of its tasks, because a read scans all of its task rows: 10,000 tasks
 * are read at most four times a second, so a process scans at most 40,000 rows a second for each workflow that it follows. At
 * most `MAX_REST`.
 */
const DELAY_PER_TASK = Duration.micros(25n)
/**
 * Minimum delay between two reads, as a multiple of the last read's duration: reading takes at most 1/20 of the time. At most
 * `MAX_REST`.
 */
const REST_FACTOR = 19
/** Name of this work in logs and in `health`. */
const LOOKS = "looks at workflows"

/** A workflow and its tasks at one moment. */
export interface WorkflowSnapshot {
  readonly workflow: Workflow
  readonly tasks: ReadonlyArray<WorkflowTask>
}

type Failure = WorkflowNotFound | DatabaseError

/** Whether two reads of a workflow are equal, but for its config, which does not change. */
const isSameWorkflow = Schema.equivalence(Workflow.omit("config"))

/** Reads one workflow for all streams of this process that watch it. */
interface Follower {
  /** The number of changes seen so far, and the latest snapshot. */
  readonly seen: () => { readonly times: number; readonly snapshot: Option.Option<WorkflowSnapshot> }
  /** Publishes after each change. */
  readonly wakeUps: PubSub.PubSub<void>
  /** Fails when the workflow cannot be read any more. */
  readonly failed: Deferred.Deferred<never, Failure>
}

/** What `WorkflowChanges` can do. */
export interface WorkflowChangesService {
  /**
   * Emits a workflow and its tasks as they are now, and again after changes; ends when the workflow has ended. Changes between
   * two reads are emitted as one: every element is a true snapshot, and the last one is the final state. A change is read when
   * its notification arrives (LISTEN), or after `watchInterval` (2 s) without one; a workflow of many tasks is read less often.
   */
  readonly changes: (projectId: string, workflowId: string) => Stream.Stream<WorkflowSnapshot, Failure>
  /**
   * Emits at once, and again whenever any workflow, of any project, may have changed: a hint to read a list again. Hints that come while
   * one is dealt with are merged. Without a notification there is one every `watchInterval` (2 s), because notifications can be lost.
   */
  readonly hints: Stream.Stream<void>
}

const make = Effect.gen(function* () {
  const { watchInterval } = yield* EngineSettings
  const repository = yield* WorkflowRepository
  const outages = yield* Outages
  const { heard } = yield* Notifications
  const followers = yield* RcMap.make({
    // `Data.tuple`: the map compares keys by value.
    lookup: ([projectId, workflowId]: readonly [projectId: string, workflowId: string]) => follow(projectId, workflowId)
  })

  const follow = (projectId: string, workflowId: string) =>
    Effect.gen(function* () {
      const news = yield* heard("change", workflowId)
      const wakeUps = yield* PubSub.sliding<void>(1)
      const failed = yield* Deferred.make<never, Failure>()
      const tasks = new Map<string, WorkflowTask>()
      let cursor = Option.none<string>()
      let times = 0
      let snapshot = Option.none<WorkflowSnapshot>()

      const look = Effect.gen(function* () {
        const found = yield* repository.news(projectId, workflowId, cursor).pipe(outages.during(LOOKS))
        if (Option.isNone(found)) return yield* new WorkflowNotFound({ workflowId })
        const { workflow } = found.value
        cursor = Option.some(found.value.cursor)
        // A read may return tasks that the one before has returned already.
        const changed = found.value.tasks.filter((task) => {
          const known = tasks.get(task.id)
          return known === undefined || !isSameTask(known, task)
        })
        for (const task of changed) tasks.set(task.id, task)
        const isSame = Option.exists(snapshot, (latest) => isSameWorkflow(latest.workflow, workflow))
        if (changed.length > 0 || !isSame) {
          times++
          const ordered = [...tasks.values()].sort((a, b) => a.ordinal - b.ordinal)
          snapshot = Option.some({ workflow, tasks: ordered })
          yield* PubSub.publish(wakeUps, undefined)
        }
        return hasEnded(workflow.state)
      })

      let took = Duration.zero
      const timed = Effect.map(Effect.timed(look), ([duration, isOver]) => {
        took = duration
        return isOver
      })
      const pace = Effect.suspend(() => {
        const rest = Duration.max(Duration.times(DELAY_PER_TASK, tasks.size), Duration.times(took, REST_FACTOR))
        // Timers count whole milliseconds; a fraction would be a step of `TestClock`.
        return Effect.sleep(Duration.millis(Math.floor(Duration.toMillis(Duration.min(rest, MAX_REST)))))
      })
      const wait = Effect.zipRight(pace, Effect.raceFirst(Queue.take(news), Effect.sleep(watchInterval)))
      yield* timed.pipe(
        Effect.repeat({ until: (isOver) => isOver, schedule: Schedule.mapEffect(Schedule.forever, () => wait) }),
        Effect.catchAllCause((cause) => Deferred.failCause(failed, cause)),
        Effect.forkScoped
      )
      const follower: Follower = { seen: () => ({ times, snapshot }), wakeUps, failed }
      return follower
    })

  const changes: WorkflowChangesService["changes"] = (projectId, workflowId) =>
    Stream.unwrapScoped(
      Effect.gen(function* () {
        const { failed, seen, wakeUps } = yield* RcMap.get(followers, Data.tuple(projectId, workflowId))
        const woken = yield* PubSub.subscribe(wakeUps)
        const next = (last: number): Effect.Effect<readonly [WorkflowSnapshot, number], Failure> =>
          Effect.suspend(() => {
            const { snapshot, times } = seen()
            if (Option.isSome(snapshot) && times > last) return Effect.succeed([snapshot.value, times] as const)
            return Effect.zipRight(Effect.raceFirst(Queue.take(woken), Deferred.await(failed)), next(last))
          })
        return Stream.unfoldEffect(0, (last) => Effect.asSome(next(last))).pipe(
          Stream.takeUntil(({ workflow }) => hasEnded(workflow.state))
        )
      })
    )
  const hints: WorkflowChangesService["hints"] = Stream.unwrapScoped(
    Effect.map(Effect.all([heard("change"), heard("work")]), ([changed, work]) => {
      const next = Effect.raceAll([Queue.take(changed), Queue.take(work), Effect.sleep(watchInterval)])
      return Stream.concat(Stream.make(undefined), Stream.repeatEffect(next))
    })
  )
  return WorkflowChanges.of({ changes, hints })
})

/**
 * Follows workflows. It subscribes to notifications before the first read, so that no change is missed. All streams of one workflow in
 * this process share the reads; a read returns the tasks that changed since the one before; the more tasks, the fewer reads.
 */
export class WorkflowChanges extends Context.Tag("workflow-infra/workflow/WorkflowChanges")<
  WorkflowChanges,
  WorkflowChangesService
>() {
  /** Of the workflows of the repository. */
  static readonly layer = Layer.scoped(
    WorkflowChanges,
    Effect.suspend(() => make)
  )
}
