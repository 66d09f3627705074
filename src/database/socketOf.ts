import { Predicate } from "effect"
import { Socket } from "node:net"
import type * as Pg from "pg"

/** The socket of a connected client of the driver, which does not publish it; undefined if the driver keeps it elsewhere. */
export const socketOf = (client: Pg.ClientBase): Socket | undefined => {
  const connection: unknown = Reflect.get(client, "connection")
  const stream = Predicate.hasProperty(connection, "stream") ? connection.stream : undefined
  return stream instanceof Socket ? stream : undefined
}
