import { NodeRuntime } from "@effect/platform-node"
import { Cause, Effect, Redacted } from "effect"
import { EmbeddedPostgres } from "../../src/embedded/EmbeddedPostgres.ts"
import { embeddedAt } from "../fixtures/embeddedAt.ts"

/**
 * A program for tests that have to kill one: starts the server of the directory in its first argument, writes a line
 * of JSON about it, and holds it until a signal ends the program or the server is lost. On failure, exit code 1 and the
 * message alone.
 */
const program = Effect.gen(function* () {
  const { dataDirectory, lost, port, url } = yield* EmbeddedPostgres
  process.stdout.write(`${JSON.stringify({ dataDirectory, port, url: Redacted.value(url) })}\n`)
  return yield* lost
}).pipe(
  Effect.provide(embeddedAt(process.argv[2] ?? ".data")),
  Effect.tapError((error) => Effect.sync(() => process.stderr.write(`${error.message}\n`))),
  Effect.tapDefect((defect) => Effect.sync(() => process.stderr.write(`A defect: ${Cause.pretty(defect)}\n`)))
)

NodeRuntime.runMain(program, { disableErrorReporting: true })
