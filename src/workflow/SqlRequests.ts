import * as SqlSchema from "@effect/sql/SqlSchema"
import { Array, Effect, Exit, Schema } from "effect"
import { Database } from "../database/Database.ts"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { isUuid } from "../database/Uuid.ts"
import * as Batches from "./Batches.ts"
import * as SqlMoves from "./SqlMoves.ts"
import { plain } from "./SqlTransition.ts"
import { InvalidTransition, WorkflowAlreadyRunning, WorkflowNotFound } from "./WorkflowError.ts"
import { CANCELLED, endingOn, type WorkflowRepositoryService } from "./WorkflowRepository.ts"
import { WorkflowRequest, WorkflowState } from "./WorkflowState.ts"

/** Maximum number of workflows that one statement moves: with 10 unfinished tasks each, in a tenth of the control pool's statement timeout. */
const WORKFLOWS_PER_STATEMENT = 500

/** A request of somebody to a workflow. */
interface Asked extends Pick<SqlMoves.Moved, "action"> {
  readonly projectId: string
  readonly workflowId: string
}

type Refusal = WorkflowNotFound | InvalidTransition | WorkflowAlreadyRunning

const Found = Schema.Struct({
  place: Schema.Int,
  state: WorkflowState,
  epoch: Schema.Int,
  requested: Schema.OptionFromNullOr(WorkflowRequest),
  /** The workflow that has not ended and keeps this one, which has failed, from having its exclusive key. */
  standing: Schema.NullOr(Schema.Struct({ workflowId: Schema.String, kind: Schema.String }))
})
type Found = typeof Found.Type

/** What a workflow's state allows on a request; undefined where that is nothing. */
const moveOn = (found: Found, action: Asked["action"]): SqlMoves.Move | undefined => {
  const { state } = found
  if (action === "retry") return state === "failed" ? "retry" : undefined
  if (action === "resume") return state === "paused" || state === "awaiting_input" ? "resume" : undefined
  const ending = endingOn(found, action)
  if (ending === undefined) return undefined
  if (state === "running") return "tell"
  return ending.state === CANCELLED.state ? "cancel" : "pause"
}

/**
 * The requests of `WorkflowRepository`. Those that are made at the same time share their statements; whichever was not carried out with
 * others, because somebody changed its workflow meanwhile or has locked it, is tried again by itself.
 */
export const make = Effect.gen(function* () {
  const { control, engine } = yield* Database
  const move = yield* SqlMoves.make

  const find = SqlSchema.findAll({
    Request: Schema.parseJson(
      Schema.Array(Schema.Struct({ place: Schema.Int, id: Schema.String, project_id: Schema.String }))
    ),
    Result: Found,
    execute: (named) => control`
      SELECT n.place, w.state, w.epoch, w.requested,
        CASE WHEN s.id IS NOT NULL THEN json_build_object('workflowId', s.id, 'kind', s.kind) END AS standing
      FROM json_to_recordset(${named}::json) AS n (place int, id uuid, project_id uuid)
      JOIN ${engine}.workflows w ON w.id = n.id AND w.project_id = n.project_id
      LEFT JOIN ${engine}.workflows s ON w.state = 'failed' AND s.project_id = w.project_id AND s.kind = w.kind
        AND s.exclusive_key = w.exclusive_key AND s.state NOT IN ('completed', 'failed')`
  })

  /** Tries to carry out requests. Each has an answer: a refusal, or whether it is carried out. */
  const attempt = (
    requests: ReadonlyArray<Asked>,
    lock: SqlMoves.Lock
  ): Effect.Effect<ReadonlyArray<Exit.Exit<boolean, Refusal>>, DatabaseError> =>
    Effect.gen(function* () {
      const named = requests.map(({ projectId, workflowId: id }, place) => ({ place, id, project_id: projectId }))
      const found = new Map((yield* plain(find(named))).map((each) => [each.place, each]))
      // By workflow: PostgreSQL leaves open what becomes of a row that a statement changes twice.
      const moves = new Map<string, { readonly move: SqlMoves.Move; readonly moved: SqlMoves.Moved }>()
      const refusals = requests.map(({ action, projectId, workflowId }, place): Refusal | undefined => {
        const each = found.get(place)
        if (each === undefined) return new WorkflowNotFound({ workflowId })
        const { epoch, standing, state } = each
        const allowed = moveOn(each, action)
        if (allowed === undefined) return new InvalidTransition({ workflowId, state, wanted: action })
        if (allowed === "retry" && standing !== null) return new WorkflowAlreadyRunning(standing)
        const moved = { place, id: workflowId, project_id: projectId, state, epoch, action }
        if (!moves.has(workflowId)) moves.set(workflowId, { move: allowed, moved })
        return undefined
      })
      const groups = Object.values(Array.groupBy(moves.values(), (each) => each.move))
      const done = yield* Effect.forEach(groups, (group) =>
        move(
          group[0].move,
          group.map(({ moved }) => moved),
          lock
        )
      )
      const isDone = new Set(done.flat())
      return refusals.map((refusal, place) =>
        refusal === undefined ? Exit.succeed(isDone.has(place)) : Exit.fail(refusal)
      )
    })

  const inBatch = yield* Batches.make({
    capacity: WORKFLOWS_PER_STATEMENT,
    run: (requests: ReadonlyArray<Asked>) => attempt(requests, "SKIP LOCKED")
  })
  const alone = (asked: Asked) =>
    Effect.flatMap(attempt([asked], ""), ([answer]) => answer ?? Effect.dieMessage("no answer")).pipe(
      Effect.repeat({ until: (isDone) => isDone })
    )
  const ask = (projectId: string, workflowId: string, action: Asked["action"]) => {
    const asked = { projectId, workflowId, action }
    return isUuid(projectId) && isUuid(workflowId)
      ? Effect.flatMap(inBatch(asked), (isDone) => (isDone ? Effect.void : Effect.asVoid(alone(asked))))
      : Effect.fail(new WorkflowNotFound({ workflowId }))
  }

  const request: WorkflowRepositoryService["request"] = (projectId, workflowId, wanted) =>
    Effect.catchTag(ask(projectId, workflowId, wanted), "WorkflowAlreadyRunning", Effect.die)
  const resume: WorkflowRepositoryService["resume"] = (projectId, workflowId) =>
    Effect.catchTag(ask(projectId, workflowId, "resume"), "WorkflowAlreadyRunning", Effect.die)
  const retry: WorkflowRepositoryService["retry"] = (projectId, workflowId) => ask(projectId, workflowId, "retry")
  return { request, resume, retry }
})
