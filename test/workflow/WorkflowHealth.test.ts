import { expect, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { DatabaseError } from "../../src/database/DatabaseError.ts"
import { ServerRepository } from "../../src/workflow/ServerRepository.ts"
import { defaults, workingTime } from "../../src/workflow/WorkflowSettings.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

it.scoped("health is alive, degraded while nothing gets done, and lost when the lease is", () =>
  Effect.gen(function* () {
    const servers = yield* ServerRepository
    let away = false
    const whileThere = <A>(effect: Effect.Effect<A, DatabaseError>) =>
      Effect.suspend(() =>
        away ? new DatabaseError({ message: "connection refused", code: null, retryable: true }) : effect
      )
    const cable: typeof servers = {
      ...servers,
      register: (...args) => whileThere(servers.register(...args)),
      beat: (...args) => whileThere(servers.beat(...args)),
      removeExpired: (...args) => whileThere(servers.removeExpired(...args))
    }
    const infra = yield* Effect.provideService(TestInfra.start(defaults), ServerRepository, cable)
    yield* TestClock.adjust("1 minute")
    expect(yield* infra.health).toEqual({ status: "alive", reasons: [] })
    away = true
    yield* TestClock.adjust("10 seconds")
    expect(yield* infra.health).toMatchObject({
      status: "degraded",
      reasons: ["takeovers wait: connection refused", "nobody has looked for workflows for a while"]
    })
    yield* TestClock.adjust(workingTime(defaults))
    expect((yield* infra.health).status).toBe("lost")
    away = false
    yield* TestClock.adjust("10 seconds")
    expect(yield* infra.health).toEqual({ status: "alive", reasons: [] })
  }).pipe(Effect.provide(TestInfra.memory))
)
