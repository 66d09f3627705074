import { expect, layer } from "@effect/vitest"
import { Clock, Effect, Schedule } from "effect"
import { Database } from "../../src/database/Database.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import * as Faults from "./Faults.ts"
import { committed, expectCompleted, type Named } from "./Invariants.ts"
import * as Proxy from "./Proxy.ts"
import * as Server from "./Server.ts"

/** How long a shutdown may take, as a server is told, and what the end of its process may take beyond that, in milliseconds. */
const DEADLINE = 3_000
const BEYOND = 1_000

const KINDS = ["ledger", "another", "third"]
const SETTINGS = { WORKFLOW_SHUTDOWN_DEADLINE: `${DEADLINE} millis`, LEDGER_KINDS: KINDS.join(",") }
const TASKS = 30

/** How often a clock ticks beside it, in milliseconds. */
const TICK = 25

/**
 * How long it takes from a SIGTERM until a process is gone, in milliseconds, without what the machine took away meanwhile: as much as a
 * clock of this process is late.
 */
const timeToEnd = (server: Server.Server) =>
  Effect.gen(function* () {
    let late = 0
    const tick = Effect.gen(function* () {
      const start = yield* Clock.currentTimeMillis
      yield* Effect.sleep(TICK)
      // A timer is a millisecond or two late on the quietest machine.
      late += Math.max(0, (yield* Clock.currentTimeMillis) - start - TICK - 2)
    })
    const asked = yield* Clock.currentTimeMillis
    yield* server.signal("SIGTERM")
    yield* Effect.raceFirst(server.ended, Effect.forever(tick))
    const took = (yield* Clock.currentTimeMillis) - asked
    return took - late
  })

layer(Faults.Survivors.layer(SETTINGS), { timeout: "120 seconds", excludeTestServices: true })(
  "SIGTERM with the database silent",
  (it) => {
    for (const { when, silent, wait } of [
      { when: "as soon as it is silent", silent: "blackhole", wait: false },
      { when: "as soon as it stands still", silent: "stall", wait: false },
      { when: "when its lease is lost", silent: "blackhole", wait: true }
    ] as const) {
      it.scoped(`34: SIGTERM ${when}: gone by the deadline plus a second; its workflows are taken over`, () =>
        Effect.gen(function* () {
          for (let round = 0; round < Faults.ROUNDS; round++) {
            const owner = yield* Server.run(SETTINGS)
            const workflows: ReadonlyArray<Named> = yield* Effect.forEach([...KINDS, ...KINDS], (kind) =>
              Effect.gen(function* () {
                const projectId = yield* TestInfra.project
                return { projectId, id: yield* owner.start({ projectId, kind, config: { tasks: TASKS, millis: 50 } }) }
              })
            )
            // All of them are committing, one after the other.
            yield* Effect.forEach(workflows, (workflow) => committed(workflow, 3))
            yield* owner.proxy[silent]("all")
            if (wait) yield* eventually("its lease is lost", owner.health, ({ status }) => status === "lost")
            expect(yield* timeToEnd(owner)).toBeLessThan(DEADLINE + BEYOND)
            yield* owner.proxy.cut
            yield* Effect.forEach(workflows, (workflow) => expectCompleted(workflow, TASKS))
          }
        }).pipe(Faults.soundly)
      )
    }

    it.scoped("34: SIGTERM with all well: gone long before the deadline", () =>
      Effect.gen(function* () {
        const owner = yield* Server.run(SETTINGS)
        const projectId = yield* TestInfra.project
        const id = yield* owner.start({ projectId, config: { tasks: TASKS, millis: 50 } })
        yield* committed({ id, projectId }, 3)
        expect(yield* timeToEnd(owner)).toBeLessThan(DEADLINE)
        yield* expectCompleted({ id, projectId }, TASKS)
      }).pipe(Faults.soundly)
    )

    it.scoped("34: SIGTERM while it starts on a silent database: gone by the deadline plus a second", () =>
      Effect.gen(function* () {
        const { url } = yield* Database
        const proxy = yield* Proxy.make(url)
        yield* proxy.blackhole("all")
        const starting = yield* Server.begin(proxy, SETTINGS)
        yield* Effect.repeat(proxy.said, { until: (count) => count > 0, schedule: Schedule.spaced("25 millis") })
        expect(yield* timeToEnd(starting)).toBeLessThan(DEADLINE + BEYOND)
      })
    )
  }
)
