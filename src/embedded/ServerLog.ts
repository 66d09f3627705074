import * as FileSystem from "@effect/platform/FileSystem"
import { Effect } from "effect"
import { statfs } from "node:fs/promises"
import { dirname } from "node:path"
import { oneLine } from "./EmbeddedPostgresError.ts"

/** Below this many bytes a disk counts as full: one segment of WAL, which PostgreSQL always needs room for. */
const FULL = 16 * 1024 * 1024

/** The log at `file`, empty where there is none. */
export const readLog = (file: string): Effect.Effect<string, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(file)).pipe(Effect.orElseSucceed(() => ""))

/** The line of a log that says best what went wrong, without its timestamp: the last error, else the last line. */
const problem = (log: string): string => {
  const lines = log.split("\n").filter((line) => line.trim() !== "")
  const line = lines.findLast((line) => /\b(?:FATAL|PANIC|ERROR|error|fatal):/.test(line)) ?? lines.at(-1)
  return oneLine((line ?? "it said nothing").replace(/^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+\] /, ""))
}

/** What went wrong, in one line, by the log at `file`; or that the disk is full, which a log has no room to say. */
export const problemIn = Effect.fn("ServerLog.problemIn")(function* (file: string) {
  const log = yield* readLog(file)
  const disk = yield* Effect.option(Effect.tryPromise(() => statfs(dirname(file))))
  const full = disk._tag === "Some" && disk.value.bavail * disk.value.bsize < FULL
  return full || log.includes("No space left on device") ? "the disk is full" : problem(log)
})
