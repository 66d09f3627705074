import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { Duration, Effect, Option, Schedule, Stream } from "effect"
import { WorkflowInfra } from "../../workflow/WorkflowInfra.ts"
import { Callers } from "../access/Authorization.ts"
import { CurrentProject } from "../api/Access.ts"
import { Api } from "../Api.ts"
import * as EventStream from "../events/EventStream.ts"
import { Feeds } from "../events/Feeds.ts"
import * as StreamLimit from "../events/StreamLimit.ts"
import { notFound, orUnavailable, tooManyRequests } from "../http/Problems.ts"
import { DEFAULT_STREAMS, Listening } from "../ServeSettings.ts"

/** Interval between two checks of a stream's token: as long as `Tokens` remembers a verified one, so that a check is rarely a statement. */
const LOOK_INTERVAL = Duration.seconds(5)

export const EventsLive = HttpApiBuilder.group(Api, "events", (handlers) =>
  Effect.gen(function* () {
    const infra = yield* WorkflowInfra
    const feeds = yield* Feeds
    const { caller } = yield* Callers
    const { streams = DEFAULT_STREAMS } = yield* Listening
    const { held, hold } = StreamLimit.make(streams)

    /** A place for a stream, as long as its request lasts. */
    const place = Effect.gen(function* () {
      const { key, name } = yield* caller
      if (yield* hold(key)) return
      return yield* Effect.fail(
        tooManyRequests(
          `${name} follows ${yield* held(key)} streams of events, as many as are free for all others: close one first; a project's stream tells of all its workflows`
        )
      )
    })

    /** Streams events until the request's token is revoked. During an outage of our database this is unknown, and the stream goes on. */
    const respond = <E>(events: Stream.Stream<Uint8Array, E>) =>
      Effect.gen(function* () {
        yield* place
        const request = yield* HttpServerRequest.HttpServerRequest
        const isRevoked = caller.pipe(
          Effect.match({ onFailure: ({ _tag }) => _tag === "Unauthorized", onSuccess: () => false }),
          Effect.provideService(HttpServerRequest.HttpServerRequest, request)
        )
        const revoked = Effect.repeat(isRevoked, {
          until: (is) => is,
          schedule: Schedule.spaced(LOOK_INTERVAL)
        })
        return EventStream.respond(Stream.interruptWhen(events, revoked))
      })

    return handlers
      .handleRaw("ofWorkflow", ({ headers, path }) =>
        Effect.gen(function* () {
          const { id: projectId } = yield* CurrentProject
          const { id } = yield* infra.get(projectId, path.workflow).pipe(
            Effect.catchTag("WorkflowNotFound", ({ message }) => Effect.fail(notFound(message))),
            orUnavailable
          )
          return yield* respond(feeds.workflow(projectId, id, Option.fromNullable(headers["last-event-id"])))
        })
      )
      .handleRaw("ofProject", ({ headers }) =>
        Effect.flatMap(CurrentProject, ({ id }) =>
          respond(feeds.project(id, Option.fromNullable(headers["last-event-id"])))
        )
      )
  })
)
