import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type { PlatformError } from "@effect/platform/Error"
import { randomBytes } from "node:crypto"
import { Array, Data, Effect, Option, Stream } from "effect"

/** A file or folder cannot be written; `reason` is a few words: "permission denied". */
export class OutputError extends Data.TaggedError("OutputError")<{ readonly path: string; readonly reason: string }> {
  override get message() {
    return `cannot write ${this.path}: ${this.reason}`
  }
}

/** A text to be written. */
export interface OutputFile {
  /** Where to: each gets the same text. */
  readonly paths: ReadonlyArray<string>
  /** The text, in parts that are made when they are written. */
  readonly content: Stream.Stream<string>
}

const REASONS: Record<string, string> = {
  EACCES: "permission denied",
  EEXIST: "there is a file in the way",
  EISDIR: "it is a folder",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "there is no such folder, and none can be made",
  ENOSPC: "no space left",
  ENOTDIR: "part of the path is a file, not a folder",
  EPERM: "permission denied",
  EROFS: "the file system is read-only"
}

const orOutputError = (path: string) =>
  Effect.mapError((error: PlatformError) => {
    const code = /\bE[A-Z]{3,}\b/.exec(error.message)?.[0]
    const known = code === undefined ? undefined : REASONS[code]
    return new OutputError({ path, reason: known ?? code ?? error.message.replaceAll(/\s+/g, " ") })
  })

/** A folder and those above it. Node's own way of doing that never returns where a folder is there and takes no others (`/proc`). */
const makeFolder = (path: string): Effect.Effect<void, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { dirname } = yield* Path.Path
    const found = yield* Effect.option(fs.stat(path))
    if (Option.exists(found, ({ type }) => type === "Directory")) return
    if (Option.isNone(found) && dirname(path) !== path) yield* makeFolder(dirname(path))
    yield* fs.makeDirectory(path)
  })

/**
 * Where a path really leads: a link's target, so that the link stays a link; `direct` for what is neither file nor folder (`/dev/stdout`)
 * and cannot be replaced by renaming. Creates the folder that it is in.
 */
const locate = (path: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { dirname } = yield* Path.Path
    const found = yield* Effect.option(fs.stat(path))
    if (Option.isSome(found) && found.value.type === "Directory")
      return yield* new OutputError({ path, reason: "it is a folder" })
    if (Option.isNone(found)) yield* makeFolder(dirname(path))
    const target = Option.isSome(found) ? yield* fs.realPath(path) : path
    return { target, direct: Option.isSome(found) && found.value.type !== "File" }
  }).pipe((effect) =>
    Effect.catchTags(effect, { BadArgument: (e) => fail(path, e), SystemError: (e) => fail(path, e) })
  )

const fail = (path: string, error: PlatformError) => orOutputError(path)(Effect.fail(error))

/** A temporary file beside the target with a random name, so that nobody can place a file or a link there in advance. */
const temporaryFor = (target: string) =>
  Effect.map(Path.Path, ({ basename, dirname, join }) =>
    join(dirname(target), `.${basename(target)}.${randomBytes(8).toString("hex")}.tmp`)
  )

/**
 * Chooses the file to write to: a temporary one beside the target, which `finish` renames to it, or the target itself if that is a device. The
 * scope removes a temporary file that was not renamed.
 */
const place = (path: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { direct, target } = yield* locate(path)
    if (direct) return { path, at: target, flag: "w" as const, finish: Effect.void }
    const temporary = yield* temporaryFor(target)
    yield* Effect.addFinalizer(() => Effect.ignore(fs.remove(temporary)))
    return { path, at: temporary, flag: "wx" as const, finish: orOutputError(path)(fs.rename(temporary, target)) }
  })

const writeOne = ({ content, paths }: OutputFile) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const places = yield* Effect.forEach(paths, place)
    // All are closed before the first is renamed.
    yield* Effect.gen(function* () {
      const files = yield* Effect.forEach(places, ({ at, flag, path }) =>
        Effect.map(orOutputError(path)(fs.open(at, { flag })), (file) => ({ file, path }))
      )
      yield* content.pipe(
        Stream.encodeText,
        Stream.runForEach((bytes) =>
          Effect.forEach(files, ({ file, path }) => orOutputError(path)(file.writeAll(bytes)), { discard: true })
        )
      )
    }).pipe(Effect.scoped)
    yield* Effect.forEach(places, ({ finish }) => finish, { discard: true })
  }).pipe(Effect.scoped)

/** Writes texts one after the other, each file as a whole or not at all; their folders are created. */
export const writeFiles = (
  files: ReadonlyArray<OutputFile>
): Effect.Effect<void, OutputError, FileSystem.FileSystem | Path.Path> =>
  Effect.forEach(files, writeOne, { discard: true })

/** Fails now where `writeFiles` would fail later; to be asked before long work. Creates the folders. */
export const checkWritable = (
  paths: ReadonlyArray<string>
): Effect.Effect<void, OutputError, FileSystem.FileSystem | Path.Path> =>
  Effect.forEach(
    Array.dedupe(paths),
    (path) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { direct, target } = yield* locate(path)
        if (direct) return
        const probe = yield* temporaryFor(target)
        yield* orOutputError(path)(Effect.zipRight(fs.writeFileString(probe, "", { flag: "wx" }), fs.remove(probe)))
      }),
    { discard: true }
  )

/** Removes files that are there. What is neither file nor link stays. */
export const removeFiles = (
  paths: ReadonlyArray<string>
): Effect.Effect<void, OutputError, FileSystem.FileSystem | Path.Path> =>
  Effect.forEach(
    paths,
    (path) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const found = yield* Effect.option(fs.stat(path))
        if (Option.exists(found, ({ type }) => type === "File")) yield* orOutputError(path)(fs.remove(path))
      }),
    { discard: true }
  )
