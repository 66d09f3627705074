import { Args, CliConfig, Command, HelpDoc, Options, Span, ValidationError } from "@effect/cli"
import { Array, type Console, Effect, Either, Option, Predicate, Redacted } from "effect"
import packageJson from "../../package.json" with { type: "json" }
import * as ConnectionDefaults from "../datasource/ConnectionDefaults.ts"
import { MOST } from "../datasource/MostTables.ts"
import { READING_LOGIN } from "../datasource/DatasourceLogin.ts"
import * as DatasourceUrl from "../datasource/DatasourceUrl.ts"
import type { ContextOptions } from "../ontology/context/Context.ts"
import { baseIri, budget, contextOptions, DEFAULT_FOLDER, notEmpty, out, parsed, tables } from "./CommonOptions.ts"
import { decisionCommands, type DecisionJobs } from "./DecisionCommands.ts"
import { exportCommand, type ExportJobs } from "./ExportCommand.ts"
import { serveCommands, type ServeJobs } from "./ServeCommands.ts"
import { UsageError } from "./Failure.ts"
import { mcpCommand, type McpJobs } from "./McpCommand.ts"
import type { Format } from "../findings/Formats.ts"
import { parseBaseIri, parseFormats } from "./FormatOptions.ts"
import { clean, withoutColours } from "./Text.ts"

const STEPS = ["entities", "relationships", "ontology"] as const
/** A part of the main job. */
export type Step = (typeof STEPS)[number]

/** What a part builds on; it is done as well. */
const NEEDS: Record<Step, ReadonlyArray<Step>> = {
  entities: [],
  relationships: ["entities"],
  ontology: ["entities", "relationships"]
}

/** What the command line asks for. */
export interface DiscoverOptions {
  /** None: our sample database. */
  readonly url: Option.Option<Redacted.Redacted>
  readonly json: Option.Option<string>
  readonly out: string
  /** None: every schema that is not the system's. */
  readonly schemas: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  /** Maximum number of tables that are read; none: `MOST`. */
  readonly mostTables: Option.Option<number>
  /** Whether views are looked at as well. */
  readonly views: boolean
  /** Whether to read with one connection and to pause after each statement for as long as it took. */
  readonly gentle: boolean
  /** Whether foreign tables are read, which sends queries to other servers. */
  readonly foreign: boolean
  /** Columns whose references are explained, each as `table.column` or `schema.table.column`. */
  readonly explain: ReadonlyArray<string>
  /** How long `context.md` may be, and which tables it is about. */
  readonly context: ContextOptions
  /** Whether tables that have not moved since the last run are read all the same. */
  readonly fresh: boolean
  /** Whether nothing encrypted of what was read is kept for the next run. */
  readonly forget: boolean
  /** In the order in which they are done. */
  readonly steps: ReadonlyArray<Step>
  /** Kinds of files beside the usual ones. */
  readonly formats: ReadonlyArray<Format>
  /** What IRIs begin with; none: a name of our own. */
  readonly baseIri: Option.Option<string>
}

/** What `migrate` is asked to do. */
export interface MigrateOptions {
  /** Whether to print the statements instead of running them. */
  readonly sql: boolean
  /** Who gets the rights that the program needs; none: the login of `DATABASE_URL`. */
  readonly login: Option.Option<string>
}

/** What the commands do. */
export interface Jobs<E1, R1, E2, R2, E3, R3, E4, R4, E5, R5, E6, R6, E7, R7, E8, R8>
  extends DecisionJobs<E3, R3, E4, R4>, ExportJobs<E5, R5>, ServeJobs<E6, R6, E7, R7>, McpJobs<E8, R8> {
  readonly discover: (options: DiscoverOptions) => Effect.Effect<void, E1, R1>
  readonly migrate: (options: MigrateOptions) => Effect.Effect<void, E2, R2>
}

/** The main job as it is without any arguments. */
const SAMPLE: DiscoverOptions = {
  url: Option.none(),
  json: Option.none(),
  out: DEFAULT_FOLDER,
  schemas: [],
  exclude: [],
  mostTables: Option.none(),
  views: false,
  gentle: false,
  foreign: false,
  explain: [],
  context: {},
  fresh: false,
  forget: false,
  steps: STEPS,
  formats: [],
  baseIri: Option.none()
}

const url = Args.text({ name: "postgres-url" }).pipe(
  Args.optional,
  Args.withDescription(
    'postgres://user@host:port/database?name=value, or "host=… dbname=…"; a login that may only read is enough'
  )
)
const json = Options.text("json").pipe(
  Options.withPseudoName("FILE"),
  Options.optional,
  Options.withDescription("Write everything that was found to FILE, as one JSON object")
)
const schema = Options.text("schema").pipe(
  Options.withPseudoName("NAME"),
  Options.repeated,
  Options.withDescription("Read this schema and no others; may be given several times")
)
const exclude = Options.text("exclude").pipe(
  Options.withPseudoName("PATTERN"),
  Options.repeated,
  Options.withDescription(
    "Leave out tables of this name, or schema.name; * stands for any text; may be given several times"
  )
)
const mostTables = Options.integer("most-tables").pipe(
  Options.withPseudoName("COUNT"),
  Options.optional,
  Options.withDescription(
    `Read so many tables at most, of the schemas with the most rows (${MOST.tables}, with ${MOST.columns} columns)`
  )
)
const views = Options.boolean("views").pipe(
  Options.withDescription("Look at views and materialized views as well, which repeat what tables say")
)
const gentle = Options.boolean("gentle").pipe(
  Options.withDescription(
    "Half the load on the database: one connection, with pauses of at least the time that it works"
  )
)
const foreign = Options.boolean("foreign").pipe(
  Options.withDescription("Read foreign tables as well, whose rows other servers are asked for")
)
const explained = Options.text("explain").pipe(
  Options.withPseudoName("COLUMN"),
  Options.repeated,
  Options.withDescription("Show why table.column refers to what it does, point by point; may be given several times")
)
const fresh = Options.boolean("fresh").pipe(
  Options.withDescription("Read every table, also those that have not changed since the last run")
)
const forget = Options.boolean("forget").pipe(
  Options.withDescription("Keep nothing of what is read, not even encrypted: the next run reads every table")
)
const only = Options.text("only").pipe(
  Options.withPseudoName("STEPS"),
  Options.withDefault(STEPS.join()),
  Options.withDescription("Some of entities,relationships,ontology, with what they build on")
)
const format = Options.text("format").pipe(
  Options.withPseudoName("NAMES"),
  Options.optional,
  Options.withDescription("Files for other tools as well, some of those that export --help lists (a,b,c)")
)
const sql = Options.boolean("sql").pipe(
  Options.withDescription("Print the statements instead, for an administrator to run once with psql")
)
const login = Options.text("login").pipe(
  Options.withPseudoName("NAME"),
  Options.optional,
  Options.withDescription(
    "Give this login the rights that the program needs; otherwise the login of DATABASE_URL gets them"
  )
)

const parseSteps = (text: string): Either.Either<ReadonlyArray<Step>, UsageError> => {
  const words = text.split(",").map((word) => word.trim())
  const unknown = words.find((word) => !STEPS.some((step) => step === word))
  if (unknown !== undefined)
    return Either.left(
      new UsageError({ message: `--only takes some of ${STEPS.join(",")}, and not "${clean(unknown)}"` })
    )
  return Either.right(STEPS.filter((step) => words.some((word) => word === step || needs(word, step))))
}

const needs = (word: string, step: Step): boolean => STEPS.some((one) => one === word && NEEDS[one].includes(step))

const NO_URL =
  "Missing argument <postgres-url>: say which database, or let PGHOST, PGDATABASE or PGSERVICE say it (--help says how)"

/** The datasource URL, completed from the environment and from the password and service files. Fails with `UsageError`. */
const completeUrl = (given: Option.Option<string>, environment: ConnectionDefaults.Environment) =>
  Effect.gen(function* () {
    if (Option.isNone(given) && !ConnectionDefaults.saysWhere(environment)) {
      return yield* new UsageError({ message: NO_URL })
    }
    const text = Redacted.make(Option.getOrElse(given, () => ""))
    if (Option.isSome(given) && given.value.trim() === "") yield* DatasourceUrl.parse(text)
    const { url, warnings } = yield* ConnectionDefaults.complete(text, environment)
    yield* Effect.forEach(warnings, (warning) => Effect.logWarning(warning))
    return url
  }).pipe(Effect.catchTag("DatasourceError", ({ message }) => new UsageError({ message })))

const DISCOVER_HELP = HelpDoc.blocks([
  HelpDoc.p("Read a PostgreSQL database and say what is in it"),
  HelpDoc.p(
    "What the URL leaves open comes from PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGSSLMODE and their like, from PGSERVICE (in PGSERVICEFILE or ~/.pg_service.conf), and the password from PGPASSFILE or ~/.pgpass: none needs to stand in a command."
  ),
  HelpDoc.p("A login that only reads, for somebody who may make one (PostgreSQL 14 or later):"),
  ...READING_LOGIN.map((command) => HelpDoc.p(`${command};`))
])

/**
 * The command line: parses the arguments and runs a job. `environment` completes the URL of a datasource (`PGHOST` …). Invalid arguments
 * fail with a `UsageError` of one line, which repeats no argument that may contain a password.
 */
export const run =
  <E1, R1, E2, R2, E3, R3, E4, R4, E5, R5, E6, R6, E7, R7, E8, R8>(
    jobs: Jobs<E1, R1, E2, R2, E3, R3, E4, R4, E5, R5, E6, R6, E7, R7, E8, R8>,
    environment: ConnectionDefaults.Environment = {}
  ) =>
  (argv: ReadonlyArray<string>) => {
    const discover = Command.make(
      "discover",
      {
        url,
        json,
        out,
        schema,
        exclude,
        mostTables,
        views,
        foreign,
        gentle,
        fresh,
        forget,
        only,
        explain: explained,
        budget,
        tables,
        format,
        baseIri
      },
      (given) =>
        Effect.flatMap(
          Effect.all({
            url: completeUrl(given.url, environment),
            json: notEmpty("json", Option.toArray(given.json)),
            out: notEmpty("out", [given.out]),
            schemas: notEmpty("schema", given.schema),
            exclude: notEmpty("exclude", given.exclude),
            mostTables: Option.exists(given.mostTables, (count) => count <= 0)
              ? Either.left(new UsageError({ message: "--most-tables takes a number of tables above 0" }))
              : Either.right(given.mostTables),
            explain: notEmpty("explain", given.explain),
            context: contextOptions(given.budget, given.tables),
            formats: Either.map(
              parsed(given.format, parseFormats),
              Option.getOrElse((): ReadonlyArray<Format> => [])
            ),
            baseIri: parsed(given.baseIri, parseBaseIri),
            steps: parseSteps(given.only).pipe(
              Either.filterOrLeft(
                (steps) => given.explain.length === 0 || steps.includes("relationships"),
                () => new UsageError({ message: "--explain needs relationships among the steps of --only" })
              ),
              Either.filterOrLeft(
                (steps) => Option.isNone(given.format) || steps.includes("ontology"),
                () => new UsageError({ message: "--format needs ontology among the steps of --only" })
              )
            )
          }),
          ({ json, url, ...rest }) =>
            jobs.discover({
              ...rest,
              out: given.out,
              views: given.views,
              gentle: given.gentle,
              foreign: given.foreign,
              fresh: given.fresh,
              forget: given.forget,
              url: Option.some(url),
              json: Array.head(json)
            })
        )
    ).pipe(Command.withDescription(DISCOVER_HELP))
    const migrate = Command.make("migrate", { sql, login }, ({ login, sql }) =>
      Effect.flatMap(notEmpty("login", Option.toArray(login)), () => jobs.migrate({ sql, login }))
    ).pipe(Command.withDescription("Make our own tables in the database of DATABASE_URL, or bring them up to date"))
    const root = Command.make("workflow-infra", {}, () => jobs.discover(SAMPLE)).pipe(
      Command.withDescription("Reads our sample database; with discover, one of yours"),
      Command.withSubcommands([
        discover,
        ...decisionCommands(jobs),
        exportCommand(jobs),
        ...serveCommands(jobs),
        mcpCommand(jobs),
        migrate
      ])
    )
    const cli = Command.run(root, {
      name: packageJson.name,
      version: packageJson.version,
      summary: Span.text(
        "says what is in a PostgreSQL database: its entities, how its tables hang together, its ontology"
      )
    })
    return Effect.consoleWith((console) =>
      cli(argv).pipe(
        Effect.withConsole(ours(console)),
        Effect.catchIf(ValidationError.isValidationError, (error) => new UsageError({ message: explain(error, argv) }))
      )
    ).pipe(Effect.provide(CliConfig.layer({ showBuiltIns: false })))
  }

/** A console for the library: it drops the library's own error output (we print errors once) and removes colours from its help. */
const ours = (console: Console.Console): Console.Console => ({
  ...console,
  log: (...texts) => console.log(...texts.map((text) => (Predicate.isString(text) ? tidy(text) : text))),
  error: () => Effect.void
})

/** What its help says of every option alike. */
const NOISE = /^ *(A user-defined piece of text|This setting is optional|This option may be repeated .*)\.\n\n?/gm

const tidy = (text: string): string => withoutColours(text).replaceAll(NOISE, "").trim()

const explain = ({ error }: ValidationError.ValidationError, argv: ReadonlyArray<string>): string => {
  const text = clean(HelpDoc.toAnsiText(error).replaceAll(/\s+/g, " "))
  const unknown = argv.map((argument) => argument.replace(/=.*/s, "")).find(isUnknownOption)
  const option = /^Received unknown argument: '(--[a-z-]+)'$/.exec(text)?.[1]
  const known = option !== undefined && VALUED.includes(option)
  // Arguments that may contain a password are masked, also if a shell has split them.
  const secrets = argv.filter((argument) => /:.*@|:\/\/|passw/is.test(argument))
  const tooMany = secrets.length > 0 && /^Received unknown argument: '(?!-)/.test(text)
  const said = known
    ? `${option} needs a value, and only --schema, --exclude and --explain may be given twice`
    : unknown !== undefined
      ? `There is no option ${withoutValue(unknown)}`
      : tooMany
        ? "One argument too many: discover reads one database at a time, and migrate takes its own from DATABASE_URL"
        : text
  return `${secrets.reduce((line, secret) => line.replaceAll(clean(secret), "…"), said)} (--help says how)`
}

/** Options that take a value. */
const VALUED = [
  "--json",
  "--out",
  "--schema",
  "--exclude",
  "--most-tables",
  "--only",
  "--explain",
  "--login",
  "--budget",
  "--tables",
  "--format",
  "--base-iri",
  "--project",
  "--datasource",
  "--by",
  "--host",
  "--port",
  "--name",
  "--scopes"
]

/** Options that take none. */
const SWITCHES = ["--views", "--foreign", "--gentle", "--fresh", "--forget", "--sql", "--queries"]

/** Of `-pSecret` only `-p …`: a value may stand behind a short option, and may be a password. */
const withoutValue = (option: string) => (/^-[^-]./.test(option) ? `${option.slice(0, 2)} …` : option)

const isUnknownOption = (argument: string) =>
  /^--?[a-z][\w-]*$/i.test(argument) && !SWITCHES.includes(argument) && !VALUED.includes(argument)
