import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect, Option } from "effect"
import { WorkflowInfra } from "../../workflow/WorkflowInfra.ts"
import { CurrentProject } from "../api/Access.ts"
import { Api } from "../Api.ts"
import * as EventStream from "../events/EventStream.ts"
import { Feeds } from "../events/Feeds.ts"
import { notFound, orUnavailable } from "../http/Problems.ts"

export const EventsLive = HttpApiBuilder.group(Api, "events", (handlers) =>
  Effect.gen(function* () {
    const infra = yield* WorkflowInfra
    const feeds = yield* Feeds
    return handlers
      .handleRaw("ofWorkflow", ({ headers, path }) =>
        Effect.gen(function* () {
          const { id: projectId } = yield* CurrentProject
          const { id } = yield* infra.get(projectId, path.workflow).pipe(
            Effect.catchTag("WorkflowNotFound", ({ message }) => Effect.fail(notFound(message))),
            orUnavailable
          )
          return EventStream.respond(feeds.workflow(projectId, id, Option.fromNullable(headers["last-event-id"])))
        })
      )
      .handleRaw("ofProject", ({ headers }) =>
        Effect.map(CurrentProject, ({ id }) =>
          EventStream.respond(feeds.project(id, Option.fromNullable(headers["last-event-id"])))
        )
      )
  })
)
