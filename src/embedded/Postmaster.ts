import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Clock, Data, Duration, Effect, Option, Schedule, type Scope } from "effect"
import { createServer } from "node:net"
import type { Binaries } from "./Binaries.ts"
import { checkData, type Cluster } from "./Cluster.ts"
import { diagnose } from "./Diagnosis.ts"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import * as GuardedProcess from "./GuardedProcess.ts"
import { login } from "./Login.ts"
import { findProcess, type LivingProcess, signal } from "./ProcessTable.ts"
import { ownLines, problemIn, readLog } from "./ServerLog.ts"
import { HOST, OWNER_SETTING, settings } from "./Settings.ts"
import type { ServerUser } from "./ServerUser.ts"

/** A running server. */
export interface Postmaster {
  /** The port of 127.0.0.1 on which it accepts connections. */
  readonly port: number
  /** Awaits its end. Gives its exit code, or 128 + n when signal n ended it. */
  readonly ended: Effect.Effect<number>
}

/**
 * How long a starting server may log nothing new before the start fails. During crash recovery PostgreSQL logs its progress
 * every 10 s (`log_startup_progress_interval`), so a recovery of any length is waited for.
 */
const SILENCE = Duration.minutes(2)

/** How often postmaster.pid of a starting server is read. */
const POLL = Duration.millis(20)
/** How often the log of a starting server is read for progress. */
const LOG_POLL = Duration.seconds(1)

/** How often it is checked whether a stopping server has ended. */
const STOP_POLL = Duration.millis(50)

/** How long a start waits for the child processes of a killed server to end, or for another server's owner to become known. */
const ORPHANS_TIMEOUT = Duration.minutes(1)
/** The pause between two attempts to start in that time. */
const ORPHANS_RETRY = Duration.millis(200)

/** How many further ports are tried: another program may take a free port before the server binds it. */
const PORT_ATTEMPTS = 10

/**
 * The signals that stop a server, and how long it has to end after each. A fast shutdown (SIGINT) writes memory to disk, which
 * may take long on a slow one. After an immediate shutdown (SIGQUIT) the next start needs crash recovery, and the last
 * asynchronous commits are lost.
 */
const STOP: ReadonlyArray<readonly [NodeJS.Signals, Duration.Duration]> = [
  ["SIGINT", GuardedProcess.GRACE.fast],
  ["SIGQUIT", GuardedProcess.GRACE.immediate],
  ["SIGKILL", Duration.seconds(10)]
]

/** A shell's exit code is this plus the signal's number when a signal ended the program. */
const SIGNALLED = 128

/** A condition that may pass: the port is taken, or another server uses the data. `error` is reported when it does not pass in time. */
class Obstacle extends Data.TaggedError("Obstacle")<{
  readonly kind: "port" | "server"
  readonly error: EmbeddedPostgresError
}> {}

/**
 * Starts the cluster's server, on `fixedPort` or a free port, and waits until it accepts connections. First stops a server
 * whose owner was killed. Closing the scope stops the server within 80 s (see `STOP`). Fails with `InUse` when a living process
 * uses the data, with `Damaged`, `Version`, `Password` or `Directory` when the data prevent the start, and with `Failed`
 * otherwise, or when the server makes no progress for two minutes.
 */
export const startPostmaster = Effect.fn("Postmaster.startPostmaster")(function* (
  cluster: Cluster,
  binaries: Binaries,
  user: Option.Option<ServerUser>,
  fixedPort: Option.Option<number> = Option.none()
): Effect.fn.Return<Postmaster, EmbeddedPostgresError, FileSystem.FileSystem | Path.Path | Scope.Scope> {
  const attempt = Effect.gen(function* () {
    yield* checkData(cluster)
    const stale = yield* recover(cluster)
    const port = yield* Option.match(fixedPort, { onNone: () => freePort(cluster), onSome: Effect.succeed })
    const server = yield* GuardedProcess.start({
      command: binaries.postgres,
      args: ["-D", cluster.data, ...settings(port, yield* self)],
      // PostgreSQL refuses to start while the pid in its lock file is alive, unless that is its own, parent's or grandparent's. `recover`
      // has found that the pid belongs to another program now.
      env: { LC_ALL: "C", ...(Option.isSome(stale) ? { PG_GRANDPARENT_PID: String(stale.value) } : {}) },
      log: cluster.log,
      user
    }).pipe(Effect.mapError((error) => diagnose(cluster, error.message, error)))
    // In addition to the guard, which may have been killed.
    yield* Effect.addFinalizer(() => Effect.ignore(stop(server.pid, cluster)))
    yield* Effect.raceFirst(
      Effect.zipRight(awaitReady(cluster, server.pid), login(cluster, port)),
      Effect.flatMap(server.exit, (status) => failedStart(cluster, status))
    )
    return { port, ended: server.exit }
  })
  return yield* attempt.pipe(
    Effect.retry({ while: (error) => error._tag === "Obstacle" && error.kind === "port", times: PORT_ATTEMPTS }),
    Effect.retry({
      while: (error) => error._tag === "Obstacle" && error.kind === "server",
      schedule: Schedule.spaced(ORPHANS_RETRY).pipe(Schedule.upTo(ORPHANS_TIMEOUT))
    }),
    Effect.catchTag("Obstacle", ({ error }) => error)
  )
})

/** Waits until the server with this pid is ready. Fails with `Failed` when its log has shown nothing new for `silence` (default two minutes). */
export const awaitReady = Effect.fn("Postmaster.awaitReady")(function* (
  cluster: Cluster,
  pid: number,
  silence: Duration.Duration = SILENCE
) {
  const look = isReady(cluster, pid).pipe(
    Effect.repeat({ until: (ready) => ready, schedule: Schedule.spaced(POLL).pipe(Schedule.upTo(LOG_POLL)) }),
    Effect.zipRight(isReady(cluster, pid))
  )
  const begin = { lines: 0, heard: yield* Clock.currentTimeMillis }
  yield* Effect.iterate(Option.some(begin), {
    while: Option.isSome,
    body: (state) =>
      Effect.gen(function* () {
        if (yield* look) return Option.none()
        const now = yield* Clock.currentTimeMillis
        const lines = ownLines(yield* readLog(cluster.log)).length
        const last = Option.getOrElse(state, () => begin)
        if (lines !== last.lines) return Option.some({ lines, heard: now })
        if (now - last.heard < Duration.toMillis(silence)) return state
        return yield* diagnose(cluster, `its start has made no progress for ${Duration.format(silence)}`)
      })
  })
})

/** Fails with the reason why a starting server ended: an `Obstacle` when it may pass, otherwise an `EmbeddedPostgresError`. */
const failedStart = Effect.fn("Postmaster.failedStart")(function* (cluster: Cluster, status: number) {
  const log = yield* readLog(cluster.log)
  const said = yield* problemIn(cluster.log)
  const obstacle = (kind: Obstacle["kind"], why: string) => new Obstacle({ kind, error: diagnose(cluster, why) })
  if (/lock file "postmaster\.pid" already exists/.test(log)) {
    return yield* obstacle("server", "another process has started it just now")
  }
  if (/pre-existing shared memory block|is still in use/.test(log)) {
    return yield* obstacle("server", "processes of its last run are still at work on the data")
  }
  if (/could not bind .*in use/.test(log)) {
    return yield* obstacle("port", "every port that was tried was taken by somebody else")
  }
  const unsaid = status > SIGNALLED && !/(?:PANIC|FATAL):/.test(said)
  return yield* diagnose(cluster, unsaid ? `it was ended by signal ${status - SIGNALLED}` : said)
})

/** From postmaster.pid: the server's pid (line 1) and its status (line 8: "starting", "ready" …). */
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

/** This process as pid/start time, the value of `OWNER_SETTING`. */
const self = Effect.map(
  findProcess(process.pid),
  (found) => `${process.pid}/${Option.match(found, { onNone: () => "", onSome: ({ started }) => started })}`
)

/**
 * Frees the cluster of an earlier server. Stops a server whose owner was killed. Fails with `InUse` when the owner lives, or
 * when the server was not started by this package. Gives the pid in the lock file when it now belongs to another program.
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
      message: `${cluster.folder} is in use by process ${holder.value.pid}: wait for it to end, or run in another folder`
    })
  }
  yield* Effect.logInfo(`Stopping the PostgreSQL server ${pid.value}, which outlived the process that started it`)
  yield* stop(pid.value, cluster)
  return Option.none<number>()
})

/** Stops the server of this cluster with this pid by the signals of `STOP`. Does nothing when it has ended. Fails when it survives them all. */
const stop = Effect.fn("Postmaster.stop")(function* (pid: number, cluster: Cluster) {
  const gone = Effect.map(findProcess(pid), (living) => !Option.exists(living, isServerOf(cluster)))
  for (const [name, patience] of STOP) {
    if (yield* gone) return
    yield* signal(pid, name)
    // A schedule with an end instead of a timeout: this runs in a finalizer, which cannot be interrupted.
    yield* gone.pipe(
      Effect.repeat({ until: (ended) => ended, schedule: Schedule.spaced(STOP_POLL).pipe(Schedule.upTo(patience)) })
    )
  }
  if (yield* gone) return
  return yield* diagnose(cluster, `the server of its last run, process ${pid}, does not end`)
})

/** A port of 127.0.0.1 that is free at the moment. */
const freePort = (cluster: Cluster): Effect.Effect<number, EmbeddedPostgresError> =>
  Effect.async((resume) => {
    const none = (why: string) => resume(Effect.fail(diagnose(cluster, `no free port on ${HOST}: ${why}`)))
    const server = createServer()
    server.once("error", (error) => none(error.message))
    server.listen(0, HOST, () => {
      const address = server.address()
      server.close(() =>
        address !== null && typeof address === "object"
          ? resume(Effect.succeed(address.port))
          : none("the system gave none")
      )
    })
  })
