import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect, Redacted, type Scope } from "effect"
import { existsSync } from "node:fs"
import { join } from "node:path"
import * as GuardedProcess from "../../src/embedded/GuardedProcess.ts"
import { answers, environment, folder, freePort } from "./Running.ts"

/** Where Debian's packages have PgBouncer. */
const PGBOUNCER = "/usr/sbin/pgbouncer"

/** Whether a PgBouncer is there. */
export const isThere = existsSync(PGBOUNCER)

/**
 * A PgBouncer in transaction mode in front of a server, with so many connections to it; the result is the server's URL through it. It
 * asks a server that did not answer again after a second, and not after 15 as by default: what is measured here is ours.
 */
export const inFrontOf = (
  server: Redacted.Redacted,
  size: number
): Effect.Effect<Redacted.Redacted, never, Scope.Scope> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { path, user } = yield* folder
    const port = yield* freePort
    const target = new URL(Redacted.value(server))
    const [config, log] = [join(path, "pgbouncer.ini"), join(path, "pgbouncer.log")]
    yield* fs.writeFileString(join(path, "users"), `"${target.username}" "${decodeURIComponent(target.password)}"\n`)
    yield* fs.writeFileString(
      config,
      `[databases]
* = host=${target.hostname} port=${target.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${join(path, "users")}
pool_mode = transaction
default_pool_size = ${size}
max_client_conn = 200
server_login_retry = 1
`
    )
    const process = yield* GuardedProcess.start({ command: PGBOUNCER, args: [config], env: environment, log, user })
    const failed = Effect.flatMap(fs.readFileString(log), (why) =>
      Effect.dieMessage(`PgBouncer could not start: ${why}`)
    )
    target.port = String(port)
    // PgBouncer takes no parameters of a session.
    target.search = ""
    const url = Redacted.make(target.href)
    yield* Effect.raceFirst(answers(url), Effect.zipRight(process.exit, failed))
    return url
  }).pipe(Effect.provide(NodeContext.layer), Effect.orDie)
