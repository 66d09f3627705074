import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Option, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import type { Binaries } from "./Binaries.ts"
import { directoryError, EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import * as GuardedProcess from "./GuardedProcess.ts"
import { findProcess } from "./ProcessTable.ts"
import { problemIn } from "./ServerLog.ts"
import { SUPERUSER } from "./Settings.ts"
import { identity, type ServerUser } from "./ServerUser.ts"

/** The major version of PostgreSQL whose data directories the binaries can open. */
const MAJOR_VERSION = "18"

/** A database cluster on disk: its data directory, the log of its server, the superuser's password. */
export interface Cluster {
  readonly data: string
  readonly log: string
  readonly password: Redacted.Redacted
}

/** The folder inside the chosen directory that holds one cluster: `data/`, `password` and `server.log`. */
export const CLUSTER_FOLDER = "postgres"

/** Bytes of a generated password, before it is written in base64. */
const PASSWORD_BYTES = 24

/** More than initdb ever takes on a slow disk. */
const INITDB_TIMEOUT = "3 minutes"

/**
 * Opens the cluster below `directory`, making it where there is none. A cluster is made under another name and renamed
 * when it is complete, password included: one whose making was cut short is never seen, and is removed at the next start.
 */
export const openCluster = Effect.fn("Cluster.openCluster")(function* (
  directory: string,
  binaries: Binaries,
  user: Option.Option<ServerUser>
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = path.join(directory, CLUSTER_FOLDER)
  const data = path.join(folder, "data")
  const version = fs.readFileString(path.join(data, "PG_VERSION")).pipe(Effect.map((text) => text.trim()))

  yield* removeHalfMade(directory)
  const present = yield* fs.exists(data).pipe(Effect.mapError(directoryError(`look into ${folder}`)))
  if (!present) yield* makeCluster(directory, folder, binaries, user)
  const found = yield* version.pipe(Effect.mapError(directoryError(`read PostgreSQL's data in ${data}`)))
  if (found !== MAJOR_VERSION) {
    return yield* new EmbeddedPostgresError({
      reason: "Version",
      message: `The data in ${data} are PostgreSQL ${found}'s, and this is PostgreSQL ${MAJOR_VERSION}: move them away, or use that version's pg_dump`
    })
  }
  const password = yield* fs
    .readFileString(path.join(folder, "password"))
    .pipe(Effect.mapError(directoryError(`read the password of PostgreSQL's data in ${folder}`)))
  return { data, log: path.join(folder, "server.log"), password: Redacted.make(password.trim()) } satisfies Cluster
})

const halfMade = `${CLUSTER_FOLDER}.new-`

const makeCluster = Effect.fn("Cluster.makeCluster")(function* (
  directory: string,
  folder: string,
  binaries: Binaries,
  user: Option.Option<ServerUser>
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const writing = Effect.mapError(directoryError(`write to ${directory}`))
  const temporary = path.join(directory, `${halfMade}${process.pid}-${randomBytes(4).toString("hex")}`)
  yield* Effect.acquireRelease(fs.makeDirectory(temporary, { mode: 0o700 }).pipe(writing), () =>
    Effect.ignore(fs.remove(temporary, { recursive: true, force: true }))
  )
  const password = path.join(temporary, "password")
  const log = path.join(temporary, "server.log")
  yield* fs
    .writeFileString(password, randomBytes(PASSWORD_BYTES).toString("base64url"), { flag: "wx", mode: 0o600 })
    .pipe(writing)
  const { gid, uid } = identity(user)
  if (uid !== undefined && gid !== undefined) {
    yield* Effect.forEach([password, temporary], (file) => fs.chown(file, uid, gid)).pipe(writing)
  }

  const initdb = yield* GuardedProcess.start({
    command: binaries.initdb,
    args: [
      ...["--pgdata", path.join(temporary, "data"), "--username", SUPERUSER, "--pwfile", password],
      ...["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-instructions"],
      // The collation is PostgreSQL's own C.UTF-8, which is the same on every system and needs no installed locale.
      ...["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    ],
    env: { LC_ALL: "C", TZ: "UTC" },
    log,
    user
  })
  const status = yield* initdb.exit.pipe(Effect.timeoutOption(INITDB_TIMEOUT))
  if (!Option.contains(status, 0)) {
    const problem = Option.isNone(status) ? `no end within ${INITDB_TIMEOUT}` : yield* problemIn(log)
    return yield* new EmbeddedPostgresError({
      reason: "Failed",
      message: `PostgreSQL could not make its data directory in ${directory}: ${problem}`
    })
  }
  yield* fs.rename(temporary, folder).pipe(
    // Another process made one at the same time and was faster: its cluster is the one.
    Effect.catchAll((error) =>
      Effect.flatMap(fs.exists(path.join(folder, "data")), (made) => (made ? Effect.void : Effect.fail(error)))
    ),
    writing
  )
}, Effect.scoped)

const removeHalfMade = Effect.fn("Cluster.removeHalfMade")(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const entries = yield* fs.readDirectory(directory).pipe(Effect.mapError(directoryError(`read ${directory}`)))
  for (const entry of entries) {
    if (!entry.startsWith(halfMade)) continue
    const maker = yield* findProcess(Number.parseInt(entry.slice(halfMade.length), 10))
    if (Option.isNone(maker)) {
      yield* Effect.ignore(fs.remove(path.join(directory, entry), { recursive: true, force: true }))
    }
  }
})
