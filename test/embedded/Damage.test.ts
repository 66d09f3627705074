import { expect, it, layer } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Option } from "effect"
import { chownSync, readdirSync } from "node:fs"
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { embeddedAt } from "../fixtures/embeddedAt.ts"
import { canMount, CASES, disk, fill, makeReadOnly, template } from "./Damage.ts"
import { folder, isRoot, ordinaryUser, processesWith, run } from "./Program.ts"

class Template extends Context.Tag("test/Template")<Template, Effect.Effect.Success<typeof template>>() {
  static readonly layer = Layer.scoped(this, template)
}

/**
 * Everything there is but what a server writes about itself: no start that fails may leave more, or less. The lock file of one
 * that crashed counts as none, as its process has gone.
 */
const listing = (directory: string) =>
  readdirSync(directory, { recursive: true })
    .map(String)
    .filter((name) => !/server\.log|postmaster\.(?:opts|pid)|pg_stat|pg_internal/.test(name))
    .sort()

const start = (directory: string) => Effect.scoped(Layer.build(embeddedAt(directory)))

/** The error of a start that fails, known to be one line that names the folder and what can be done. */
const failure = (directory: string) =>
  Effect.gen(function* () {
    const before = listing(directory)
    const error = yield* Effect.flip(start(directory))
    expect(error.message).toMatch(/^[^\n]{40,600}, or set DATABASE_URL to a server of yours$/)
    expect(error.message).toContain(directory)
    expect({ message: error.message, left: listing(directory) }).toEqual({ message: error.message, left: before })
    expect(yield* processesWith(directory)).toEqual([])
    return error
  })

layer(Template.layer, { timeout: "120 seconds", excludeTestServices: true })("damaged data", (it) => {
  for (const [reason, cases] of Object.entries(CASES)) {
    for (const [title, damage] of Object.entries(cases)) {
      it.scoped(`${title}: ${reason}, in one line`, () =>
        Effect.gen(function* () {
          const directory = yield* Effect.flatMap(Template, ({ make }) => make)
          damage(join(directory, "postgres/data"))
          const error = yield* failure(directory)
          expect({ reason: error.reason, message: error.message }).toEqual({ reason, message: error.message })
          if (reason === "Damaged") expect(error.message).toContain("move the folder away and start again")
        })
      )
    }
  }

  it.scoped("what a second start says is what the first one said", () =>
    Effect.gen(function* () {
      const directory = yield* Effect.flatMap(Template, ({ make }) => make)
      CASES["Damaged"]?.["the WAL is gone"]?.(join(directory, "postgres/data"))
      const first = yield* failure(directory)
      expect(first.message).toMatch(/damaged .*\(PANIC: could not locate a valid checkpoint record/)
      expect((yield* failure(directory)).message).toBe(first.message)
    })
  )

  it.scoped.runIf(isRoot)("data of another user are told with the command that gives them back (needs root)", () =>
    Effect.gen(function* () {
      const directory = yield* Effect.flatMap(Template, ({ make }) => make)
      execFileSync("chown", ["-R", "0:0", join(directory, "postgres/data")])
      const error = yield* failure(directory)
      expect(error).toMatchObject({ reason: "Directory", message: expect.stringContaining("chown -R ") })
    })
  )

  it.scoped.runIf(Option.isSome(ordinaryUser))(
    "data that an ordinary user may not enter are told so, too (needs root)",
    () =>
      Effect.gen(function* () {
        const directory = yield* Effect.flatMap(Template, ({ make }) => make)
        execFileSync("chown", ["-R", "0:0", join(directory, "postgres")])
        const { gid, uid } = yield* ordinaryUser
        chownSync(directory, uid, gid)
        const { end } = yield* run(directory, { user: ordinaryUser })
        const { errors, status } = yield* end
        expect({ errors, status }).toMatchObject({
          errors: expect.stringMatching(/^[^\n]*chown -R nobody [^\n]*\n$/),
          status: 1
        })
      }),
    60_000
  )

  it.scoped.runIf(canMount)("a disk that can only be read (needs root)", () =>
    Effect.gen(function* () {
      const directory = yield* disk("300m")
      const whole = yield* Effect.flatMap(Template, ({ make }) => make)
      execFileSync("cp", ["-a", join(whole, "postgres"), directory])
      makeReadOnly(directory)
      const error = yield* failure(directory)
      expect(error).toMatchObject({ reason: "Directory", message: expect.stringMatching(/read-only file system/i) })
    })
  )

  it.scoped.runIf(canMount)("a disk without room, which starts again when there is some (needs root)", () =>
    Effect.gen(function* () {
      const directory = yield* disk("90m")
      const whole = yield* Effect.flatMap(Template, ({ make }) => make)
      execFileSync("cp", ["-a", join(whole, "postgres"), directory])
      fill(directory)
      const error = yield* failure(directory)
      expect(error).toMatchObject({ reason: "Failed", message: expect.stringContaining("the disk is full") })
      execFileSync("rm", [join(directory, "filling")])
      expect(Exit.isSuccess(yield* Effect.exit(start(directory)))).toBe(true)
    })
  )
})

it.scopedLive.runIf(canMount)("a new cluster for which there is no room leaves nothing behind (needs root)", () =>
  Effect.gen(function* () {
    const directory = yield* disk("20m")
    const error = yield* failure(directory)
    expect(error.message).toMatch(/No space left on device|the disk is full/)
    expect(readdirSync(directory)).toEqual([])
  })
)

it.scopedLive.runIf(canMount)("a new cluster on a disk that can only be read (needs root)", () =>
  Effect.gen(function* () {
    const directory = yield* disk("20m")
    makeReadOnly(directory)
    expect((yield* failure(directory)).message).toContain("EROFS")
    expect((yield* Effect.flip(start(join(directory, "below")))).message).toMatch(
      /^Cannot [^\n]*EROFS[^\n]*DATABASE_URL/
    )
  })
)

it.scopedLive("an empty folder of a cluster is as good as none", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    execFileSync("mkdir", [join(directory, "postgres")])
    expect(Exit.isSuccess(yield* Effect.exit(start(directory)))).toBe(true)
  })
)
