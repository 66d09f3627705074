import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { eventually } from "../fixtures/eventually.ts"

const repository = resolve(import.meta.dirname, "../..")

/** How the program ended, and what it wrote. */
export interface Ended {
  /** The exit code, or the signal that killed it. */
  readonly status: number | string
  readonly output: string
  readonly errors: string
}

/** The program, running. */
export interface Running {
  readonly child: ChildProcess
  readonly end: Effect.Effect<Ended>
}

/**
 * Starts the program as people do, in a folder, with some environment of its own; killed with the scope. `shell` is a script that runs it as
 * `"$@"`, as npm does.
 */
export const start = (
  folder: string,
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>> = {},
  shell?: string
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const program = [process.execPath, join(repository, "scripts/start.js"), ...args]
      const [command = "", ...rest] = shell === undefined ? program : ["sh", "-c", shell, "sh", ...program]
      const child = spawn(command, rest, {
        cwd: folder,
        env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...environment },
        stdio: ["ignore", "pipe", "pipe"]
      })
      let [output, errors] = ["", ""]
      child.stdout.on("data", (chunk) => (output += String(chunk)))
      child.stderr.on("data", (chunk) => (errors += String(chunk)))
      const ended = new Promise<Ended>((resolve) => {
        child.once("close", (code, signal) => resolve({ status: code ?? signal ?? "unknown", output, errors }))
      })
      return { child, end: Effect.promise(() => ended) }
    }),
    ({ child, end }) =>
      Effect.zipRight(
        Effect.sync(() => child.kill("SIGKILL")),
        end
      )
  )

/** Runs the program to its end. */
export const run = (...options: Parameters<typeof start>): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(start(...options), ({ end }) => end))

/** Where a program that was started listens. */
export const listening = ({ child }: Running) => {
  let output = ""
  child.stdout?.on("data", (part) => (output += String(part)))
  const look = Effect.sync(() => /Listening on (http:\S+?):? /.exec(output)?.[1] ?? "")
  return eventually("it listens", look, (url) => url !== "")
}

/** A folder for one test. */
export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "workflow-infra-cli-"))),
  (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
)
