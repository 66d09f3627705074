import { Command, Options } from "@effect/cli"
import { Effect, Option } from "effect"
import { datasource, notEmpty } from "./CommonOptions.ts"
import { by, currentUser } from "./DecisionCommands.ts"

/** What `mcp` is asked to do. */
export interface McpOptions {
  /** The name of the datasource; none: the one that was discovered last. */
  readonly datasource: Option.Option<string>
  /** Whether the model may run SELECTs of its own. */
  readonly queries: boolean
  /** In whose name decisions are stored. */
  readonly by: string
}

/** What this command does. */
export interface McpJobs<E, R> {
  readonly mcp: (options: McpOptions) => Effect.Effect<void, E, R>
}

const queries = Options.boolean("queries").pipe(
  Options.withDescription("Let the model run SELECTs, with a login that only reads; otherwise it reads findings only")
)

/** `mcp`. */
export const mcpCommand = <E, R>(jobs: McpJobs<E, R>) =>
  Command.make("mcp", { datasource, queries, by }, ({ by, datasource, queries }) => {
    const name = Option.getOrElse(by, currentUser)
    return Effect.zipRight(
      Effect.all([notEmpty("datasource", Option.toArray(datasource)), notEmpty("by", [name])]),
      jobs.mcp({ datasource, queries, by: name })
    )
  }).pipe(
    Command.withDescription("Answer a language model over MCP, on standard input and output: what was discovered")
  )
