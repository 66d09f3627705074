import { Effect } from "effect"
import { open, statfs } from "node:fs/promises"
import { dirname } from "node:path"
import { oneLine } from "./EmbeddedPostgresError.ts"

/** A disk with fewer free bytes counts as full: PostgreSQL needs room for a WAL segment, of 16 MB. */
const FULL = 16 * 1024 * 1024

/** Bytes read from the end of a log: some thousand lines. The reason for an end is among the last, and clients' errors can make a log long. */
const TAIL = 256 * 1024

/** FATAL messages that concern a client's connection, not the server. */
const TO_CLIENTS = /FATAL: +(?:the database system is|terminating |sorry, too many|password authentication)/

/** The last 256 KB of the log at `file`; empty when it cannot be read. */
export const readLog = (file: string): Effect.Effect<string> =>
  Effect.tryPromise(async () => {
    const handle = await open(file)
    try {
      const { size } = await handle.stat()
      const start = Math.max(0, size - TAIL)
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start)
      return buffer.toString("utf8", 0, bytesRead)
    } finally {
      await handle.close()
    }
  }).pipe(Effect.orElseSucceed(() => ""))

/** The lines of a log that are about the server itself: those about clients' connections are left out. */
export const ownLines = (log: string): ReadonlyArray<string> =>
  log.split("\n").filter((line) => line.trim() !== "" && !TO_CLIENTS.test(line))

/** Patterns of lines that explain why a server ended, the best explanation first. */
const TELLING = [/No space left on device/, /\bPANIC:/, /\b(?:FATAL|ERROR|error|fatal):/, /was terminated by signal/]

/** The line that explains best why the server ended, without its prefix: the last one of the first pattern that matches, else the last line. */
const problem = (log: string): string => {
  const lines = ownLines(log)
  const telling = TELLING.map((pattern) => lines.findLast((line) => pattern.test(line)))
  const line = telling.find((found) => found !== undefined) ?? lines.at(-1)
  return oneLine((line ?? "it said nothing").replace(/^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+\] /, ""))
}

/** Why the server ended, one line, by the log at `file`; or "the disk is full" when it is, because then the log may lack the last lines. */
export const problemIn = Effect.fn("ServerLog.problemIn")(function* (file: string) {
  const log = yield* readLog(file)
  if (/\bPANIC:|No space left on device/.test(log)) return problem(log)
  const disk = yield* Effect.option(Effect.tryPromise(() => statfs(dirname(file))))
  const full = disk._tag === "Some" && disk.value.bavail * disk.value.bsize < FULL
  return full ? "the disk is full" : problem(log)
})
