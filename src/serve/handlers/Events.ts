import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { Clock, Duration, Effect, Option, type Scope } from "effect"
import { WorkflowInfra } from "../../workflow/WorkflowInfra.ts"
import { Callers } from "../access/Authorization.ts"
import { CurrentProject } from "../api/Access.ts"
import { Api } from "../Api.ts"
import * as EventStream from "../events/EventStream.ts"
import type { Pull } from "../events/Feed.ts"
import { Feeds } from "../events/Feeds.ts"
import * as StreamLimit from "../events/StreamLimit.ts"
import { notFound, orUnavailable, tooManyRequests } from "../http/Problems.ts"
import { DEFAULT_STREAMS, Listening } from "../ServeSettings.ts"

/** Interval between two checks of a stream's token: less than between two pieces that it is sent. `Tokens` remembers a verified one. */
const LOOK_INTERVAL = Duration.seconds(4)

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

    /** Events until the request's token is revoked. During an outage of our database this is unknown, and they go on. */
    const unlessRevoked = <E, R>(events: Effect.Effect<Pull<E>, never, R>) =>
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const isRevoked = caller.pipe(
          Effect.match({ onFailure: ({ _tag }) => _tag === "Unauthorized", onSuccess: () => false }),
          Effect.provideService(HttpServerRequest.HttpServerRequest, request)
        )
        const next = yield* events
        let looked = yield* Clock.currentTimeMillis
        const isOver = Effect.flatMap(Clock.currentTimeMillis, (now) => {
          if (now - looked < Duration.toMillis(LOOK_INTERVAL)) return Effect.succeed(false)
          looked = now
          return isRevoked
        })
        // Each piece is withheld that a client must not be sent any more; a feed has one at least as often as this looks.
        return Effect.flatMap(next, (piece) => Effect.map(isOver, (is) => (is ? Option.none() : piece)))
      })

    const respond = <E>(events: Effect.Effect<Pull<E>, never, Scope.Scope>) =>
      Effect.gen(function* () {
        yield* place
        const request = yield* HttpServerRequest.HttpServerRequest
        return EventStream.respond(
          Effect.provideService(unlessRevoked(events), HttpServerRequest.HttpServerRequest, request)
        )
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
