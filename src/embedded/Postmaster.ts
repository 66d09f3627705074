import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Duration, Effect, Option, Schedule, type Scope } from "effect"
import { createServer } from "node:net"
import type { Binaries } from "./Binaries.ts"
import type { Cluster } from "./Cluster.ts"
import { EmbeddedPostgresError, oneLine } from "./EmbeddedPostgresError.ts"
import * as GuardedProcess from "./GuardedProcess.ts"
import { findProcess, type LivingProcess, signal } from "./ProcessTable.ts"
import { problemIn, readLog } from "./ServerLog.ts"
import { OWNER_SETTING, settings } from "./Settings.ts"
import type { ServerUser } from "./ServerUser.ts"

/** A server that takes connections on this port of 127.0.0.1; `ended` awaits its exit code. */
export interface Postmaster {
  readonly port: number
  readonly ended: Effect.Effect<number>
}

/** Crash recovery replays at most a gigabyte or so of WAL before the server takes connections. */
const START_TIMEOUT = Duration.minutes(2)

/** How long the processes of a server that was killed may take to notice. */
const ORPHANS_TIMEOUT = Duration.seconds(15)

/** A port is free when we look and may be taken when the server does: how many to try. */
const PORT_ATTEMPTS = 10

const POLL = Duration.millis(20)

/** How a server that nobody owns any more is stopped: each signal, and how long it is given. */
const STOP: ReadonlyArray<readonly [NodeJS.Signals, Duration.Duration]> = [
  ["SIGINT", Duration.seconds(10)],
  ["SIGQUIT", Duration.seconds(5)],
  ["SIGKILL", Duration.seconds(5)]
]

/**
 * Starts the cluster's server, on a free port if none is given, and awaits that it takes connections; the scope stops it. A server left
 * over from a process that was killed is stopped first. Fails with `InUse` where a living process has it.
 */
export const startPostmaster = Effect.fn("Postmaster.startPostmaster")(function* (
  cluster: Cluster,
  binaries: Binaries,
  user: Option.Option<ServerUser>,
  fixedPort: Option.Option<number> = Option.none()
): Effect.fn.Return<Postmaster, EmbeddedPostgresError, FileSystem.FileSystem | Path.Path | Scope.Scope> {
  const attempt = Effect.gen(function* () {
    const stale = yield* recover(cluster)
    const port = yield* Option.match(fixedPort, { onNone: () => freePort, onSome: Effect.succeed })
    const server = yield* GuardedProcess.start({
      command: binaries.postgres,
      args: ["-D", cluster.data, ...settings(port, yield* self)],
      // PostgreSQL takes a pid in its lock file for a server's if it is alive; this one is not, we have looked.
      env: { LC_ALL: "C", ...(Option.isSome(stale) ? { PG_GRANDPARENT_PID: String(stale.value) } : {}) },
      log: cluster.log,
      user
    })
    // Not left to the guard, which may have been killed.
    yield* Effect.addFinalizer(() => Effect.ignore(stop(server.pid, cluster)))
    yield* Effect.raceFirst(
      isReady(cluster, server.pid).pipe(Effect.repeat({ until: (ready) => ready, schedule: Schedule.spaced(POLL) })),
      Effect.zipRight(server.exit, failedStart(cluster.log))
    ).pipe(
      Effect.timeoutFail({
        duration: START_TIMEOUT,
        onTimeout: () => failed(`it was not ready within ${Duration.format(START_TIMEOUT)}, see ${cluster.log}`)
      })
    )
    return { port, ended: server.exit }
  })
  return yield* attempt.pipe(
    Effect.retry({ while: (error) => error === portTaken, times: PORT_ATTEMPTS }),
    Effect.retry({
      while: (error) => error === orphansAlive,
      schedule: Schedule.spaced("200 millis").pipe(Schedule.upTo(ORPHANS_TIMEOUT))
    }),
    Effect.tapError((error) => (error === lockTaken ? recover(cluster) : Effect.void))
  )
})

const failed = (why: string): EmbeddedPostgresError =>
  new EmbeddedPostgresError({ reason: "Failed", message: `PostgreSQL could not start: ${oneLine(why)}` })

const portTaken = failed("every port that was tried was taken by somebody else")
const orphansAlive = failed("processes of its last run are still at work on the data directory")
const lockTaken = new EmbeddedPostgresError({
  reason: "InUse",
  message: "PostgreSQL could not start: another process has just started it in the same directory"
})

const failedStart = Effect.fn("Postmaster.failedStart")(function* (file: string) {
  const log = yield* readLog(file)
  if (/lock file "postmaster\.pid" already exists/.test(log)) return yield* lockTaken
  if (/pre-existing shared memory block|is still in use/.test(log)) return yield* orphansAlive
  if (/could not bind .*in use/.test(log)) return yield* portTaken
  return yield* failed(yield* problemIn(file))
})

/** The lines of postmaster.pid that matter: the server's pid, and its status ("starting", "ready" …). */
const readLockFile = Effect.fn("Postmaster.readLockFile")(function* (data: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const text = yield* Effect.option(fs.readFileString(path.join(data, "postmaster.pid")))
  const lines = Option.getOrElse(text, () => "").split("\n")
  const pid = Number.parseInt(lines[0] ?? "", 10)
  return { pid: pid > 0 ? Option.some(pid) : Option.none<number>(), status: (lines[7] ?? "").trim() }
})

const isReady = (cluster: Cluster, pid: number) =>
  Effect.map(readLockFile(cluster.data), (file) => Option.contains(file.pid, pid) && file.status === "ready")

const isServerOf = (cluster: Cluster) => (living: LivingProcess) => living.command.includes(` -D ${cluster.data} `)

/** This process, as its server's command line names it. */
const self = Effect.map(
  findProcess(process.pid),
  (found) => `${process.pid}/${Option.match(found, { onNone: () => "", onSome: ({ started }) => started })}`
)

/**
 * Looks who has the cluster. A server whose owner lives, or that we did not start, is `InUse`; one whose owner was
 * killed is stopped. What is returned is the pid in a lock file that now belongs to some other program, if any.
 */
const recover = Effect.fn("Postmaster.recover")(function* (cluster: Cluster) {
  const { pid } = yield* readLockFile(cluster.data)
  if (Option.isNone(pid)) return Option.none<number>()
  const living = yield* findProcess(pid.value)
  if (Option.isNone(living)) return Option.none<number>()
  if (!isServerOf(cluster)(living.value)) return pid
  const [, owner, started] = new RegExp(`${OWNER_SETTING}=(\\d+)/(\\S*)`).exec(living.value.command) ?? []
  const holder = owner === undefined ? living : yield* findProcess(Number(owner))
  if (Option.isSome(holder) && (owner === undefined || holder.value.started === started)) {
    return yield* new EmbeddedPostgresError({
      reason: "InUse",
      message: `${cluster.data} is in use by process ${holder.value.pid}: wait for it to end, or run in another directory`
    })
  }
  yield* Effect.logInfo(`Stopping the PostgreSQL server ${pid.value}, which outlived the process that started it`)
  yield* stop(pid.value, cluster)
  return Option.none<number>()
})

/** Stops a server of this cluster by its pid, harder and harder; nothing happens where it has ended. */
const stop = Effect.fn("Postmaster.stop")(function* (pid: number, cluster: Cluster) {
  const gone = Effect.map(findProcess(pid), (living) => !Option.exists(living, isServerOf(cluster)))
  for (const [name, patience] of STOP) {
    if (yield* gone) return
    yield* signal(pid, name)
    // A schedule that ends, and not a timeout: finalizers cannot be interrupted.
    yield* gone.pipe(
      Effect.repeat({ until: (ended) => ended, schedule: Schedule.spaced(POLL).pipe(Schedule.upTo(patience)) })
    )
  }
  if (yield* gone) return
  return yield* failed(`the server ${pid} of its last run does not end`)
})

const freePort: Effect.Effect<number, EmbeddedPostgresError> = Effect.async((resume) => {
  const server = createServer()
  server.once("error", (error) => resume(Effect.fail(failed(`no free port on 127.0.0.1: ${error.message}`))))
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() =>
      resume(
        address !== null && typeof address === "object"
          ? Effect.succeed(address.port)
          : Effect.fail(failed("no free port on 127.0.0.1"))
      )
    )
  })
})
