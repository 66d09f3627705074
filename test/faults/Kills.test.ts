import { expect, layer } from "@effect/vitest"
import { Effect, Option, Random, Schedule } from "effect"
import { Database } from "../../src/database/Database.ts"
import { MAX_ATTEMPTS } from "../../src/workflow/WorkflowState.ts"
import * as Faults from "./Faults.ts"
import { committed, expectCompleted, expectNoOrphans, reaches, startOn } from "./Invariants.ts"
import * as Server from "./Server.ts"

/** Dead servers are soon noticed, and there is a moment for everybody to die in. */
const BRIEF = {
  ...Server.NO_LOCK,
  WORKFLOW_HEARTBEAT_INTERVAL: "500 millis",
  WORKFLOW_HEARTBEAT_TIMEOUT: "500 millis"
}

const WORKFLOWS = 6
const KILLS = Faults.isLong ? 6 : 2
const TASKS = Faults.isLong ? 1_500 : 60
const TIMEOUT = Faults.isLong ? 900_000 : 180_000

layer(Faults.database, { timeout: "60 seconds", excludeTestServices: true })("servers that all die", (it) => {
  it.scoped(
    `14: SIGKILL of a random one ${Faults.isLong ? "every 20 s for 2 min" : "twice"}: 0 lost`,
    () =>
      Effect.gen(function* () {
        let [one, other] = yield* Effect.all([Server.run(BRIEF), Server.run(BRIEF)], { concurrency: 2 })
        const workflows = yield* Effect.forEach(Array.from({ length: WORKFLOWS }), (_, n) =>
          startOn(n % 2 === 0 ? one : other, { tasks: TASKS, millis: 50 })
        )
        yield* Effect.forEach(workflows, (workflow) => committed(workflow, 1))
        for (let kill = 0; kill < KILLS; kill++) {
          if (Faults.isLong) yield* Effect.sleep("20 seconds")
          if (yield* Random.nextBoolean) [one, other] = [other, one]
          yield* one.kill
          one = yield* Server.run(BRIEF)
          yield* expectNoOrphans
        }
        // Long enough for the long form, with what a kill takes.
        yield* Effect.forEach(workflows, (workflow) =>
          reaches(workflow, "completed").pipe(Effect.retry(Schedule.recurs(20)))
        )
        yield* Effect.forEach(workflows, (workflow) => expectCompleted(workflow, TASKS))
        yield* Effect.forEach([one, other], Server.expectNoLeak)
      }).pipe(Faults.soundly),
    TIMEOUT
  )

  it.scoped(
    "17: a poison task (process.exit): attempts capped, siblings go on",
    () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        const first = yield* Server.run({ ...BRIEF, LEDGER_HOLD: "execute:0" })
        const sibling = yield* startOn(first, { tasks: 20, millis: 50 })
        const poisoned = yield* startOn(first, { tasks: 4, millis: 500, poison: "process.exit" })
        // In the short form it has killed others before.
        yield* first.ask({ ask: "go", how: "on" })
        yield* first.ended
        if (!Faults.isLong) {
          yield* sql`UPDATE engine.workflows SET attempt = ${MAX_ATTEMPTS - 2} WHERE id = ${poisoned.id}`
        }
        // Whoever takes it dies of it, and is started again.
        const ended = yield* reaches(poisoned, "failed").pipe(
          Effect.retry(Schedule.recurs(10)),
          Effect.raceFirst(Effect.forever(Effect.scoped(Effect.flatMap(Server.run(BRIEF), ({ ended }) => ended))))
        )
        expect(Option.getOrThrow(ended.errorMessage)).toBe(
          `given up: ${MAX_ATTEMPTS} owners in a row died without completing a task`
        )
        yield* Server.run(BRIEF)
        yield* expectCompleted(sibling, 20)
      }).pipe(Faults.soundly),
    TIMEOUT
  )
})
