import { Clock, Context, Data, Duration, Effect, Layer, Option, RcMap, Schedule, type Scope, Stream } from "effect"
import type { DatabaseError } from "../../database/DatabaseError.ts"
import { mapInSteps, stepwise } from "../../steps/Steps.ts"
import type { WorkflowSnapshot } from "../../workflow/WorkflowChanges.ts"
import type { WorkflowNotFound } from "../../workflow/WorkflowError.ts"
import { WorkflowInfra } from "../../workflow/WorkflowInfra.ts"
import { hasEnded, type Workflow, WorkflowState } from "../../workflow/WorkflowState.ts"
import { taskJson, workflowJson } from "../WorkflowJson.ts"
import * as Feed from "./Feed.ts"

/** A feed that nobody follows is kept for this long, for clients that come back. */
const IDLE_TIME = Duration.seconds(30)
/** Two looks at a project's workflows are at least so far apart, while somebody follows them and something happens. */
const LOOK_INTERVAL = Duration.seconds(1)
/** Maximum numbers of workflows per look: of those that have not ended, of the newest, and of those that have left both lists. Set by hand. */
const MOST = { unended: 500, newest: 100, gone: 100 }
/** After a look that failed: until the database is back. */
const PATIENCE = Schedule.spaced(Duration.seconds(2))

const textOf = (workflow: Workflow): string => JSON.stringify(workflowJson(workflow))

const ofWorkflow = ({ tasks, workflow }: WorkflowSnapshot) =>
  Effect.map(
    stepwise(() => mapInSteps(tasks, (task) => JSON.stringify(taskJson(task)))),
    (texts) => `{"workflow":${textOf(workflow)},"tasks":[${texts.join()}]}`
  )

/** Every look at a workflow keeps the tasks that did not change. */
const changed = (before: WorkflowSnapshot, after: WorkflowSnapshot) => {
  const known = new Set(before.tasks)
  const tasks = after.tasks.filter((task) => !known.has(task))
  return Effect.asSome(ofWorkflow({ workflow: after.workflow, tasks }))
}

/** Workflows as JSON, by id. */
type Look = ReadonlyMap<string, string>

const ofProject = (look: Iterable<string>) => `{"workflows":[${[...look].join()}]}`

/** What `Feeds` can do. All that follow the same share its reads, and the texts of its events. */
export interface FeedsService {
  /** The events of a workflow, until it has ended (`WorkflowEvent`). */
  readonly workflow: (
    projectId: string,
    workflowId: string,
    lastEventId: Option.Option<string>
  ) => Effect.Effect<Feed.Pull<WorkflowNotFound | DatabaseError>, never, Scope.Scope>
  /** The events of a project (`ProjectEvent`). */
  readonly project: (
    projectId: string,
    lastEventId: Option.Option<string>
  ) => Effect.Effect<Feed.Pull<never>, never, Scope.Scope>
}

/** What happens, as server-sent events. */
export class Feeds extends Context.Tag("workflow-infra/serve/Feeds")<Feeds, FeedsService>() {
  /** On `WorkflowInfra`. */
  static readonly layer = Layer.scoped(
    Feeds,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const infra = yield* WorkflowInfra

  const look = (projectId: string, before: Look) =>
    Effect.gen(function* () {
      const unended = WorkflowState.literals.filter((state) => !hasEnded(state))
      const pages = yield* Effect.all([
        infra.list({ projectId, state: unended, limit: MOST.unended }),
        infra.list({ projectId, limit: MOST.newest })
      ])
      const now = new Map(
        pages.flatMap(({ workflows }) => workflows.map((workflow) => [workflow.id, workflow] as const))
      )
      // Those that are in no list any more have ended, or make room for others. What is too much for this look is for the next ones.
      const gone = [...before].filter(([id]) => !now.has(id))
      const ended = yield* infra.getAll(
        projectId,
        gone.slice(0, MOST.gone).map(([id]) => id)
      )
      const shown = new Map([
        ...gone.slice(MOST.gone),
        ...[...now].map(([id, workflow]) => [id, textOf(workflow)] as const)
      ])
      return {
        shown,
        seen: new Map([...shown, ...ended.map((each) => [each.id, textOf(each)] as const)])
      }
    })
  type Seen = Effect.Effect.Success<ReturnType<typeof look>>

  const looks = (projectId: string): Stream.Stream<Seen> =>
    Stream.mapAccumEffect(infra.hints, Option.none<{ readonly seen: Seen; readonly until: number }>(), (before) =>
      Effect.gen(function* () {
        const rest = Option.match(before, { onNone: () => 0, onSome: ({ until }) => until })
        yield* Effect.sleep(Math.max(0, rest - (yield* Clock.currentTimeMillis)))
        const known = Option.match(before, {
          onNone: () => new Map<string, string>(),
          onSome: ({ seen }) => seen.shown
        })
        const seen = yield* Effect.orDie(Effect.retry(look(projectId, known), PATIENCE))
        const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(LOOK_INTERVAL)
        return [Option.some({ seen, until }), seen] as const
      })
    )

  const workflows = yield* RcMap.make({
    lookup: ([projectId, workflowId]: readonly [string, string]) =>
      Feed.make({ states: infra.changes(projectId, workflowId), whole: ofWorkflow, changes: changed }),
    idleTimeToLive: IDLE_TIME
  })
  const projects = yield* RcMap.make({
    lookup: (projectId: string) =>
      Feed.make({
        states: looks(projectId),
        whole: ({ shown }) => Effect.succeed(ofProject(shown.values())),
        changes: (before, after) => {
          const news = [...after.seen].filter(([id, json]) => before.shown.get(id) !== json)
          return Effect.succeed(
            news.length === 0 ? Option.none() : Option.some(ofProject(news.map(([, json]) => json)))
          )
        }
      }),
    idleTimeToLive: IDLE_TIME
  })

  /** What has ended or failed is not kept: a workflow may be retried, and a database comes back. */
  const follow = <K, E>(feeds: RcMap.RcMap<K, Feed.Feed<E>>, key: K, lastEventId: Option.Option<string>) =>
    RcMap.get(feeds, key).pipe(
      Effect.flatMap(({ events }) => events(lastEventId)),
      Effect.map((next) =>
        next.pipe(
          Effect.tap((piece) => (Option.isNone(piece) ? RcMap.invalidate(feeds, key) : Effect.void)),
          Effect.onError(() => RcMap.invalidate(feeds, key))
        )
      )
    )

  return Feeds.of({
    // `Data.tuple`: the map compares keys by value.
    workflow: (projectId, workflowId, lastEventId) => follow(workflows, Data.tuple(projectId, workflowId), lastEventId),
    project: (projectId, lastEventId) => follow(projects, projectId, lastEventId)
  })
})
