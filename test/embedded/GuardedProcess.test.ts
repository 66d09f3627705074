import { expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as GuardedProcess from "../../src/embedded/GuardedProcess.ts"
import { eventually, folder, processesWith } from "./Program.ts"

/** Runs JavaScript under a guard. A shell could not, because what a shell starts in the background ignores SIGINT. */
const node = (script: string, log: string) =>
  GuardedProcess.start({ command: process.execPath, args: ["-e", script], env: {}, log, user: Option.none() })

it.scopedLive("a program that needs a quarter of a minute to stop in order gets it", () =>
  Effect.gen(function* () {
    const log = join(yield* folder, "log")
    const script = `
      const say = (line) => require("fs").writeSync(1, line + "\\n")
      setInterval(() => {}, 1000)
      process.on("SIGINT", () => setTimeout(() => { say("in order"); process.exit(0) }, 12_000))
      process.on("SIGQUIT", () => { say("at once"); process.exit(1) })
      say("up")`
    const isUp = Effect.sync(() => existsSync(log) && readFileSync(log, "utf8") === "up\n")
    yield* Effect.scoped(Effect.zipRight(node(script, log), eventually(isUp)))
    expect(readFileSync(log, "utf8")).toBe("up\nin order\n")
    expect(yield* processesWith(log)).toEqual([])
  })
)

it.scopedLive("a log that cannot be written is the reason, and nothing is started", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    const { message } = yield* Effect.flip(
      node(`require("fs").writeFileSync("${join(directory, "started")}", "")`, join(directory, "no/log"))
    )
    expect(message).toMatch(/^[^\n]*no\/log[^\n]*$/)
    expect(existsSync(join(directory, "started"))).toBe(false)
  })
)
