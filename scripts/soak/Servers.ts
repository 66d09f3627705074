import { Clock, Effect, Option, Random, Redacted, Schema, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, openSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Vitals } from "./SoakKind.ts"

const program = fileURLToPath(new URL("../soakServer.ts", import.meta.url))
const decodeVitals = Schema.decodeUnknownOption(Vitals)

/** A kill of a server. */
export interface Kill {
  readonly pid: number
  /** Milliseconds since 1970. */
  readonly at: number
}

/** Server processes. One that ends is started again at once. */
export interface Servers {
  /** Sends SIGKILL to one of them, at random. */
  readonly kill: Effect.Effect<Kill>
  /** The last vitals that each running server has sent. */
  readonly vitals: Effect.Effect<ReadonlyArray<Vitals>>
}

/**
 * Starts `many` servers on the database at `url`, until the scope closes. `settings` are added to their environment. Their output is
 * appended to the file `log`.
 */
export const start = (
  many: number,
  url: Redacted.Redacted,
  log: string,
  settings: Readonly<Record<string, string>>
): Effect.Effect<Servers, never, Scope.Scope> =>
  Effect.gen(function* () {
    const output = yield* Effect.acquireRelease(
      Effect.sync(() => openSync(log, "a")),
      (file) => Effect.sync(() => closeSync(file))
    )
    const latest = new Map<number, Vitals>()
    const children: Array<ChildProcess> = []
    let closing = false

    const launch = (which: number) => {
      const child = spawn(process.execPath, ["--import", "tsx", program], {
        stdio: ["ignore", output, output, "ipc"],
        env: { ...process.env, ...settings, DATABASE_URL: Redacted.value(url) }
      })
      children[which] = child
      child.on("message", (message) => Option.map(decodeVitals(message), (vitals) => latest.set(which, vitals)))
      child.once("exit", () => {
        latest.delete(which)
        if (!closing) launch(which)
      })
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        for (let which = 0; which < many; which++) launch(which)
      }),
      () =>
        Effect.sync(() => {
          closing = true
          for (const child of children) child.kill("SIGKILL")
        })
    )
    return {
      kill: Effect.gen(function* () {
        const child = children[yield* Random.nextIntBetween(0, many)]
        const at = yield* Clock.currentTimeMillis
        child?.kill("SIGKILL")
        return { pid: child?.pid ?? 0, at }
      }),
      vitals: Effect.sync(() => [...latest.values()])
    }
  })
