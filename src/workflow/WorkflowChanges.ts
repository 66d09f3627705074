import { Deferred, Duration, Effect, Option, PubSub, Queue, RcMap, Schedule, type Scope, Stream } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { NotificationsService } from "./Notifications.ts"
import type { OutagesService } from "./Outages.ts"
import { WorkflowNotFound } from "./WorkflowError.ts"
import type { WorkflowRepositoryService } from "./WorkflowRepository.ts"
import { hasEnded, type Workflow } from "./WorkflowState.ts"
import { isSameTask, type WorkflowTask } from "./WorkflowTask.ts"

/** Whoever hears nothing looks again after this long. */
const LOOK_AGAIN = Duration.seconds(2)
/**
 * Between two looks at a workflow, for each of its tasks: what has changed is found among all of them. A workflow of 10,000 is looked
 * at four times a second by a process, whose looks so read 40,000 rows a second at the most.
 */
const PACE = Duration.micros(25n)
/** And so many times as long as the look before took: looking takes a twentieth of a process's time, however large what it reads. */
const REST = 19
/** What of the engine's work this is, for those who look at its health. */
const LOOKS = "looks at workflows"

/** A workflow and its tasks at one moment. */
export interface WorkflowSnapshot {
  readonly workflow: Workflow
  readonly tasks: ReadonlyArray<WorkflowTask>
}

type Failure = WorkflowNotFound | DatabaseError

/** One workflow as this process sees it, for all who watch it here. */
interface Follower {
  /** How often it has looked different, and how it looks now. */
  readonly seen: () => { readonly times: number; readonly snapshot: Option.Option<WorkflowSnapshot> }
  readonly wakeUps: PubSub.PubSub<void>
  readonly failed: Deferred.Deferred<never, Failure>
}

/**
 * Follows workflows: listens first and looks then, so that nothing falls between. All who watch one workflow in this process share one
 * look, a look reads what has changed since the one before, and the more tasks there are, the fewer looks.
 */
export const make = (
  repository: WorkflowRepositoryService,
  { heard }: NotificationsService,
  outages: OutagesService
): Effect.Effect<
  (projectId: string, workflowId: string) => Stream.Stream<WorkflowSnapshot, Failure>,
  never,
  Scope.Scope
> =>
  Effect.gen(function* () {
    const followers = yield* RcMap.make({
      lookup: (key: string) => {
        const [projectId = "", workflowId = ""] = key.split(" ")
        return follow(projectId, workflowId)
      }
    })

    const follow = (projectId: string, workflowId: string) =>
      Effect.gen(function* () {
        const news = yield* heard("change", workflowId)
        const wakeUps = yield* PubSub.sliding<void>(1)
        const failed = yield* Deferred.make<never, Failure>()
        const tasks = new Map<string, WorkflowTask>()
        let cursor = Option.none<string>()
        let identity = ""
        let times = 0
        let snapshot = Option.none<WorkflowSnapshot>()

        const look = Effect.gen(function* () {
          const found = yield* repository.news(projectId, workflowId, cursor).pipe(outages.during(LOOKS))
          if (Option.isNone(found)) return yield* new WorkflowNotFound({ workflowId })
          const { workflow } = found.value
          cursor = Option.some(found.value.cursor)
          // What was read again is not new.
          const changed = found.value.tasks.filter((task) => {
            const known = tasks.get(task.id)
            return known === undefined || !isSameTask(known, task)
          })
          for (const task of changed) tasks.set(task.id, task)
          const nowIdentity = JSON.stringify({ ...workflow, config: null })
          if (changed.length > 0 || nowIdentity !== identity) {
            identity = nowIdentity
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
          const rest = Duration.max(Duration.times(PACE, tasks.size), Duration.times(took, REST))
          return Effect.sleep(Duration.min(rest, LOOK_AGAIN))
        })
        const wait = Effect.zipRight(pace, Effect.raceFirst(Queue.take(news), Effect.sleep(LOOK_AGAIN)))
        yield* timed.pipe(
          Effect.repeat({ until: (isOver) => isOver, schedule: Schedule.mapEffect(Schedule.forever, () => wait) }),
          Effect.catchAllCause((cause) => Deferred.failCause(failed, cause)),
          Effect.forkScoped
        )
        const follower: Follower = { seen: () => ({ times, snapshot }), wakeUps, failed }
        return follower
      })

    return (projectId, workflowId) =>
      Stream.unwrapScoped(
        Effect.gen(function* () {
          const { failed, seen, wakeUps } = yield* RcMap.get(followers, `${projectId} ${workflowId}`)
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
  })
