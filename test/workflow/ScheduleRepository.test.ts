import { expect, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { Projects } from "../../src/tenant/Projects.ts"
import { ScheduleRepository } from "../../src/workflow/ScheduleRepository.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

const inMemory = Layer.merge(
  TestInfra.memory,
  Layer.succeed(
    Projects,
    Projects.of({
      ensure: () => uuidv7,
      get: () => Effect.succeedNone,
      list: Effect.succeed([]),
      find: () => Effect.succeedNone
    })
  )
)
type Repositories = Layer.Layer.Success<typeof inMemory>

/** A test of what both repositories do. */
const both = (does: string, test: Effect.Effect<void, unknown, Repositories>) => {
  it.scopedLive(`${does}, in memory`, () => Effect.provide(test, inMemory))
  it.scopedLive(`${does}, in PostgreSQL`, () => Effect.provide(test, TestInfra.database))
}

const scheduled = Effect.gen(function* () {
  const repository = yield* ScheduleRepository
  const key = { projectId: yield* TestInfra.project, kind: "import", name: "nightly" }
  const read = Effect.map(repository.read(key), Option.getOrThrow)
  return { repository, key, read }
})

both(
  "a schedule begins when it is registered, and goes on where it was when it is registered again",
  Effect.gen(function* () {
    const { key, read, repository } = yield* scheduled
    expect(yield* repository.read(key)).toEqual(Option.none())
    yield* repository.register(key, "0 0 3")
    const { now, tickedAt } = yield* read
    expect(Math.abs(Number(now) - Number(tickedAt))).toBeLessThan(10_000)
    const tick = new Date(Number(now) + 60_000)
    yield* repository.advance(key, tick)
    expect((yield* read).tickedAt).toEqual(tick)
    yield* repository.register(key, "0 0 3")
    expect((yield* read).tickedAt).toEqual(tick)
  })
)

both(
  "a schedule whose expression has changed begins again",
  Effect.gen(function* () {
    const { key, read, repository } = yield* scheduled
    yield* repository.register(key, "0 0 3")
    yield* repository.advance(key, new Date("2999-01-01"))
    yield* repository.register(key, "0 0 4")
    expect(Number((yield* read).tickedAt)).toBeLessThanOrEqual(Number((yield* read).now))
  })
)

both(
  "a schedule never goes back, and others of its project, of another kind or name, are their own",
  Effect.gen(function* () {
    const { key, read, repository } = yield* scheduled
    const others = [
      { ...key, name: "Nightly" },
      { ...key, kind: "export" },
      { ...key, projectId: yield* TestInfra.project }
    ]
    for (const one of [key, ...others]) yield* repository.register(one, "0 0 3")
    const tick = new Date("2999-01-01")
    yield* repository.advance(key, tick)
    yield* repository.advance(key, new Date("2998-01-01"))
    expect((yield* read).tickedAt).toEqual(tick)
    for (const one of others) {
      expect(Option.getOrThrow(yield* repository.read(one)).tickedAt < tick).toBe(true)
    }
  })
)

it.scopedLive("a schedule of a project that does not exist is refused, in PostgreSQL", () =>
  Effect.gen(function* () {
    const { key, repository } = yield* scheduled
    for (const projectId of [yield* uuidv7, "no id"]) {
      expect((yield* Effect.flip(repository.register({ ...key, projectId }, "0 0 3")))._tag).toBe("ProjectNotFound")
    }
  }).pipe(Effect.provide(TestInfra.database))
)
