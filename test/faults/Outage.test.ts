import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { expect, layer } from "@effect/vitest"
import { Clock, Effect, Layer, Schedule } from "effect"
import { readFileSync } from "node:fs"
import { EmbeddedPostgres } from "../../src/embedded/EmbeddedPostgres.ts"
import { embeddedAt } from "../fixtures/embeddedAt.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import * as Faults from "./Faults.ts"
import { committed, expectCompleted, startOn } from "./Invariants.ts"
import * as Ledger from "./Ledger.ts"
import * as Server from "./Server.ts"

/** A PostgreSQL of this file's own, which it may stop as it likes: it is started again. */
const postgres = Layer.unwrapScoped(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "workflow-infra-test-" })
    yield* fs.chmod(directory, 0o711)
    return embeddedAt(directory)
  })
).pipe(Layer.provide(NodeContext.layer), Layer.orDie)

const database = Layer.effectDiscard(Effect.orDie(Ledger.create)).pipe(
  Layer.provideMerge(Layer.unwrapEffect(Effect.map(EmbeddedPostgres, ({ url }) => TestInfra.databaseAt(url)))),
  Layer.provideMerge(postgres)
)

/** Stops PostgreSQL: fast (SIGINT), or as if it had crashed (SIGQUIT). */
const stop = (how: "SIGINT" | "SIGQUIT") =>
  Effect.map(EmbeddedPostgres, ({ dataDirectory }) => {
    const [pid] = readFileSync(`${dataDirectory}/postmaster.pid`, "utf8").split("\n")
    process.kill(Number(pid), how)
  })

/** This process looks at a database that may be away. */
const overOutages = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.retry(effect, {
    while: ({ _tag }) => _tag === "DatabaseError" || _tag === "SqlError",
    schedule: Schedule.intersect(Schedule.spaced("250 millis"), Schedule.recurs(240))
  })

/** Server's shutdown deadline, and what the lease, the sessions and the pools may take to be given up after it, in milliseconds. */
const DEADLINE = 3_000
const AFTERWARDS = 3_000

const WORKFLOWS = Faults.isLong ? 1_000 : 40
const RESTARTS = Faults.isLong ? 12 : 2
const TASKS = Faults.isLong ? 20 : 5

layer(database, { timeout: "120 seconds", excludeTestServices: true })("an outage of the database", (it) => {
  it.scoped(
    `8: PostgreSQL restarts ${Faults.isLong ? "every 5 to 10 s" : "twice"} while ${WORKFLOWS} workflows run: all end right`,
    () =>
      Effect.gen(function* () {
        const servers = yield* Effect.all([Server.run(), Server.run()], { concurrency: 2 })
        const workflows = yield* Effect.forEach(
          Array.from({ length: WORKFLOWS }),
          (_, n) => startOn(servers[n % 2 === 0 ? 0 : 1], { tasks: TASKS, millis: 200 }),
          { concurrency: 10 }
        )
        for (let restart = 0; restart < RESTARTS; restart++) {
          yield* stop(restart % 2 === 0 ? "SIGINT" : "SIGQUIT")
          if (Faults.isLong) yield* Effect.sleep("7 seconds")
          else yield* overOutages(Effect.forEach(workflows.slice(0, 5), (workflow) => committed(workflow, restart + 1)))
        }
        yield* Effect.forEach(
          workflows,
          (workflow) => overOutages(expectCompleted(workflow, TASKS)).pipe(Effect.retry(Schedule.recurs(10))),
          { concurrency: 4 }
        )
        yield* Effect.forEach(servers, Server.expectNoLeak)
      }).pipe(Faults.soundly),
    Faults.isLong ? 1_200_000 : 180_000
  )

  for (const signals of ["SIGTERM", "a second SIGTERM"] as const) {
    it.scoped(
      `13: ${signals} during a database outage: exits ${signals === "SIGTERM" ? "by its deadline" : "at once"}; its workflows are taken over`,
      () =>
        Effect.gen(function* () {
          const survivor = yield* Server.run()
          const owner = yield* Server.run()
          const workflows = yield* Effect.forEach([1, 2, 3], () => startOn(owner, { tasks: 20, millis: 200 }))
          yield* Effect.forEach(workflows, (workflow) => committed(workflow, 1))
          yield* owner.proxy.blackhole("all")
          const asked = yield* Clock.currentTimeMillis
          yield* owner.signal("SIGTERM")
          yield* owner.reached("closing")
          if (signals !== "SIGTERM") yield* owner.signal("SIGTERM")
          yield* owner.ended
          const took = (yield* Clock.currentTimeMillis) - asked
          expect(took).toBeLessThan(signals === "SIGTERM" ? DEADLINE + AFTERWARDS : DEADLINE)
          yield* owner.proxy.cut
          yield* Effect.forEach(workflows, (workflow) => expectCompleted(workflow, 20))
          yield* Server.expectNoLeak(survivor)
        }).pipe(Faults.soundly),
      180_000
    )
  }
})
