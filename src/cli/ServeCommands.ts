import { Args, Command, Options } from "@effect/cli"
import { Array, Effect, Either, Option } from "effect"
import { AccessScope } from "../serve/api/Access.ts"
import { DEFAULT_HOST, DEFAULT_PORT, LAST_PORT } from "../serve/ServeSettings.ts"
import { DEFAULT_PROJECT, notEmpty } from "./CommonOptions.ts"
import { UsageError } from "./Failure.ts"
import { clean } from "./Text.ts"

/** What `serve` is asked to do; what is none comes from `SERVE_HOST` and `SERVE_PORT`. */
export interface ServeOptions {
  readonly host: Option.Option<string>
  readonly port: Option.Option<number>
}

/** What `token` is asked to do. */
export type TokenOptions =
  | {
      readonly action: "create"
      readonly project: string
      readonly name: string
      readonly scopes: ReadonlyArray<AccessScope>
    }
  | { readonly action: "list" }
  | { readonly action: "revoke"; readonly id: string }

/** What these commands do. */
export interface ServeJobs<E1, R1, E2, R2> {
  readonly serve: (options: ServeOptions) => Effect.Effect<void, E1, R1>
  readonly token: (options: TokenOptions) => Effect.Effect<void, E2, R2>
}

const host = Options.text("host").pipe(
  Options.withPseudoName("HOST"),
  Options.optional,
  Options.withDescription(
    `Where to listen (default: SERVE_HOST, or ${DEFAULT_HOST}); elsewhere than on this machine's own address everybody needs a token`
  )
)
const port = Options.integer("port").pipe(
  Options.withPseudoName("PORT"),
  Options.optional,
  Options.withDescription(`The port (default: SERVE_PORT, or ${DEFAULT_PORT}); 0 takes a free one`)
)
const name = Options.text("name").pipe(
  Options.withPseudoName("NAME"),
  Options.withDescription("Who or what uses it: decisions are attributed to this name")
)
const project = Options.text("project").pipe(
  Options.withPseudoName("NAME"),
  Options.withDefault(DEFAULT_PROJECT),
  Options.withDescription("The only project that it gives access to; made where there is none of this name")
)
const scopes = Options.text("scopes").pipe(
  Options.withPseudoName("SCOPES"),
  Options.withDefault("read"),
  Options.withDescription(
    "Some of read,decide,run: to see, to decide about relationships and questions, to run workflows and add databases"
  )
)

const isScope = (word: string): word is AccessScope => AccessScope.literals.some((scope) => scope === word)

const parseScopes = (text: string): Either.Either<ReadonlyArray<AccessScope>, UsageError> => {
  const words = text.split(",").map((word) => word.trim())
  const unknown = words.find((word) => !isScope(word))
  return unknown === undefined
    ? Either.right(Array.dedupe(words.filter(isScope)))
    : Either.left(new UsageError({ message: `--scopes takes some of read,decide,run, and not "${clean(unknown)}"` }))
}

const parsePort = (given: Option.Option<number>): Either.Either<Option.Option<number>, UsageError> =>
  Option.exists(given, (number) => number < 0 || number > LAST_PORT)
    ? Either.left(new UsageError({ message: `--port takes a number from 0 to ${LAST_PORT}` }))
    : Either.right(given)

/** The commands `serve` and `token`. */
export const serveCommands = <E1, R1, E2, R2>(jobs: ServeJobs<E1, R1, E2, R2>) => {
  const serve = Command.make("serve", { host, port }, (given) =>
    Effect.flatMap(Effect.all([parsePort(given.port), notEmpty("host", Option.toArray(given.host))]), () =>
      jobs.serve(given)
    )
  ).pipe(Command.withDescription("Answer HTTP requests, and run workflows, until it is stopped"))

  const create = Command.make("create", { name, project, scopes }, (given) =>
    Effect.flatMap(
      Effect.all({
        names: notEmpty("name", [given.name]),
        projects: notEmpty("project", [given.project]),
        scopes: parseScopes(given.scopes)
      }),
      ({ scopes }) => jobs.token({ action: "create", project: given.project, name: given.name, scopes })
    )
  ).pipe(Command.withDescription("Make a token, and print it: it is not shown again"))
  const list = Command.make("list", {}, () => jobs.token({ action: "list" })).pipe(
    Command.withDescription("List the valid tokens, without themselves")
  )
  const revoke = Command.make(
    "revoke",
    { id: Args.text({ name: "id" }).pipe(Args.withDescription("Its id, as token list shows it")) },
    ({ id }) => jobs.token({ action: "revoke", id })
  ).pipe(Command.withDescription("Make a token invalid, within five seconds"))
  const token = Command.make("token").pipe(
    Command.withDescription("Tokens for serve: they let programs and people in from elsewhere"),
    Command.withSubcommands([create, list, revoke])
  )
  return [serve, token] as const
}
