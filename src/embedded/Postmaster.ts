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

/** A server that takes connections on this port of 127.0.0.1; `ended` awaits its exit code. */
export interface Postmaster {
  readonly port: number
  readonly ended: Effect.Effect<number>
}

/**
 * How long a server that starts may say nothing new. Crash recovery says how far it is every 10 s, and is waited for as long
 * as it does: how much there is to replay, and how fast, is not ours to know.
 */
const SILENCE = Duration.minutes(2)

/** How often a server that starts is looked at, and how often its log is read for progress meanwhile. */
const POLL = Duration.millis(20)
const LOOK = Duration.seconds(1)

/** How often a server that stops is looked for. */
const STOP_POLL = Duration.millis(50)

/** How long the processes of a server that was killed may take to notice, or another's start to show who it is. */
const ORPHANS_TIMEOUT = Duration.minutes(1)
const ORPHANS_RETRY = Duration.millis(200)

/** A port is free when we look and may be taken when the server does: how many to try. */
const PORT_ATTEMPTS = 10

/**
 * How a server is stopped: each signal, and how long it is given. Fast shutdown writes what is in memory, which may take long
 * on a slow disk, and spares the crash recovery, and the loss of the last commits, that come after an immediate one.
 */
const STOP: ReadonlyArray<readonly [NodeJS.Signals, Duration.Duration]> = [
  ["SIGINT", Duration.seconds(60)],
  ["SIGQUIT", Duration.seconds(10)],
  ["SIGKILL", Duration.seconds(10)]
]

/** Exit codes from here on are 128 and a signal's number. */
const SIGNALLED = 128

/** What may be out of the way in a moment; `error` is for when it is not. */
class Obstacle extends Data.TaggedError("Obstacle")<{
  readonly kind: "port" | "server"
  readonly error: EmbeddedPostgresError
}> {}

/**
 * Starts the cluster's server, on a free port if none is given, and awaits that it takes connections; the scope stops it,
 * within 80 s (fast shutdown, immediate after 60 s, the end after 10 s more). A server left over from a process that was
 * killed is stopped first. Fails with `InUse` where a living process has it, with `Damaged`, `Version`, `Password` or
 * `Directory` where the data do not let it start, and with `Failed` otherwise, all within bounds: a start may take as long
 * as the server makes progress.
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
      // PostgreSQL takes a pid in its lock file for a server's if it is alive; this one is not, we have looked.
      env: { LC_ALL: "C", ...(Option.isSome(stale) ? { PG_GRANDPARENT_PID: String(stale.value) } : {}) },
      log: cluster.log,
      user
    }).pipe(Effect.mapError((error) => diagnose(cluster, error.message, error)))
    // Not left to the guard, which may have been killed.
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

/** Awaits that the server with this pid is ready; `Failed` where its log says nothing new for as long as `silence`. */
export const awaitReady = Effect.fn("Postmaster.awaitReady")(function* (
  cluster: Cluster,
  pid: number,
  silence: Duration.Duration = SILENCE
) {
  const look = isReady(cluster, pid).pipe(
    Effect.repeat({ until: (ready) => ready, schedule: Schedule.spaced(POLL).pipe(Schedule.upTo(LOOK)) }),
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

/** Why a server ended that was to start: what may pass is an `Obstacle`. */
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
      message: `${cluster.folder} is in use by process ${holder.value.pid}: wait for it to end, or run in another folder`
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
      Effect.repeat({ until: (ended) => ended, schedule: Schedule.spaced(STOP_POLL).pipe(Schedule.upTo(patience)) })
    )
  }
  if (yield* gone) return
  return yield* diagnose(cluster, `the server of its last run, process ${pid}, does not end`)
})

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
