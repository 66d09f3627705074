import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { vi } from "vitest"
import * as Cli from "../cli/program.ts"
import { CASES, template } from "./Damage.ts"
import { folder, processesWith, run, serverPid } from "./Program.ts"

// Every test starts programs, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 })

const ADVICE = "move the folder away and start again, or set DATABASE_URL to a server of yours"

/** A folder to run the program in, that PostgreSQL's user can enter, with the data it keeps there. */
const project = Effect.gen(function* () {
  const made = yield* Effect.flatMap(template, ({ make }) => make)
  const directory = yield* folder
  const data = join(directory, ".data")
  mkdirSync(data)
  chmodSync(data, 0o711)
  renameSync(join(made, "postgres"), join(data, "postgres"))
  return { directory, data: join(data, "postgres/data") }
})

it.scopedLive("npm start on damaged data prints one line and exits with 1, every time", () =>
  Effect.gen(function* () {
    const { data, directory } = yield* project
    CASES["Damaged"]?.["the WAL is gone"]?.(data)
    for (const _ of [1, 2]) {
      const { errors, status } = yield* Cli.run(directory, [], {})
      expect(status).toBe(1)
      expect(errors).toBe(
        `${dirname(data)}: the data are damaged and cannot be read any more (${/\(([^)]*)\)/.exec(errors)?.[1]}): ${ADVICE}\n`
      )
      expect(errors).toContain("PANIC: could not locate a valid checkpoint record")
      expect(readdirSync(join(directory, "out"))).toEqual([])
      expect(yield* processesWith(directory)).toEqual([])
    }
  })
)

it.scopedLive("npm start with another's password prints one line and exits with 1, whatever the shell sets", () =>
  Effect.gen(function* () {
    const { data, directory } = yield* project
    CASES["Password"]?.["the password is another's"]?.(data)
    const environment = {
      PGPASSWORD: "wrong",
      PGHOST: "nowhere.invalid",
      PGOPTIONS: "-c what=is_this",
      PGSSLMODE: "require"
    }
    const { errors, status } = yield* Cli.run(directory, [], environment)
    expect({ errors, status }).toEqual({
      errors: `${dirname(data)}: the file password does not fit these data: put the one back that was made with these data, or ${ADVICE}\n`,
      status: 1
    })
  })
)

/** Runs a program, does something to its data, and kills its server; how the program ends. */
const lost = (harm: (data: string) => void) =>
  Effect.gen(function* () {
    const directory = yield* folder
    const program = yield* run(directory)
    const { dataDirectory } = yield* program.held
    const pid = serverPid(dataDirectory)
    harm(dataDirectory)
    process.kill(pid, "SIGKILL")
    const ended = yield* program.end
    expect(yield* processesWith(directory)).toEqual([])
    return { ...ended, cluster: dirname(dataDirectory), left: readdirSync(directory) }
  })

it.scopedLive("data that are removed under a running server end the program with one line, and are not made anew", () =>
  Effect.gen(function* () {
    const ended = yield* lost((data) => rmSync(dirname(data), { recursive: true, maxRetries: 10 }))
    expect(ended).toMatchObject({ status: 1, left: [] })
    expect(ended.errors).toMatch(/^[^\n]*\n$/)
    expect(ended.errors).toContain(`${ended.cluster}: the folder was removed, and the data with it`)
  })
)

it.scopedLive("data that are damaged under a running server end the program with one line, at once", () =>
  Effect.gen(function* () {
    const ended = yield* lost((data) => CASES["Damaged"]?.["the WAL is zeroes"]?.(data))
    expect(ended.status).toBe(1)
    expect(ended.errors).toMatch(/^[^\n]*: the data are damaged [^\n]*\(PANIC: [^\n]*DATABASE_URL[^\n]*\n$/)
  })
)
