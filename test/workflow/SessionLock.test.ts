import { expect, layer } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Layer, Option, Scope } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { ServerRepository } from "../../src/workflow/ServerRepository.ts"
import { SessionLock } from "../../src/workflow/SessionLock.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

/** A server's row that says that it holds a lock, and whether others see it without. */
const introduced = Effect.gen(function* () {
  const servers = yield* ServerRepository
  const id = yield* uuidv7
  yield* servers.register({ id, usesSessionLock: true, host: "here", pid: 1, version: "1" }, Duration.hours(1))
  return { id, unlocked: Effect.map(servers.unlocked, (ids) => ids.includes(id)) }
})

/** A lock of its own, as each process has one. */
const fresh = Effect.map(Layer.build(Layer.fresh(SessionLock.layer)), Context.get(SessionLock))

/** Ends the sessions that hold locks, as a restart or an administrator would. */
const cut = Effect.flatMap(
  Database,
  ({ work: sql }) => sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'workflow-infra lock' AND datname = current_database()`
)

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("a session lock", (it) => {
  it.scoped("is seen by others for as long as its scope is open, and not a moment longer", () =>
    Effect.gen(function* () {
      const { id, unlocked } = yield* introduced
      expect(yield* unlocked).toBe(true)
      const lock = yield* fresh
      const scope = yield* Scope.make()
      expect(yield* Scope.extend(lock.hold(id), scope)).toBe(true)
      expect(yield* unlocked).toBe(false)
      expect(Option.isSome(yield* lock.age)).toBe(true)
      yield* Scope.close(scope, Exit.void)
      yield* eventually("it is free", unlocked, (is) => is)
      expect(yield* lock.age).toEqual(Option.none())
    })
  )

  it.scoped("is taken back when its session is cut, and its age begins anew", () =>
    Effect.gen(function* () {
      const { id, unlocked } = yield* introduced
      const lock = yield* fresh
      yield* lock.hold(id)
      const age = Effect.map(lock.age, (nanos) => Number(Option.getOrElse(nanos, () => 0n)))
      yield* eventually("it has some age", age, (nanos) => nanos > 500_000_000)
      const before = yield* age
      yield* cut
      yield* eventually("it is young again", age, (nanos) => nanos > 0 && nanos < before)
      expect(yield* unlocked).toBe(false)
    })
  )

  it.scoped("of one server says nothing about another's", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* introduced, yield* introduced]
      const lock = yield* fresh
      yield* lock.hold(one.id)
      expect([yield* one.unlocked, yield* other.unlocked]).toEqual([false, true])
    })
  )

  it.scoped("is no matter for a server that uses none", () =>
    Effect.gen(function* () {
      const servers = yield* ServerRepository
      const id = yield* uuidv7
      yield* servers.register({ id, usesSessionLock: false, host: "here", pid: 1, version: "1" }, Duration.hours(1))
      expect(yield* servers.unlocked).not.toContain(id)
    })
  )
})
