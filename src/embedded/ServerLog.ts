import { Effect } from "effect"
import { open, statfs } from "node:fs/promises"
import { dirname } from "node:path"
import { oneLine } from "./EmbeddedPostgresError.ts"

/** Below this many bytes a disk counts as full: one segment of WAL, which PostgreSQL always needs room for. */
const FULL = 16 * 1024 * 1024

/** Bytes read from the end of a log: the reason for an end is there, and clients can make a log long. */
const TAIL = 256 * 1024

/** What a server says to clients that come too early or stay too long: no reason for its own end. */
const TO_CLIENTS = /FATAL: +(?:the database system is|terminating |sorry, too many|password authentication)/

/** The end of the log at `file`, empty where there is none or it cannot be read. */
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

/** The lines that a server said about itself: clients' failures are left out. */
export const ownLines = (log: string): ReadonlyArray<string> =>
  log.split("\n").filter((line) => line.trim() !== "" && !TO_CLIENTS.test(line))

/** From what explains an end best to what may: a full disk, data that cannot be read, a refusal, a process that crashed. */
const TELLING = [/No space left on device/, /\bPANIC:/, /\b(?:FATAL|ERROR|error|fatal):/, /was terminated by signal/]

/** The line of a log that says best what went wrong, without its timestamp: the most telling one, else the last. */
const problem = (log: string): string => {
  const lines = ownLines(log)
  const telling = TELLING.map((pattern) => lines.findLast((line) => pattern.test(line)))
  const line = telling.find((found) => found !== undefined) ?? lines.at(-1)
  return oneLine((line ?? "it said nothing").replace(/^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+\] /, ""))
}

/** What went wrong, in one line, by the log at `file`; or that the disk is full, which a log has no room to say. */
export const problemIn = Effect.fn("ServerLog.problemIn")(function* (file: string) {
  const log = yield* readLog(file)
  if (/\bPANIC:|No space left on device/.test(log)) return problem(log)
  const disk = yield* Effect.option(Effect.tryPromise(() => statfs(dirname(file))))
  const full = disk._tag === "Some" && disk.value.bavail * disk.value.bsize < FULL
  return full ? "the disk is full" : problem(log)
})
