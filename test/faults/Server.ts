import { Deferred, Effect, Redacted, type Scope } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Database } from "../../src/database/Database.ts"

const program = fileURLToPath(new URL("./ledgerProgram.ts", import.meta.url))

/** A server in a process of its own. */
export interface Server {
  /** Waits for a line of its output that begins like this, and gives the rest of it. Dies with what it wrote where it ends before. */
  readonly says: (beginning: string) => Effect.Effect<string>
  /** `kill -9`, and waits until it is gone. */
  readonly kill: Effect.Effect<void>
  /** Sends a signal. */
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** How it ended: its exit code or signal. */
  readonly ended: Effect.Effect<number | string>
}

/** Runs `ledgerProgram.ts` on the test's database, with these settings in its environment; killed with the scope. */
export const run = (settings: Readonly<Record<string, string>>): Effect.Effect<Server, never, Database | Scope.Scope> =>
  Effect.gen(function* () {
    const { url } = yield* Database
    const ended = yield* Deferred.make<number | string>()
    const waiting = new Map<string, Deferred.Deferred<string>>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, ["--import", "tsx", program], {
          stdio: ["ignore", "pipe", "pipe"],
          env: { ...process.env, DATABASE_URL: Redacted.value(url), DATABASE_CONNECTIONS: "4", ...settings }
        })
      ),
      (started) =>
        Effect.zipRight(
          Effect.sync(() => started.kill("SIGKILL")),
          Deferred.await(ended)
        )
    )
    let output = ""
    const look = () => {
      for (const line of output.split("\n").slice(0, -1)) {
        for (const [beginning, found] of waiting) {
          if (line.startsWith(beginning))
            Deferred.unsafeDone(found, Effect.succeed(line.slice(beginning.length).trim()))
        }
      }
    }
    const read = (chunk: Buffer) => {
      output += String(chunk)
      look()
    }
    child.stdout.on("data", read)
    child.stderr.on("data", read)
    child.once("close", (code, signal) => {
      for (const found of waiting.values()) Deferred.unsafeDone(found, Effect.dieMessage(`the server ended: ${output}`))
      Deferred.unsafeDone(ended, Effect.succeed(code ?? signal ?? "unknown"))
    })
    const signal = (which: NodeJS.Signals) => Effect.sync(() => void child.kill(which))
    return {
      says: (beginning) =>
        Effect.gen(function* () {
          const found = yield* Deferred.make<string>()
          waiting.set(beginning, found)
          look()
          return yield* Deferred.await(found)
        }),
      kill: Effect.zipRight(signal("SIGKILL"), Effect.asVoid(Deferred.await(ended))),
      signal,
      ended: Deferred.await(ended)
    }
  })
