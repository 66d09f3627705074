import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Option } from "effect"
import { createHash } from "node:crypto"
import { CLUSTER_FOLDER } from "./Cluster.ts"
import { directoryError } from "./Diagnosis.ts"
import { EmbeddedPostgresError, oneLine } from "./EmbeddedPostgresError.ts"
import { canEnter, runAs, type ServerUser, serverUser } from "./ServerUser.ts"

/**
 * Where root keeps what PostgreSQL's user could not reach elsewhere: the data of a project below /root, and a copy of the
 * binaries. Only root can write to /var/lib, so no other user can have prepared the folder.
 */
export const ROOT_HOME = "/var/lib/workflow-infra"

/** Hexadecimal digits (64 bits) of the SHA-256 of a directory's path, which name its folder below `ROOT_HOME`. */
const HASH_LENGTH = 16

/** Where the cluster is. */
interface Location {
  /** The folder that contains the cluster's. */
  readonly directory: string
  /** The folder for a copy of the binaries. */
  readonly home: string
  /** The user that the server runs as; none means this process's. */
  readonly user: Option.Option<ServerUser>
}

/**
 * Decides where the cluster for `wanted` is, and makes that folder: `wanted` itself, or under root, when PostgreSQL's user
 * cannot enter it, the folder below `ROOT_HOME` that is named by the hash of its real path. An existing cluster in either
 * place is preferred. Fails with `Directory`, and with `Unsupported` when root cannot run programs as another user.
 */
export const locate = Effect.fn("Location.locate")(function* (wanted: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const asked = path.resolve(wanted)
  yield* makeFolder(asked)
  const directory = yield* fs.realPath(asked).pipe(Effect.mapError(directoryError(`resolve ${asked}`)))
  const user = yield* serverUser(path.join(directory, CLUSTER_FOLDER))
  if (Option.isNone(user)) return { directory, home: directory, user } satisfies Location
  yield* canBecome(user.value)

  const hash = createHash("sha256").update(directory).digest("hex").slice(0, HASH_LENGTH)
  const elsewhere = path.join(ROOT_HOME, hash)
  const hasCluster = (folder: string) =>
    Effect.orElseSucceed(fs.exists(path.join(folder, CLUSTER_FOLDER, "data")), () => false)
  if (yield* hasCluster(elsewhere)) return { directory: elsewhere, home: ROOT_HOME, user } satisfies Location
  if (yield* canEnter(user, directory)) return { directory, home: ROOT_HOME, user } satisfies Location
  if (yield* hasCluster(directory)) {
    return yield* new EmbeddedPostgresError({
      reason: "Directory",
      message: `PostgreSQL's data are in ${directory}, which the user ${user.value.name} cannot enter any more: allow it with chmod a+x, or set DATABASE_URL to a server of yours`
    })
  }
  yield* makeFolder(ROOT_HOME)
  yield* makeFolder(elsewhere)
  yield* Effect.logInfo(
    `PostgreSQL's data are kept in ${elsewhere}: the user ${user.value.name}, whom it runs as, cannot enter ${directory}`
  )
  return { directory: elsewhere, home: ROOT_HOME, user } satisfies Location
})

/** Permission bits that other users should not have on our folders: read (list) and write. */
const OTHERS = 0o066

/** Fails with `Unsupported` when root cannot run programs as `user`. */
const canBecome = Effect.fn("Location.canBecome")(function* (user: ServerUser) {
  const { output, status } = yield* runAs(Option.some(user), "/bin/sh", ["-c", ":"])
  if (status === 0) return
  return yield* new EmbeddedPostgresError({
    reason: "Unsupported",
    message: oneLine(`PostgreSQL does not run as root, and root cannot become ${user.name} here: ${output}`)
  })
})

/** Makes a folder that only its owner may list and write. Under root others may enter it, because PostgreSQL's user has to. */
const makeFolder = Effect.fn("Location.makeFolder")(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const made = Effect.gen(function* () {
    if (yield* fs.exists(folder)) {
      const { mode, type } = yield* fs.stat(folder)
      if (type !== "Directory") return yield* Effect.fail({ message: "it is not a directory" })
      if (process.platform !== "win32" && (mode & OTHERS) !== 0)
        yield* Effect.logWarning(
          `${folder} may be listed or written by others (mode ${(mode & 0o777).toString(8).padStart(4, "0")}): chmod go-rw '${folder}'`
        )
      return
    }
    // Recursive only when the parent is missing: with `recursive` Node reports every failure as ENOENT.
    yield* fs.makeDirectory(folder).pipe(
      Effect.catchIf(
        (error) => error._tag === "SystemError" && error.reason === "NotFound",
        () => fs.makeDirectory(folder, { recursive: true })
      )
    )
    yield* fs.chmod(folder, process.getuid?.() === 0 ? 0o711 : 0o700)
  })
  yield* made.pipe(Effect.mapError(directoryError(`make the directory ${folder}`)))
})
