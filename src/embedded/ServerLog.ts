import { FileSystem } from "@effect/platform"
import { Effect } from "effect"
import { oneLine } from "./EmbeddedPostgresError.ts"

/** The log at `file`, empty where there is none. */
export const readLog = (file: string): Effect.Effect<string, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(file)).pipe(Effect.orElseSucceed(() => ""))

/** The line of a log that says best what went wrong, without its timestamp: the last error, else the last line. */
export const problem = (log: string): string => {
  const lines = log.split("\n").filter((line) => line.trim() !== "")
  const line = lines.findLast((line) => /\b(?:FATAL|PANIC|ERROR|error|fatal):/.test(line)) ?? lines.at(-1)
  return oneLine((line ?? "it said nothing").replace(/^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+\] /, ""))
}

/** `problem` of the log at `file`. */
export const problemIn = (file: string): Effect.Effect<string, never, FileSystem.FileSystem> =>
  Effect.map(readLog(file), problem)
