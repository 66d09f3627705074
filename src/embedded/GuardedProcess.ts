import { Deferred, Duration, Effect, type Option, type Scope } from "effect"
import { spawn } from "node:child_process"
import { EmbeddedPostgresError, oneLine } from "./EmbeddedPostgresError.ts"
import { identity, type ServerUser } from "./ServerUser.ts"

/** A running program that ends with this process, also when this process crashes or is killed. */
export interface GuardedProcess {
  /** The program's own pid, not its guard's. */
  readonly pid: number
  /** Awaits the program's end. Gives its exit code, or 128 + n when signal n ended it. */
  readonly exit: Effect.Effect<number>
}

/** How long a program may take to end after SIGINT, and then after SIGQUIT. Long enough for PostgreSQL on an overloaded machine. */
export const GRACE = { fast: Duration.seconds(60), immediate: Duration.seconds(10) }

/** How often per second the guard checks whether the program has ended: the `sleep 0.1` in its script. */
const CHECKS_PER_SECOND = 10

const checks = (patience: Duration.Duration): number => Duration.toSeconds(patience) * CHECKS_PER_SECOND

/**
 * The guard's script. The guard is a shell, the program's parent, which reads a pipe that only this process holds. When the
 * pipe closes, because the scope closed or this process died, the guard sends the program SIGINT (PostgreSQL's fast
 * shutdown), SIGQUIT after 60 s (immediate shutdown), and SIGKILL after 10 s more. Until then it blocks and uses no CPU time.
 *
 * Guard and program have a session of their own, so that Ctrl-C in the terminal does not reach them: the server is needed
 * until this process has shut down. The guard is a shell because the user it runs as may not be able to reach Node. It opens
 * the log itself, so that the log is written with that user's rights. It prints the program's pid; before that it writes to
 * standard error why the program could not be started.
 */
const GUARD = `
log=$1; shift
exec 3<&0 </dev/null
[ ! -e "$log" ] || mv -f "$log" "$log.previous" || exit 1
true >"$log" || exit 1
"$@" >"$log" 2>&1 3<&- &
child=$!
echo "$child"
exec >/dev/null 2>&1
outlives() { n=0; while kill -0 "$child"; do [ "$n" -ge "$1" ] && return 0; sleep 0.1 || sleep 1; n=$((n + 1)); done; return 1; }
(
  read -r line <&3
  trap "" TERM
  kill -INT "$child"
  outlives ${checks(GRACE.fast)} && kill -QUIT "$child" && outlives ${checks(GRACE.immediate)} && kill -KILL "$child"
) &
watcher=$!
wait "$child"; status=$?
kill "$watcher"
wait "$watcher"
exit "$status"
`

/** How long closing the scope waits for the guard: its 70 s, and a reserve for an overloaded machine, where each check takes longer. */
const STOP_TIMEOUT = Duration.minutes(2)

/** What to run. */
export interface Options {
  readonly command: string
  readonly args: ReadonlyArray<string>
  /** The whole environment, except for PATH, which is this process's. */
  readonly env: Readonly<Record<string, string>>
  /** A new file for what the program prints. An existing one is renamed to `.previous`. */
  readonly log: string
  /** The user to run as; none means this process's. */
  readonly user: Option.Option<ServerUser>
}

/**
 * Starts the program under its guard. Closing the scope stops the program and waits for its end, for two minutes at most.
 * Fails with `Failed` and the system's message when the program cannot be started or its log cannot be written.
 */
export const start = Effect.fn("GuardedProcess.start")(function* (
  options: Options
): Effect.fn.Return<GuardedProcess, EmbeddedPostgresError, Scope.Scope> {
  const exited = yield* Deferred.make<number>()
  const exit = Deferred.await(exited)
  const pid = yield* Deferred.make<number, EmbeddedPostgresError>()
  const failed = (why: unknown) => new EmbeddedPostgresError({ reason: "Failed", message: oneLine(String(why)) })
  const launch = Effect.try({
    try: () => {
      const guarded = process.platform !== "win32"
      const child = spawn(
        guarded ? "/bin/sh" : options.command,
        guarded ? ["-c", GUARD, "guard", options.log, options.command, ...options.args] : [...options.args],
        {
          ...identity(options.user),
          cwd: "/",
          env: { PATH: process.env["PATH"], ...options.env },
          detached: true,
          windowsHide: true,
          stdio: ["pipe", guarded ? "pipe" : "ignore", guarded ? "pipe" : "ignore"]
        }
      )
      let said = ""
      child.stderr?.on("data", (chunk) => (said += String(chunk)))
      child.once("error", (error) => {
        Deferred.unsafeDone(pid, failed(error.message))
        Deferred.unsafeDone(exited, Effect.succeed(127))
      })
      // Not "exit", which may come before the last output. For a program that ends at once that output is its pid.
      child.once("close", (code) => {
        Deferred.unsafeDone(pid, failed(said === "" ? `it ended with ${code}` : said))
        Deferred.unsafeDone(exited, Effect.succeed(code ?? 1))
      })
      // EPIPE when the guard has ended; "close" reports that.
      child.stdin?.on("error", () => {})
      if (guarded) child.stdout?.once("data", (line) => Deferred.unsafeDone(pid, Effect.succeed(Number(line))))
      else if (child.pid !== undefined) Deferred.unsafeDone(pid, Effect.succeed(child.pid))
      return child
    },
    catch: failed
  })
  yield* Effect.acquireRelease(launch, (child) =>
    Effect.sync(() => (process.platform === "win32" ? child.kill() : child.stdin?.end())).pipe(
      Effect.zipRight(exit),
      Effect.disconnect,
      Effect.interruptible,
      Effect.timeoutOption(STOP_TIMEOUT)
    )
  )
  return { pid: yield* Deferred.await(pid), exit }
})
