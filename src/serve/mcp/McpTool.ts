import { CallToolResult, Tool, ToolAnnotations } from "@effect/ai/McpSchema"
import { McpServer } from "@effect/ai/McpServer"
import { Cause, Data, Effect, JSONSchema, ParseResult, type Schema } from "effect"
import { uuidv7 } from "../../database/Uuid.ts"
import { isTooDeep, MOST_LEVELS } from "../http/Nesting.ts"

/** A tool cannot do what it was asked to. `message` is for the model: what is wrong, and what to ask instead. */
export class ToolError extends Data.TaggedError("ToolError")<{ readonly message: string }> {}

/** What a tool answers. */
export interface ToolAnswer {
  /** Markdown that the model reads. */
  readonly text: string
  /** The same as data. Always an object: clients refuse a list. */
  readonly data: Readonly<Record<string, unknown>>
}

/** What a client may be told about a tool before it is called (MCP's annotations). */
export interface ToolHints {
  /** Whether it changes nothing. */
  readonly readOnly: boolean
  /** Whether it may undo what somebody did. Default: false. */
  readonly destructive?: boolean
}

/** A tool of the MCP server. `input` is a struct; each of its fields has a description. */
export interface McpTool<A, I, E, R> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly input: Schema.Schema<A, I>
  readonly hints: ToolHints
  /** A `ToolError` is told to the model. Any other error, and any defect, is logged, and told by a reference only. */
  readonly handle: (input: A) => Effect.Effect<ToolAnswer, E, R>
}

/** Describes a tool; its types follow from `input` and `handle`. */
export const make = <A, I, E, R>(tool: McpTool<A, I, E, R>): McpTool<A, I, E, R> => tool

/** Adds a tool to the server. What its handler needs is taken from the context of this call. */
export const register = <A, I, E, R>({ description, handle, hints, input, name, title }: McpTool<A, I, E, R>) =>
  Effect.gen(function* () {
    const server = yield* McpServer
    const context = yield* Effect.context<R>()
    const decode = ParseResult.decodeUnknownEither(input, { errors: "all", onExcessProperty: "error" })
    const answered = (given: unknown) =>
      Effect.gen(function* () {
        if (isTooDeep(given)) {
          return yield* new ToolError({ message: `${name}: what it takes has fewer than ${MOST_LEVELS} levels` })
        }
        // A client may leave `arguments` out where it has none.
        const { data, text } = yield* Effect.flatMap(
          Effect.mapError(decode(given ?? {}), (error) => new ToolError({ message: wrongInput(name, error) })),
          handle
        )
        return result(false, text, data)
      }).pipe(
        Effect.catchAllCause((cause) => {
          const told = Cause.failureOption(cause)
          if (told._tag === "Some" && told.value instanceof ToolError) {
            return Effect.succeed(result(true, told.value.message))
          }
          if (Cause.isInterruptedOnly(cause)) return Effect.interrupt
          return Effect.flatMap(uuidv7, (reference) =>
            Effect.as(
              Effect.annotateLogs(Effect.logError(`the MCP tool ${name} failed`, cause), { reference }),
              result(true, `${name} failed for a reason that is not yours; the server's log has it under ${reference}`)
            )
          )
        }),
        Effect.withSpan(`mcp.${name}`),
        Effect.provide(context)
      )
    yield* server.addTool({
      tool: new Tool({
        name,
        title,
        description,
        inputSchema: JSONSchema.make(input),
        annotations: new ToolAnnotations({
          title,
          readOnlyHint: hints.readOnly,
          destructiveHint: hints.destructive ?? false,
          idempotentHint: true,
          openWorldHint: false
        })
      }),
      handle: answered
    })
  })

const result = (isError: boolean, text: string, data?: Readonly<Record<string, unknown>>) =>
  new CallToolResult({
    isError,
    content: [{ type: "text", text }],
    ...(data === undefined ? {} : { structuredContent: data })
  })

/** What is wrong with the arguments of a call, on one line. */
const wrongInput = (name: string, error: ParseResult.ParseError["issue"]): string => {
  const issues = ParseResult.ArrayFormatter.formatIssueSync(error)
  const said = issues.map(({ message, path }) => `${path.length === 0 ? "arguments" : path.join(".")}: ${message}`)
  return `${name}: ${said.join("; ").replaceAll(/\s+/g, " ")}`
}
