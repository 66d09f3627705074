import { Config, Context } from "effect"
import { isIPv4 } from "node:net"

/** Only programs of this machine reach it. */
export const DEFAULT_HOST = "127.0.0.1"
/** A port that is not registered for anything else. */
export const DEFAULT_PORT = 4700

/** The largest number of a TCP port. */
export const LAST_PORT = 65_535

/** Enough for a page that loads, and for programs that ask often. */
const DEFAULT_REQUESTS_PER_SECOND = 100

/** Streams of events at once: each keeps a connection, and some kilobytes. Set by hand. */
export const DEFAULT_STREAMS = 1_600

/** Where to listen, and how much to answer. */
export interface ServeSettings {
  /** A name or an address of this machine. Default: 127.0.0.1, which only programs of this machine reach. */
  readonly host: string
  /** Default: 4700. 0 takes a free one. */
  readonly port: number
  /** Requests that a token, or an address without one, may send in the long run; five seconds' worth at once. Default: 100. */
  readonly requestsPerSecond: number
  /** Streams of events at once. A sender may hold as many as it leaves free for others: alone half of them. Default: 1,600. */
  readonly streams?: number
  /** Whether language models with the scope `run` may run SELECTs of their own (`run_query` of `/mcp`). Default: false. */
  readonly queries?: boolean
}

const count = (name: string) =>
  Config.integer(name).pipe(Config.validate({ message: "a whole number from 1", validation: (number) => number >= 1 }))

/** `SERVE_HOST`, `SERVE_PORT`, `SERVE_REQUESTS_PER_SECOND`, `SERVE_STREAMS` and `SERVE_QUERIES`. */
export const config: Config.Config<ServeSettings> = Config.all({
  host: Config.withDefault(Config.nonEmptyString("SERVE_HOST"), DEFAULT_HOST),
  port: Config.withDefault(
    Config.integer("SERVE_PORT").pipe(
      Config.validate({
        message: `a number from 0 to ${LAST_PORT}`,
        validation: (port) => port >= 0 && port <= LAST_PORT
      })
    ),
    DEFAULT_PORT
  ),
  requestsPerSecond: Config.withDefault(count("SERVE_REQUESTS_PER_SECOND"), DEFAULT_REQUESTS_PER_SECOND),
  streams: Config.withDefault(count("SERVE_STREAMS"), DEFAULT_STREAMS),
  queries: Config.withDefault(Config.boolean("SERVE_QUERIES"), false)
})

/** Whether a host or an address is this machine as it calls itself: nobody else reaches it. */
export const isLoopback = (host: string): boolean => {
  const name = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/^::ffff:/, "")
  return name === "localhost" || name === "::1" || (isIPv4(name) && name.startsWith("127."))
}

/** Where this process listens. */
export class Listening extends Context.Tag("workflow-infra/serve/Listening")<Listening, ServeSettings>() {}
