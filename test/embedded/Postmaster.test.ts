import { NodeContext } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { createServer } from "node:net"
import { findBinaries } from "../../src/embedded/Binaries.ts"
import { openCluster } from "../../src/embedded/Cluster.ts"
import { locate } from "../../src/embedded/Location.ts"
import { startPostmaster } from "../../src/embedded/Postmaster.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
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
    expect(message).toMatch(/^PostgreSQL could not start: every port[^\n]*$/)
    expect(yield* processesWith(directory)).toEqual([])

    const { port } = yield* start(Option.none())
    const url = `postgres://postgres:${Redacted.value(cluster.password)}@127.0.0.1:${port}/postgres`
    const sql = yield* TestDatabase.connect(Redacted.make(url))
    expect(yield* sql`SELECT current_setting('listen_addresses') AS listens`).toEqual([{ listens: "127.0.0.1" }])
  }).pipe(Effect.provide(NodeContext.layer))
)
