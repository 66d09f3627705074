import { Duration, Effect } from "effect"
import * as Net from "node:net"
import { DatasourceError } from "./DatasourceError.ts"
import type { Endpoint } from "./DatasourceUrl.ts"

/** The protocol's codes of CancelRequest and SSLRequest. */
const CANCEL = 80_877_102
const ENCRYPT = 80_877_103

/** Whether an endpoint is the directory of a Unix socket. */
export const isLocal = ({ address }: Endpoint): boolean => address.startsWith("/")

const open = (endpoint: Endpoint) =>
  isLocal(endpoint)
    ? Net.connect({ path: `${endpoint.address}/.s.PGSQL.${endpoint.port}` })
    : Net.connect({ host: endpoint.address, port: endpoint.port })

const request = (...words: ReadonlyArray<number>) => {
  const bytes = Buffer.alloc(4 * (words.length + 1))
  bytes.writeInt32BE(bytes.length, 0)
  words.forEach((word, place) => bytes.writeInt32BE(word, 4 * (place + 1)))
  return bytes
}

/** How long a cancel request's connection may stay open without traffic. */
const CANCEL_TIMEOUT = Duration.minutes(1)

/**
 * Sends a CancelRequest on a connection of its own, unencrypted; it needs no free connection slot and passes poolers. Completes when the server
 * closes the connection, and never fails. It is not closed here, even after an interruption, because PgBouncer 1.18 crashes if its client
 * closes first.
 */
export const cancel = (endpoint: Endpoint, processId: number, secret: number): Effect.Effect<void> =>
  Effect.async((resume) => {
    const socket = open(endpoint)
    socket.setTimeout(Duration.toMillis(CANCEL_TIMEOUT), () => socket.destroy())
    socket.unref()
    socket.on("connect", () => socket.write(request(CANCEL, processId, secret)))
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.void))
    socket.resume()
  })

/**
 * Sends an SSLRequest: true if the server supports TLS. Fails with `DatasourceError` ("not-postgres") if the answer is not PostgreSQL's, for
 * which the driver would wait without end, and with the network's error, or "connection timeout" after `timeout`.
 */
export const greet = (
  endpoint: Endpoint,
  display: string,
  timeout: Duration.Duration
): Effect.Effect<boolean, unknown> =>
  Effect.async<boolean, unknown>((resume) => {
    const notPostgres = new DatasourceError({
      reason: "not-postgres",
      message: `${display}: something listens there, but it is not PostgreSQL: check host and port`,
      code: null
    })
    const socket = open(endpoint)
    socket.on("connect", () => socket.write(request(ENCRYPT)))
    socket.once("data", (answer) => {
      const said = answer.toString("latin1")
      resume(/^[SN]$|^E/.test(said) ? Effect.succeed(said === "S") : Effect.fail(notPostgres))
      socket.destroy()
    })
    socket.on("error", (error) => resume(Effect.fail(error)))
    socket.on("end", () => resume(Effect.fail(notPostgres)))
    return Effect.sync(() => socket.destroy())
  }).pipe(Effect.timeoutFail({ duration: timeout, onTimeout: () => new Error("connection timeout") }))
