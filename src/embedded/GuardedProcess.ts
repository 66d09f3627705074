import { Deferred, Duration, Effect, type Option, type Scope } from "effect"
import { spawn } from "node:child_process"
import { EmbeddedPostgresError, oneLine } from "./EmbeddedPostgresError.ts"
import { identity, type ServerUser } from "./ServerUser.ts"

/** A program that does not outlive this process, however this process ends. */
export interface GuardedProcess {
  /** The program's own pid, not its guard's. */
  readonly pid: number
  /** Awaits its end: the exit code, 128 + n after signal n. */
  readonly exit: Effect.Effect<number>
}

/** How long a program may take to stop when asked to, and then when told to: seconds that a starved machine needs, too. */
const GRACE = { fast: Duration.seconds(60), immediate: Duration.seconds(10) }

/** Looks a second that the guard takes at its program while that stops. */
const LOOKS = 10

const looks = (patience: Duration.Duration): number => Duration.toSeconds(patience) * LOOKS

/**
 * The guard: a shell that is the program's parent and reads a pipe that only we hold. When the pipe closes, because our
 * scope did or because we were killed, it asks the program to stop (SIGINT, PostgreSQL's fast shutdown), insists after
 * 60 s (SIGQUIT, immediate) and ends it after 10 s more. Until then it sleeps in two system calls and costs nothing. Guard and program live in a session of their own, so that a
 * Ctrl-C in our terminal is for us alone: we need the server until we have shut down. It is a shell because the user it
 * runs as may not be able to reach Node, and it opens the log itself so that the log is never written with more rights
 * than the server's. Why the program could not be started goes to standard error, which we read until its pid is out.
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
  outlives ${looks(GRACE.fast)} && kill -QUIT "$child" && outlives ${looks(GRACE.immediate)} && kill -KILL "$child"
) &
watcher=$!
wait "$child"; status=$?
kill "$watcher"
wait "$watcher"
exit "$status"
`

/** How long the scope's close awaits the guard: longer than the guard takes at worst, whose looks may take their time. */
const STOP_TIMEOUT = Duration.minutes(2)

/** What to run: `log` is a new file for all it prints (the one of the run before is kept as `.previous`). */
export interface Options {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  readonly log: string
  readonly user: Option.Option<ServerUser>
}

/**
 * Starts the program under its guard; closing the scope stops it, and returns when it has stopped (after two minutes at
 * most). Fails with `Failed` and what the system said where it cannot be started or its log cannot be written.
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
      // Not "exit", which may come before the last output: the pid of a program that ended at once.
      child.once("close", (code) => {
        Deferred.unsafeDone(pid, failed(said === "" ? `it ended with ${code}` : said))
        Deferred.unsafeDone(exited, Effect.succeed(code ?? 1))
      })
      // The guard has ended and does not read any more: its exit says so.
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
