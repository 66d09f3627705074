import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { createServer } from "node:http"
import { Context, Data, Deferred, Duration, Effect, Layer } from "effect"
import { DEFAULT_STREAMS, type ServeSettings } from "../ServeSettings.ts"

/** How long requests may go on after a shutdown has begun. Streams of events end at once. */
const GRACE = Duration.seconds(3)
/** How often, while it closes, the server looks for connections that nobody uses any more. */
const IDLE_LOOK = Duration.millis(20)
/** Time limits for receiving a whole request and its headers: a slow sender occupies a connection. Set by hand. */
const REQUEST_TIMEOUT = Duration.seconds(30)
const HEADERS_TIMEOUT = Duration.seconds(10)
/** Interval between two checks for requests beyond these limits. */
const SLOWNESS_LOOK = Duration.seconds(5)
/** Connections at once beside those of event streams, which keep theirs. Set by hand. */
const OTHER_CONNECTIONS = 400

/** Done when the server shuts down. */
export class Closing extends Context.Tag("workflow-infra/serve/Closing")<Closing, Deferred.Deferred<void>>() {}

/** Nobody can listen there: `reason` says why, in a few words. */
export class CannotListen extends Data.TaggedError("CannotListen")<{
  readonly place: string
  readonly reason: string
}> {
  override get message() {
    return `cannot listen on ${this.place}: ${this.reason}`
  }
}

const REASONS: Record<string, string> = {
  EADDRINUSE: "another program listens there; --port takes another port",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "permission denied",
  ENOTFOUND: "there is no such host"
}

const reasonOf = (cause: unknown): string => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)
  return REASONS[code] ?? code
}

/**
 * Node's HTTP server. When its scope closes it takes no more requests, event streams end (`Closing`), and what goes on for longer than three
 * seconds is cut off, so that no client holds up a shutdown.
 */
export const layer = ({ host, port, streams = DEFAULT_STREAMS }: ServeSettings) =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const server = createServer({
        requestTimeout: Duration.toMillis(REQUEST_TIMEOUT),
        headersTimeout: Duration.toMillis(HEADERS_TIMEOUT),
        connectionsCheckingInterval: Duration.toMillis(SLOWNESS_LOOK)
      })
      server.maxConnections = streams + OTHER_CONNECTIONS
      const closing = yield* Deferred.make<void>()
      const close = Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
      })
      // A connection is idle when its answer has ended: a stream's ends a moment later than the server is closed.
      const closeIdle = Effect.forever(
        Effect.delay(
          Effect.sync(() => server.closeIdleConnections()),
          IDLE_LOOK
        )
      )
      const listening = NodeHttpServer.layer(() => server, { host, port }).pipe(
        Layer.mapError(({ cause }) => new CannotListen({ place: `${host}:${port}`, reason: reasonOf(cause) }))
      )
      const gracefully = Layer.scopedDiscard(
        Effect.addFinalizer(() =>
          Deferred.succeed(closing, undefined).pipe(
            Effect.zipRight(Effect.raceFirst(close, closeIdle)),
            Effect.disconnect,
            Effect.interruptible,
            Effect.timeoutOption(GRACE),
            Effect.zipRight(Effect.sync(() => server.closeAllConnections()))
          )
        )
      )
      return Layer.merge(Layer.provideMerge(gracefully, listening), Layer.succeed(Closing, closing))
    })
  )
