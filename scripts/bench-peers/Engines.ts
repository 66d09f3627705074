import { Data, Deferred, Duration, Effect, type Scope } from "effect"
import { Schema } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { urlOf } from "../bench-infra/Server.ts"
import { Answer, Measured, type Request } from "./Protocol.ts"

/** How much longer than its limit an engine may take to answer: it opens, counts and closes besides. */
const PATIENCE = Duration.seconds(60)
/** How much of what an engine complains about is repeated. */
const COMPLAINT = 300

/** An engine could not do what it was asked. */
export class EngineFailed extends Data.TaggedError("EngineFailed")<{ readonly message: string }> {}

/** An engine in one of its variants. */
export interface Engine {
  readonly name: string
  readonly variant: "as it comes" | "tuned"
  readonly isOurs: boolean
  /** Its database's name. */
  readonly database: string
  readonly program: ReadonlyArray<string>
  /** When the process that takes over begins: before the work is, while the other has it all, or after it was killed. */
  readonly standby: "before" | "after" | "restart"
  /** What has to be said about a row of it. */
  readonly notes: Readonly<Record<string, string>>
}

/** A file among the peers' programs. */
export const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const variants = (engine: Omit<Engine, "variant" | "database">): ReadonlyArray<Engine> => [
  { ...engine, variant: "as it comes", database: `bench_${engine.name.replaceAll("-", "_")}` },
  { ...engine, variant: "tuned", database: `bench_${engine.name.replaceAll("-", "_")}_tuned` }
]

/**
 * Our program, bundled as the published one is. Run from its sources by tsx it would be some 8 % slower than what users run, because
 * esbuild's `keepNames`, which tsx sets, names every closure as it is made.
 */
const OURS = file("../../node_modules/.cache/bench-peers-ours.js")

/** Whom we measure, ourselves first. */
export const ENGINES: ReadonlyArray<Engine> = [
  ...variants({
    name: "ours",
    isOurs: true,
    program: [OURS],
    standby: "before",
    notes: {}
  }),
  ...variants({
    name: "pg-boss",
    isOurs: false,
    program: [file("./pg-boss.mjs")],
    standby: "after",
    notes: {
      recover:
        "a job is done again from its start; as it comes, an active job of a dead worker expires after 15 minutes"
    }
  }),
  ...variants({
    name: "graphile-worker",
    isOurs: false,
    program: [file("./graphile-worker.mjs")],
    standby: "after",
    notes: {
      tasks: "completed jobs are deleted: nobody sees them",
      inserts: "at least once: not what the others promise",
      recover: "a dead worker's jobs stay locked for 4 hours, or until somebody calls force_unlock_workers"
    }
  }),
  ...variants({
    name: "dbos",
    isOurs: false,
    program: [file("./dbos.mjs")],
    standby: "restart",
    notes: { recover: "nobody takes over without its commercial Conductor: the same executor is started again" }
  })
]

const succeeds = (program: string, args: ReadonlyArray<string>, cwd: string) =>
  Effect.async<void, EngineFailed>((resume) => {
    const process = spawn(program, [...args], { cwd, stdio: ["ignore", "ignore", "inherit"] })
    process.once("error", ({ message }) => resume(Effect.fail(new EngineFailed({ message }))))
    process.once("exit", (status) =>
      resume(
        status === 0
          ? Effect.void
          : Effect.fail(new EngineFailed({ message: `${program} ${args[0]} ended with ${status}` }))
      )
    )
  })

/** Bundles our program, and installs the peers where they are not. */
export const install = Effect.suspend(() => {
  const ours = succeeds(process.execPath, [file("../bundle.js"), "scripts/bench-peers-ours.ts", OURS], file("../.."))
  if (existsSync(file("./node_modules"))) return ours
  const npm = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel", "error"]
  return Effect.zipRight(ours, succeeds("npm", npm, file(".")))
})

/** An engine's process. */
export interface Running {
  readonly pid: number
  readonly ask: (request: Request) => Effect.Effect<Measured | undefined, EngineFailed>
  readonly kill: Effect.Effect<void>
}

/** Starts an engine's process, until the scope closes. */
export const start = (engine: Engine, server: string): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.gen(function* () {
    const waiting = new Map<number, Deferred.Deferred<Measured | undefined, EngineFailed>>()
    let complaints = ""
    const answer = (id: number, effect: Effect.Effect<Measured | undefined, EngineFailed>) => {
      const waits = waiting.get(id)
      waiting.delete(id)
      if (waits !== undefined) Deferred.unsafeDone(waits, effect)
    }
    const child = yield* Effect.acquireRelease(
      Effect.sync((): ChildProcess => {
        const made = spawn(process.execPath, [...engine.program], {
          stdio: ["ignore", "ignore", "pipe", "ipc"],
          env: { ...process.env, DATABASE_URL: urlOf(server, engine.database), VARIANT: engine.variant }
        })
        made.stderr?.on("data", (text) => {
          complaints = `${complaints}${text}`.slice(-COMPLAINT)
        })
        made.on("message", (message) => {
          const { error, id, result } = Schema.decodeUnknownSync(Answer)(message)
          if (error !== undefined) return answer(id, Effect.fail(new EngineFailed({ message: error })))
          answer(id, Effect.succeed(Schema.is(Measured)(result) ? result : undefined))
        })
        made.once("exit", () => {
          const message = `its process ended: ${complaints}`
          for (const id of waiting.keys()) answer(id, Effect.fail(new EngineFailed({ message })))
        })
        return made
      }),
      (made) => Effect.sync(() => made.kill("SIGKILL"))
    )
    return {
      pid: child.pid ?? 0,
      kill: Effect.sync(() => child.kill("SIGKILL")),
      ask: (request) =>
        Effect.gen(function* () {
          const waits = yield* Deferred.make<Measured | undefined, EngineFailed>()
          if (child.exitCode !== null || child.signalCode !== null) {
            return yield* new EngineFailed({ message: `its process had ended: ${complaints}` })
          }
          waiting.set(request.id, waits)
          child.send(request)
          const patience = Duration.sum(Duration.seconds(request.limit), PATIENCE)
          return yield* Deferred.await(waits).pipe(
            Effect.timeoutFail({
              duration: patience,
              onTimeout: () => new EngineFailed({ message: `no answer within ${Duration.format(patience)}` })
            })
          )
        })
    }
  })
