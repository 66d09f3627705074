import { Deferred, Effect, Option, Schedule, Schema, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { chmod, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import { join, relative, resolve } from "node:path"
import { identity, type ServerUser } from "../../src/embedded/ServerUser.ts"

/** The repository's root, whose node_modules and sources the programs run from. */
export const repository = resolve(import.meta.dirname, "../..")

const program = fileURLToPath(new URL("./holdServer.ts", import.meta.url))

/** What `holdServer.ts` says about the server it holds. */
const Held = Schema.parseJson(
  Schema.Struct({ url: Schema.Redacted(Schema.String), port: Schema.Number, dataDirectory: Schema.String })
)

/** A process that runs `holdServer.ts`, and how it ended: its exit code or signal, and what it wrote to stderr. */
export interface Program {
  readonly child: ChildProcess
  readonly held: Effect.Effect<typeof Held.Type, string>
  readonly end: Effect.Effect<{ readonly status: number | string; readonly errors: string }>
}

/** Runs `holdServer.ts` on a directory, in a process group of its own; asked to end with the scope, and awaited. */
export const run = (
  directory: string,
  options?: { readonly user?: Option.Option<ServerUser>; readonly root?: string; readonly cwd?: string }
): Effect.Effect<Program, never, Scope.Scope> =>
  Effect.gen(function* () {
    const root = options?.root ?? repository
    const held = yield* Deferred.make<typeof Held.Type, string>()
    const end = yield* Deferred.make<{ readonly status: number | string; readonly errors: string }>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(
          process.execPath,
          [
            "--import",
            join(root, "node_modules/tsx/dist/esm/index.mjs"),
            join(root, relative(repository, program)),
            directory
          ],
          {
            ...identity(options?.user ?? Option.none()),
            cwd: options?.cwd ?? "/",
            detached: true,
            stdio: ["ignore", "pipe", "pipe"]
          }
        )
      ),
      (child) => Effect.sync(() => child.kill("SIGTERM")).pipe(Effect.zipRight(Deferred.await(end)))
    )
    let output = ""
    let errors = ""
    child.stderr.on("data", (chunk) => (errors += String(chunk)))
    child.stdout.on("data", (chunk) => {
      output += String(chunk)
      const line = output.split("\n").find((text) => text.startsWith("{") && text.endsWith("}"))
      if (line !== undefined) Deferred.unsafeDone(held, Schema.decode(Held)(line).pipe(Effect.mapError(String)))
    })
    child.once("error", (error) => (errors += error.message))
    child.once("close", (code, signal) => {
      Deferred.unsafeDone(held, Effect.fail(errors))
      Deferred.unsafeDone(end, Effect.succeed({ status: code ?? signal ?? "unknown", errors }))
    })
    return { child, held: Deferred.await(held), end: Deferred.await(end) }
  })

/** A temporary folder that every user can enter, and removed with the scope: retried while a killed program's server still ends. */
export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(async () => {
    const made = await mkdtemp(join(tmpdir(), "workflow-infra-embedded-"))
    await chmod(made, 0o755)
    return made
  }),
  (made) => Effect.promise(() => rm(made, { recursive: true, force: true, maxRetries: 100 }))
)

/** The server's process, as its lock file has it. */
export const serverPid = (dataDirectory: string): number =>
  Number.parseInt(readFileSync(join(dataDirectory, "postmaster.pid"), "utf8"), 10)

/** The living processes with this text on their command line: `ps`, zombies apart. */
export const processesWith = (text: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.async((resume) => {
    const ps = spawn("ps", ["-eww", "-o", "stat=,pid=,args="], { stdio: ["ignore", "pipe", "ignore"] })
    let output = ""
    ps.stdout.on("data", (chunk) => (output += String(chunk)))
    ps.once("close", () =>
      resume(
        Effect.succeed(
          output.split("\n").filter((line) => line.includes(text) && !line.startsWith("Z") && !line.includes("ps -eww"))
        )
      )
    )
  })

/** Polls until `condition` holds, at most 60 s. */
export const eventually = <E, R>(condition: Effect.Effect<boolean, E, R>): Effect.Effect<void, E | string, R> =>
  condition.pipe(
    Effect.repeat({ until: (holds) => holds, schedule: Schedule.spaced("50 millis") }),
    Effect.timeoutFail({ duration: "60 seconds", onTimeout: () => "not within 60 s" }),
    Effect.asVoid
  )

/** Whether this run is root's, and so can try what only root or another user meets. */
export const isRoot = process.getuid?.() === 0

/** An ordinary user that root can become, if there is one. */
export const ordinaryUser: Option.Option<ServerUser> =
  isRoot && existsSync("/etc/passwd") && /^nobody:[^:]*:65534:/m.test(readFileSync("/etc/passwd", "utf8"))
    ? Option.some({ name: "nobody", uid: 65534, gid: 65534 })
    : Option.none()
