import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option } from "effect"
import { runAs } from "./ServerUser.ts"

/** A living process. */
export interface LivingProcess {
  readonly pid: number
  /** Its start time as the system gives it (ticks since boot, or a date), which distinguishes it from a later process with the same pid. */
  readonly started: string
  /** Its command line. */
  readonly command: string
}

/** Indexes of fields in /proc/PID/stat after the program's name: the process state, and the start time in ticks since boot. */
const STATE = 0
const START_TIME = 19

const fromProc = Effect.fn("ProcessTable.fromProc")(function* (pid: number) {
  const fs = yield* FileSystem.FileSystem
  const stat = yield* fs.readFileString(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const command = (yield* fs.readFileString(`/proc/${pid}/cmdline`)).replaceAll("\0", " ")
  return { state: fields[STATE] ?? "", process: { pid, started: fields[START_TIME] ?? "", command } }
})

const fromPs = Effect.fn("ProcessTable.fromPs")(function* (pid: number) {
  const { output } = yield* runAs(Option.none(), "ps", ["-ww", "-o", "stat=,lstart=,command=", "-p", String(pid)])
  // "Ss Mon Nov 23 06:43:19 2026 /path/postgres -D /data": the state, five words of date, the command.
  const [state = "", ...words] = output.trim().split(/\s+/)
  return { state, process: { pid, started: words.slice(0, 5).join("-"), command: words.slice(5).join(" ") + " " } }
})

/** The process with this pid; none when there is none, or when it is a zombie, which has ended already. */
export const findProcess = (pid: number): Effect.Effect<Option.Option<LivingProcess>, never, FileSystem.FileSystem> =>
  (process.platform === "linux" ? fromProc(pid) : fromPs(pid)).pipe(
    Effect.map(({ state, process }) =>
      state === "" || state.startsWith("Z") || state.startsWith("X") ? Option.none() : Option.some(process)
    ),
    Effect.orElseSucceed(Option.none)
  )

/** Sends a signal. Ignores failures: the process may have ended, or belong to another user. */
export const signal = (pid: number, name: NodeJS.Signals): Effect.Effect<void> =>
  Effect.ignore(Effect.try(() => process.kill(pid, name)))
