import { Effect, Layer, Redacted } from "effect"
import { Tokens } from "../serve/access/Tokens.ts"
import { stepwise } from "../steps/Steps.ts"
import { Projects } from "../tenant/Projects.ts"
import { type Foundation, whileThereIsADatabase } from "./Discover.ts"
import { UsageError } from "./Failure.ts"
import { Screen } from "./Screen.ts"
import type { TokenOptions } from "./ServeCommands.ts"
import { table } from "./Table.ts"
import { clean } from "./Text.ts"

/** Makes, lists and revokes tokens of the HTTP API. */
export const token = <E, R>(foundation: Layer.Layer<Foundation, E, R>) =>
  Effect.fn("token")(function* (options: TokenOptions) {
    const screen = yield* Screen
    yield* Effect.gen(function* () {
      const tokens = yield* Tokens
      if (options.action === "create") {
        const { name, project, scopes } = options
        const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure(project))
        const made = yield* tokens.create({ projectId, name, scopes })
        // The token alone on standard output, for scripts.
        yield* screen.printError(`A token for ${clean(project)} (${scopes.join(", ")}), which is not shown again:`)
        return yield* screen.print(Redacted.value(made))
      }
      if (options.action === "revoke") {
        if (yield* tokens.revoke(options.id)) return yield* screen.print(`Revoked: ${clean(options.id)}`)
        return yield* new UsageError({
          message: `there is no valid token of the id ${clean(options.id)}: token list shows them`
        })
      }
      const all = yield* tokens.list
      if (all.length === 0) return yield* screen.print("There are no tokens: token create makes one")
      const { width } = yield* screen.room
      const rows = all.map((one) => [
        one.id,
        clean(one.project),
        clean(one.name),
        `${one.scopes.join(",")}, since ${one.createdAt.toISOString().slice(0, 10)}`
      ])
      const lines = yield* stepwise(() =>
        table(rows, { width, widest: [36, 40, 40], lines: Number.POSITIVE_INFINITY }, (cell) => cell)
      )
      yield* screen.print(lines.flat().join("\n"))
    }).pipe(whileThereIsADatabase, Effect.provide(Layer.provideMerge(Tokens.layer, foundation)))
  })
