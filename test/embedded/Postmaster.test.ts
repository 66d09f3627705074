import { NodeContext } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Duration, Effect, Option, Redacted, Schedule } from "effect"
import { appendFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { findBinaries } from "../../src/embedded/Binaries.ts"
import { openCluster } from "../../src/embedded/Cluster.ts"
import { locate } from "../../src/embedded/Location.ts"
import { awaitReady, startPostmaster } from "../../src/embedded/Postmaster.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { join } from "node:path"
import { folder, processesWith } from "./Program.ts"

/** A port that somebody else listens on for as long as the scope is open. */
const takenPort = Effect.acquireRelease(
  Effect.async<ReturnType<typeof createServer>>((resume) => {
    const server = createServer()
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
).pipe(
  Effect.map((server) => {
    const address = server.address()
    return typeof address === "object" && address !== null ? address.port : 0
  })
)

it.scopedLive("a port that is taken says so, starts nothing, and does not stand in the way of the next start", () =>
  Effect.gen(function* () {
    const { directory, home, user } = yield* locate(yield* folder)
    const binaries = yield* findBinaries(user, home)
    const cluster = yield* openCluster(directory, binaries, user)
    const start = (port: Option.Option<number>) => startPostmaster(cluster, binaries, user, port)

    const { message } = yield* Effect.flip(Effect.flatMap(takenPort, (port) => start(Option.some(port))))
    expect(message).toMatch(/PostgreSQL could not start \(every port[^\n]*DATABASE_URL[^\n]*$/)
    expect(yield* processesWith(directory)).toEqual([])

    const { port } = yield* start(Option.none())
    const url = `postgres://postgres:${Redacted.value(cluster.password)}@127.0.0.1:${port}/postgres`
    const sql = yield* TestDatabase.connect(Redacted.make(url))
    expect(yield* sql`SELECT current_setting('listen_addresses') AS listens`).toEqual([{ listens: "127.0.0.1" }])
  }).pipe(Effect.provide(NodeContext.layer))
)

/** A cluster without a server: what there is of one is its lock file and its log. */
const pretended = Effect.map(folder, (directory) => ({
  ...{ folder: directory, data: directory, owner: "postgres", password: Redacted.make("") },
  log: join(directory, "server.log")
}))

const PID = 4242
const SILENCE = Duration.millis(1500)

it.scopedLive("a recovery is waited for as long as its log says how far it is, however long that takes", () =>
  Effect.gen(function* () {
    const cluster = yield* pretended
    const lockFile = (status: string) =>
      writeFileSync(join(cluster.data, "postmaster.pid"), `${PID}\n${cluster.data}\n0\n0\n\n\n\n${status}\n`)
    lockFile("starting")
    let lines = 0
    const recovery = Effect.sync(() =>
      appendFileSync(cluster.log, `LOG:  redo in progress, elapsed time: ${lines++}0.00 s, current LSN: 0/${lines}\n`)
    ).pipe(
      Effect.repeat(Schedule.spaced("500 millis").pipe(Schedule.upTo("5 seconds"))),
      Effect.zipRight(Effect.sync(() => lockFile("ready")))
    )
    yield* Effect.all([recovery, awaitReady(cluster, PID, SILENCE)], { concurrency: 2 })
    expect(lines).toBeGreaterThan(5)
  }).pipe(Effect.provide(NodeContext.layer))
)

it.scopedLive("a start that makes no progress ends, whatever the server tells clients that come too early", () =>
  Effect.gen(function* () {
    const cluster = yield* pretended
    const refusals = Effect.sync(() => appendFileSync(cluster.log, "FATAL:  the database system is starting up\n"))
    const { message } = yield* Effect.raceFirst(
      Effect.flip(awaitReady(cluster, PID, SILENCE)),
      Effect.zipRight(
        Effect.repeat(refusals, Schedule.spaced("200 millis").pipe(Schedule.upTo("50 seconds"))),
        Effect.never
      )
    )
    expect(message).toMatch(/^[^\n]*no progress for 1s 500ms[^\n]*$/)
  }).pipe(Effect.provide(NodeContext.layer))
)
