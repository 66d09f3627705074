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

/** Where to listen, and how much to answer. */
export interface ServeSettings {
  /** A name or an address of this machine. Default: 127.0.0.1, which only programs of this machine reach. */
  readonly host: string
  /** Default: 4700. 0 takes a free one. */
  readonly port: number
  /** Requests that a token, or an address without one, may send in the long run; five seconds' worth at once. Default: 100. */
  readonly requestsPerSecond: number
}

/** `SERVE_HOST`, `SERVE_PORT` and `SERVE_REQUESTS_PER_SECOND`. */
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
  requestsPerSecond: Config.withDefault(
    Config.integer("SERVE_REQUESTS_PER_SECOND").pipe(
      Config.validate({ message: "a whole number from 1", validation: (number) => number >= 1 })
    ),
    DEFAULT_REQUESTS_PER_SECOND
  )
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
