import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect, type Option, Redacted, Schedule, type Scope } from "effect"
import { createServer } from "node:net"
import * as Pg from "pg"
import { identity, type ServerUser, serverUser } from "../../src/embedded/ServerUser.ts"
import { portOf } from "./Proxy.ts"

/** What every server of a test's own runs with. */
export const environment = { LC_ALL: "C", TZ: "UTC" }

/** A folder for a server's user, removed with the scope. */
export const folder: Effect.Effect<
  { readonly path: string; readonly user: Option.Option<ServerUser> },
  never,
  Scope.Scope
> = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Effect.acquireRelease(fs.makeTempDirectory({ prefix: "workflow-infra-postgres-" }), (made) =>
    fs.remove(made, { recursive: true }).pipe(Effect.retry(Schedule.recurs(20)), Effect.ignore)
  )
  const user = yield* serverUser(path)
  const { gid, uid } = identity(user)
  if (uid !== undefined && gid !== undefined) yield* fs.chown(path, uid, gid)
  return { path, user }
}).pipe(Effect.provide(NodeContext.layer), Effect.orDie)

/** Waits until a server answers. */
export const answers = (url: Redacted.Redacted) =>
  Effect.acquireUseRelease(
    Effect.sync(() => new Pg.Client({ connectionString: Redacted.value(url) })),
    (client) => Effect.tryPromise(() => client.connect().then(() => client.query("SELECT 1"))),
    (client) => Effect.ignore(Effect.tryPromise(() => client.end()))
  ).pipe(Effect.retry(Schedule.intersect(Schedule.spaced("25 millis"), Schedule.recurUpTo("60 seconds"))))

/** A port of this machine that nobody listens on now. */
export const freePort: Effect.Effect<number> = Effect.async((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const port = portOf(server.address())
    server.close(() => resume(Effect.succeed(port)))
  })
})
