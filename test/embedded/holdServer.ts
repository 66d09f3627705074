import { NodeRuntime } from "@effect/platform-node"
import { Cause, Effect, Redacted } from "effect"
import { EmbeddedPostgres } from "../../src/embedded/EmbeddedPostgres.ts"

/**
 * A program for tests that have to kill one: starts the server of the directory in its first argument, writes a line
 * of JSON about it, and holds it until a signal ends the program. On failure, exit code 1 and the message alone.
 */
const program = Effect.gen(function* () {
  const server = yield* EmbeddedPostgres
  process.stdout.write(`${JSON.stringify({ ...server, url: Redacted.value(server.url), owner: process.pid })}\n`)
  return yield* Effect.never
}).pipe(
  Effect.provide(EmbeddedPostgres.layer({ directory: process.argv[2] ?? ".data" })),
  Effect.tapError((error) => Effect.sync(() => process.stderr.write(`${error.message}\n`))),
  Effect.tapDefect((defect) => Effect.sync(() => process.stderr.write(`A defect: ${Cause.pretty(defect)}\n`)))
)

NodeRuntime.runMain(program, { disableErrorReporting: true })
