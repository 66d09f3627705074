import { expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { createServer } from "node:net"
import { login } from "../../src/embedded/Login.ts"
import { eventually } from "./Program.ts"

const cluster = {
  ...{ folder: "/nowhere", data: "/nowhere/data", log: "/nowhere/server.log", owner: "postgres" },
  password: Redacted.make("secret")
}

/** A server that hangs up on everybody, and how often it has. */
const hangingUp = Effect.acquireRelease(
  Effect.async<{ readonly port: number; readonly calls: () => number; readonly close: Effect.Effect<void> }>(
    (resume) => {
      let calls = 0
      const server = createServer((socket) => {
        calls++
        socket.destroy()
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const close = Effect.async<void>((closed) => void server.close(() => closed(Effect.void)))
        resume(Effect.succeed({ port, calls: () => calls, close }))
      })
    }
  ),
  ({ close }) => close
)

it.scopedLive("a server that breaks the connection off is asked again: that says nothing about its data", () =>
  Effect.gen(function* () {
    const { calls, port } = yield* hangingUp
    yield* Effect.raceFirst(login(cluster, port), eventually(Effect.sync(() => calls() >= 3)))
    expect(calls()).toBeGreaterThanOrEqual(3)
  })
)
