import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect, Option } from "effect"
import type { InvalidTransition, WorkflowAlreadyRunning, WorkflowNotFound } from "../../workflow/WorkflowError.ts"
import { WorkflowInfra } from "../../workflow/WorkflowInfra.ts"
import { CurrentProject } from "../api/Access.ts"
import { MAX_BULK, type WorkflowAction } from "../api/WorkflowsApi.ts"
import { Api } from "../Api.ts"
import { alreadyRunning, badRequest, notFound, orUnavailable, wrongState } from "../http/Problems.ts"
import { taskJson, workflowJson } from "../WorkflowJson.ts"
import { pageOf } from "./Pages.ts"

const missing = ({ message }: WorkflowNotFound) => notFound(message)
const invalidCursor = ({ message }: { readonly message: string }) => badRequest(`cursor: ${message}`)

export const WorkflowsLive = HttpApiBuilder.group(Api, "workflows", (handlers) =>
  Effect.map(WorkflowInfra, (infra) => {
    const get = (projectId: string, workflowId: string) =>
      infra.get(projectId, workflowId).pipe(
        Effect.mapError((error) => (error._tag === "WorkflowNotFound" ? missing(error) : error)),
        orUnavailable
      )

    const act = <E>(workflowId: string, request: (projectId: string, workflowId: string) => Effect.Effect<void, E>) =>
      Effect.gen(function* () {
        const { id } = yield* CurrentProject
        yield* request(id, workflowId)
        return yield* get(id, workflowId)
      })

    const simple = (action: "cancel" | "pause" | "resume", workflowId: string) =>
      act(workflowId, (projectId, id) =>
        infra[action](projectId, id).pipe(
          Effect.catchTags({
            WorkflowNotFound: (error) => Effect.fail(missing(error)),
            InvalidTransition: (error: InvalidTransition) => Effect.fail(wrongState(error))
          }),
          orUnavailable
        )
      )

    const inBulk = (projectId: string, action: WorkflowAction, ids: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        const refused = yield* Effect.forEach(
          ids,
          (workflowId) =>
            infra[action](projectId, workflowId).pipe(
              Effect.as(Option.none<{ readonly workflowId: string; readonly reason: string }>()),
              Effect.catchTags({
                WorkflowNotFound: ({ message }) => Effect.succeedSome({ workflowId, reason: message }),
                InvalidTransition: ({ message }: InvalidTransition) =>
                  Effect.succeedSome({ workflowId, reason: message }),
                WorkflowAlreadyRunning: ({ message }: WorkflowAlreadyRunning) =>
                  Effect.succeedSome({ workflowId, reason: message })
              })
            ),
          // Requests that are made at the same time share their statements.
          { concurrency: "unbounded" }
        )
        const reasons = refused.flatMap(Option.toArray)
        return { done: ids.length - reasons.length, refused: reasons }
      })

    return handlers
      .handleRaw("list", ({ urlParams }) =>
        Effect.gen(function* () {
          const { id } = yield* CurrentProject
          const { next, workflows } = yield* infra.list({ ...urlParams, projectId: id }).pipe(
            Effect.catchTag("InvalidCursor", (error) => Effect.fail(invalidCursor(error))),
            orUnavailable
          )
          return yield* pageOf("workflows", workflows, workflowJson, next)
        })
      )
      .handle("get", ({ path }) => Effect.flatMap(CurrentProject, ({ id }) => get(id, path.workflow)))
      .handleRaw("tasks", ({ path, urlParams }) =>
        Effect.gen(function* () {
          const { id: projectId } = yield* CurrentProject
          const { id: workflowId } = yield* get(projectId, path.workflow)
          const { next, tasks } = yield* infra.tasks({ ...urlParams, projectId, workflowId }).pipe(
            Effect.catchTag("InvalidCursor", (error) => Effect.fail(invalidCursor(error))),
            orUnavailable
          )
          return yield* pageOf("tasks", tasks, taskJson, next)
        })
      )
      .handle("throughput", ({ urlParams }) =>
        Effect.flatMap(CurrentProject, ({ id }) => orUnavailable(infra.throughput({ ...urlParams, projectId: id })))
      )
      .handle("lostOwners", ({ path }) =>
        Effect.gen(function* () {
          const { id: projectId } = yield* CurrentProject
          const { id } = yield* get(projectId, path.workflow)
          return { lostOwners: yield* orUnavailable(infra.lostOwners(projectId, id)) }
        })
      )
      .handle("cancel", ({ path }) => simple("cancel", path.workflow))
      .handle("pause", ({ path }) => simple("pause", path.workflow))
      .handle("resume", ({ path }) => simple("resume", path.workflow))
      .handle("retry", ({ path }) =>
        act(path.workflow, (projectId, id) =>
          infra.retry(projectId, id).pipe(
            Effect.catchTags({
              WorkflowNotFound: (error) => Effect.fail(missing(error)),
              InvalidTransition: (error) => Effect.fail(wrongState(error)),
              WorkflowAlreadyRunning: (error) => Effect.fail(alreadyRunning(error))
            }),
            orUnavailable
          )
        )
      )
      .handle("bulk", ({ payload: { action, cursor, filter, ids } }) =>
        Effect.gen(function* () {
          const { id: projectId } = yield* CurrentProject
          if (ids !== undefined) {
            return { ...(yield* orUnavailable(inBulk(projectId, action, ids))), next: Option.none<string>() }
          }
          const { next, workflows } = yield* infra.list({ ...filter, projectId, limit: MAX_BULK, cursor }).pipe(
            Effect.catchTag("InvalidCursor", (error) => Effect.fail(invalidCursor(error))),
            orUnavailable
          )
          const found = workflows.map(({ id }) => id)
          return { ...(yield* orUnavailable(inBulk(projectId, action, found))), next }
        })
      )
  })
)
