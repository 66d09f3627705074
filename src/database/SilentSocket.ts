import { Socket } from "node:net"
import { Duration } from "effect"

/**
 * A socket for a connection to PostgreSQL. When nothing is sent or received for `silence`, it is destroyed with an `ETIMEDOUT` error, also
 * when the connection is idle. Without it, waiting on a half-open connection (a firewall dropped it, or the server's machine is gone)
 * would never end, because PostgreSQL's own timeout errors cannot arrive. Has to be longer than the statement timeout, so that those
 * errors arrive first.
 */
export const endingAfter = (silence: Duration.Duration): Socket => {
  const socket = new Socket()
  const message = `the database did not answer within ${Duration.format(silence)}`
  return socket.setTimeout(Duration.toMillis(silence), () =>
    socket.destroy(Object.assign(new Error(message), { code: "ETIMEDOUT" }))
  )
}
