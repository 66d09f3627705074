import { Socket } from "node:net"
import { Duration } from "effect"

/**
 * A socket for a connection to PostgreSQL that ends with an error when nothing has passed for so long, also where nobody waits for
 * anything. Without it a half-open connection (a firewall has forgotten it, or the server's machine is gone) is waited for for ever:
 * the server's own timeouts do not arrive. Let it be longer than a statement may take, so that the server's answer comes first.
 */
export const endingAfter = (silence: Duration.Duration): Socket => {
  const socket = new Socket()
  const message = `the database did not answer within ${Duration.format(silence)}`
  return socket.setTimeout(Duration.toMillis(silence), () =>
    socket.destroy(Object.assign(new Error(message), { code: "ETIMEDOUT" }))
  )
}
