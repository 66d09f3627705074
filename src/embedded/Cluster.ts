import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type { PlatformError } from "@effect/platform/Error"
import { Duration, Effect, Option, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import type { Binaries } from "./Binaries.ts"
import { damaged, diagnose, directoryError, gone, otherVersion, type Place, wrongPassword } from "./Diagnosis.ts"
import * as GuardedProcess from "./GuardedProcess.ts"
import { findProcess } from "./ProcessTable.ts"
import { problemIn } from "./ServerLog.ts"
import { SUPERUSER } from "./Settings.ts"
import { identity, nameOf, type ServerUser } from "./ServerUser.ts"

/** The major version of PostgreSQL whose data directories the binaries can open. */
const MAJOR_VERSION = "18"

/** A database cluster on disk: its folder, data directory, server log and superuser's password. */
export interface Cluster extends Place {
  readonly data: string
  readonly password: Redacted.Redacted
}

/** The folder inside the chosen directory that holds one cluster: `data/`, `password` and `server.log`. */
export const CLUSTER_FOLDER = "postgres"

/** Random bytes of a generated password: 192 bits, 32 characters in base64. */
const PASSWORD_BYTES = 24

/** How long initdb may take: usually 2 s, 20 s on a busy machine, about a minute on a very slow disk. */
const INITDB_TIMEOUT = Duration.minutes(5)

/**
 * Opens the cluster below `directory`, or makes a new one. A new cluster is made under a temporary name, and renamed when it
 * and its password file are complete; if the process dies before that, the next start removes it. An existing folder is
 * never changed: fails with `Damaged` when it is not a complete cluster, `Version` when it is of another major version,
 * `Password` when its password file is missing or empty, and `Directory` or `Failed` when it cannot be read or made.
 */
export const openCluster = Effect.fn("Cluster.openCluster")(function* (
  directory: string,
  binaries: Binaries,
  user: Option.Option<ServerUser>
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = path.join(directory, CLUSTER_FOLDER)
  const place: Place = { folder, owner: nameOf(user), log: path.join(folder, "server.log") }

  yield* removeHalfMade(directory)
  if (yield* isAbsent(place)) yield* makeCluster(directory, place, binaries, user)
  const data = yield* checkData(place)
  const password = yield* fs.readFileString(path.join(folder, "password")).pipe(
    Effect.map((text) => text.trim()),
    Effect.mapError((error) =>
      isMissing(error) ? wrongPassword(folder, "is missing", error) : diagnose(place, describe(error), error)
    )
  )
  if (password === "") return yield* wrongPassword(folder, "is empty")
  return { ...place, data, password: Redacted.make(password) } satisfies Cluster
})

/** The operating system's message without the names of Effect's module and method. */
const describe = (error: PlatformError): string => error.description ?? error.message

const isMissing = (error: PlatformError): boolean => error._tag === "SystemError" && error.reason === "NotFound"

/** Whether there is no cluster: the folder is missing, or is empty and so may be replaced. */
const isAbsent = Effect.fn("Cluster.isAbsent")(function* (place: Place) {
  const fs = yield* FileSystem.FileSystem
  const entries = yield* fs.readDirectory(place.folder).pipe(
    Effect.catchIf(isMissing, () => Effect.succeed([])),
    Effect.mapError((error) => diagnose(place, describe(error), error))
  )
  return entries.length === 0
})

/**
 * The data directory of an existing cluster, after a check that its file PG_VERSION names this major version. Fails with
 * `Damaged`, `Version`, `Directory` (the folder was removed), or what `diagnose` finds.
 */
export const checkData = Effect.fn("Cluster.checkData")(function* (place: Place) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const data = path.join(place.folder, "data")
  const exists = Effect.orElseSucceed(fs.exists(place.folder), () => true)
  const missing = Effect.flatMap(exists, (there) =>
    Effect.fail(there ? damaged(place.folder, "there is no file data/PG_VERSION") : gone(place.folder))
  )
  const version = yield* fs.readFileString(path.join(data, "PG_VERSION")).pipe(
    Effect.map((text) => text.trim()),
    Effect.catchAll((error) => (isMissing(error) ? missing : diagnose(place, describe(error), error)))
  )
  if (version === MAJOR_VERSION) return data
  return yield* /^\d+(?:\.\d+)?$/.test(version)
    ? otherVersion(place.folder, version, MAJOR_VERSION)
    : damaged(place.folder, "the file data/PG_VERSION holds no version")
})

const halfMade = `${CLUSTER_FOLDER}.new-`

const makeCluster = Effect.fn("Cluster.makeCluster")(function* (
  directory: string,
  { folder, owner }: Place,
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
  yield* writeDurably(password, randomBytes(PASSWORD_BYTES).toString("base64url")).pipe(writing)
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
  }).pipe(Effect.mapError((error) => diagnose({ folder: directory, owner, log }, error.message, error)))
  const status = yield* initdb.exit.pipe(Effect.timeoutOption(INITDB_TIMEOUT))
  if (!Option.contains(status, 0)) {
    const slow = `no end of initdb within ${Duration.format(INITDB_TIMEOUT)}`
    return yield* notMade(directory, Option.isNone(status) ? slow : yield* problemIn(log))
  }
  yield* fs.rename(temporary, folder).pipe(
    // Another process has made a cluster meanwhile: that one is used.
    Effect.catchAll((error) =>
      Effect.flatMap(fs.exists(path.join(folder, "data")), (made) => (made ? Effect.void : Effect.fail(error)))
    ),
    writing
  )
}, Effect.scoped)

/** The error for a cluster that could not be made, of which nothing is left on disk. */
const notMade = (directory: string, why: string) =>
  directoryError(`make PostgreSQL's data directory in ${directory}`)({ message: why })

/** Writes a new file that only its owner may read, and syncs it, so that it survives a crash of the machine. */
const writeDurably = (file: string, text: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.open(file, { flag: "wx", mode: 0o600 })).pipe(
    Effect.tap((opened) => opened.writeAll(new TextEncoder().encode(text))),
    Effect.flatMap((opened) => opened.sync),
    Effect.scoped
  )

/** Removes the unfinished clusters of processes that have died. */
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
