import { Array, Clock, Duration, Effect, Option, Ref, Schedule } from "effect"
import { WorkflowAlreadyRunning, type WorkflowNotFound } from "../workflow/WorkflowError.ts"
import type { StartError } from "../workflow/Registered.ts"
import { WorkflowInfra } from "../workflow/WorkflowInfra.ts"
import { hasEnded, type Workflow } from "../workflow/WorkflowState.ts"
import { StepFailed } from "./Failure.ts"
import { milestone, render, SAID_NOTHING, type Said, waiting, type Watched } from "./Progress.ts"
import { Screen } from "./Screen.ts"

/** How often a workflow is looked at. */
const POLL = Duration.millis(200)
/** How often its tasks are, where nobody sees them. */
const SLOW_POLL = Duration.seconds(2)
/** Ten frames a second look fluent. */
const FRAME = Duration.millis(100)
/** Our database may be away for a while (a restart): longer than this, and we give up. */
const PATIENCE = Schedule.intersect(Schedule.spaced("500 millis"), Schedule.recurs(60))

/** One workflow of several that are done one after the other. */
export interface Step<E> {
  /** "Entities". */
  readonly title: string
  /** The kind's name. */
  readonly kind: string
  readonly start: Effect.Effect<Workflow, E | StartError>
}

/** What can happen on the way to a step's end. */
type Failure = StepFailed | WorkflowNotFound | StartError

/** What the steps are about. */
export interface WatchOptions<E> {
  readonly projectId: string
  readonly datasourceId: string
  readonly steps: ReadonlyArray<Step<E>>
}

/**
 * Does the steps one after the other, each started when the one before has completed, and shows how far they are. What an earlier run
 * left unfinished is not begun again: it goes on (another process may be at it, or this one adopts it), and what had been completed
 * before it is not repeated. Fails with `StepFailed` where a workflow does.
 */
export const runSteps = Effect.fn("Watch.runSteps")(function* <E>(options: WatchOptions<E>) {
  const infra = yield* WorkflowInfra
  const screen = yield* Screen
  const { datasourceId, projectId, steps } = options
  const shown = yield* Ref.make<ReadonlyArray<Watched>>(steps.map(({ title }) => waiting(title)))
  const said = yield* Ref.make<ReadonlyArray<Said>>(steps.map(() => SAID_NOTHING))

  const draw = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    yield* screen.draw(render(yield* Ref.get(shown), yield* screen.room, now, screen.style))
  })
  /** Once more what is new, for logs and pipes. */
  const say = Effect.gen(function* () {
    if (screen.live) return
    const now = yield* Clock.currentTimeMillis
    const lines = Array.zipWith(yield* Ref.get(shown), yield* Ref.get(said), (one, before) =>
      milestone(one, before, now)
    )
    yield* Ref.set(
      said,
      lines.map(([, after]) => after)
    )
    yield* Effect.forEach(lines, ([line]) => (Option.isSome(line) ? screen.print(line.value) : Effect.void))
  })
  const show = (index: number, change: (before: Watched) => Watched) =>
    Effect.zipRight(
      Ref.update(shown, (all) => all.map((one, at) => (at === index ? change(one) : one))),
      say
    )

  const runningTasks = (id: string) =>
    Effect.map(
      infra.loadQueue(projectId, id, "running"),
      Option.getOrElse(() => [])
    )
  const look = Effect.fn("Watch.look")(function* (index: number, id: string, withTasks: boolean) {
    const workflow = yield* infra.get(projectId, id)
    const ended = hasEnded(workflow.state)
    // The others are many: they are counted in the workflow's progress.
    const running = withTasks && !ended ? Option.some(yield* runningTasks(id)) : Option.none()
    const now = yield* Clock.currentTimeMillis
    yield* show(index, (before) => ({
      ...before,
      workflow: Option.some(workflow),
      running: Option.getOrElse(running, () => before.running),
      // What had ended before we came took none of our time.
      startedAt:
        ended && Option.isNone(before.workflow) ? Option.none() : Option.orElseSome(before.startedAt, () => now),
      endedAt: ended ? Option.orElseSome(before.endedAt, () => now) : Option.none()
    }))
    return workflow
  })

  const follow = Effect.fn("Watch.follow")(function* (index: number, { kind, title }: Step<E>, id: string) {
    yield* infra.adopt({ workflowIds: [id] })
    const every = screen.live ? 2 : Math.ceil(Duration.toMillis(SLOW_POLL) / Duration.toMillis(POLL))
    for (let round = 0; ; round++) {
      const workflow = yield* look(index, id, round % every === 0).pipe(
        Effect.retry({ schedule: PATIENCE, while: (error) => error._tag === "DatabaseError" && error.retryable })
      )
      // Whoever asks for the work wants it to go on.
      if (workflow.state === "paused") yield* Effect.ignore(infra.resume(projectId, id))
      if (workflow.state === "completed") return
      if (workflow.state === "failed") {
        const reason = Option.getOrElse(workflow.errorMessage, () => `the workflow ${kind} does not say why`)
        return yield* new StepFailed({ title, reason })
      }
      yield* Effect.sleep(POLL)
    }
  })

  const newest = ({ kind }: Step<E>) => infra.latest({ projectId, datasourceId, kind })
  const isUnfinished = ({ state }: Workflow) => !hasEnded(state)

  /** Another process that does the same may have begun an earlier step anew, without which this one cannot start: it is waited for. */
  const followEarlier = (index: number) =>
    Effect.gen(function* () {
      for (const [at, step] of steps.slice(0, index).entries()) {
        const workflow = Option.filter(yield* newest(step), isUnfinished)
        if (Option.isNone(workflow)) continue
        yield* follow(at, step, workflow.value.id)
        return true
      }
      return false
    })
  const start = (index: number, step: Step<E>): Effect.Effect<string, E | Failure> =>
    step.start.pipe(
      Effect.map((workflow) => workflow.id),
      Effect.catchAll((error) =>
        error instanceof WorkflowAlreadyRunning
          ? Effect.succeed(error.workflowId)
          : Effect.if(followEarlier(index), { onTrue: () => start(index, step), onFalse: () => Effect.fail(error) })
      )
    )

  const latest = yield* Effect.forEach(steps, newest)
  const unfinished = Option.getOrElse(Array.findLastIndex(latest, Option.exists(isUnfinished)), () => -1)
  const run = Effect.forEach(
    Array.zip(steps, latest),
    ([step, before], index) =>
      Effect.gen(function* () {
        const goesOn = Option.filter(
          before,
          (workflow) => index <= unfinished && (workflow.state === "completed" || isUnfinished(workflow))
        )
        const id = Option.isSome(goesOn) ? goesOn.value.id : yield* start(index, step)
        yield* follow(index, step, id)
      }),
    { discard: true }
  )
  yield* screen.live ? Effect.raceFirst(run, Effect.forever(Effect.zipRight(draw, Effect.sleep(FRAME)))) : run
  if (!screen.live) return
  const now = yield* Clock.currentTimeMillis
  const lines = render(yield* Ref.get(shown), yield* screen.room, now, screen.style)
  yield* screen.draw([])
  yield* screen.print(`${lines.join("\n")}\n`)
})
