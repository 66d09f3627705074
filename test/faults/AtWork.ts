import { expect } from "@effect/vitest"
import { Effect } from "effect"
import { Database } from "../../src/database/Database.ts"
import { eventually } from "../fixtures/eventually.ts"
import { committed, startOn } from "./Invariants.ts"
import * as Postgres from "./Postgres.ts"
import * as Server from "./Server.ts"

/**
 * Two servers on an installation whose login may create nothing, and workflows under way on both: each has committed something. What
 * they do when the database is no longer what it was is a test's business.
 */
export const atWork = (given: {
  readonly settings: Readonly<Record<string, string>>
  readonly workflows: number
  readonly tasks: number
}) =>
  Effect.gen(function* () {
    const { url } = yield* Database
    const server = Server.runOn(Postgres.asLogin(url), given.settings)
    const servers = yield* Effect.all([server, server], { concurrency: "unbounded" })
    const workflows = yield* Effect.forEach(Array.from({ length: given.workflows }), (_, n) =>
      startOn(servers[n % 2 === 0 ? 0 : 1], { tasks: given.tasks, millis: 50 })
    )
    yield* Effect.forEach(workflows, (workflow) => committed(workflow, 1))
    const lengths = yield* Effect.forEach(servers, ({ output }) => Effect.map(output, ({ length }) => length))
    return {
      servers,
      workflows,
      /** Waits until each says in its health why it waits, and gives how each stands. */
      says: (why: RegExp) =>
        Effect.forEach(servers, ({ health }) =>
          Effect.map(
            eventually("it says why", health, ({ reasons }) => reasons.some((reason) => why.test(reason))),
            ({ status }) => status
          )
        ),
      /** Waits until both are well again; they have told no more than so many lines of it all, and no error. */
      expectWell: (told: number) =>
        Effect.forEach(servers, (one, n) =>
          Effect.gen(function* () {
            yield* eventually("it is well again", one.health, ({ status }) => status === "alive")
            const log = yield* Server.log(one, lengths[n])
            expect(log.told.length).toBeLessThanOrEqual(told)
            expect(log.told.filter((line) => /^\S+ (?:ERROR|FATAL) /.test(line))).toEqual([])
          })
        )
    }
  })
