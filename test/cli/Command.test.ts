import { NodeContext } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { type Console, Effect, Option, Redacted, Ref } from "effect"
import { FORMATS } from "../../src/findings/Formats.ts"
import { type DiscoverOptions, type MigrateOptions, run } from "../../src/cli/Command.ts"
import type { ExportOptions } from "../../src/cli/ExportCommand.ts"
import type { DecideOptions, ShowContextOptions } from "../../src/cli/DecisionCommands.ts"
import type { McpOptions } from "../../src/cli/McpCommand.ts"
import type { ServeOptions, TokenOptions } from "../../src/cli/ServeCommands.ts"

/** What the command line asks for, or what is said about it, with everything that was printed. */
const parse = (...argv: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const printed: Array<string> = []
    const asked = yield* Ref.make(Option.none<DiscoverOptions>())
    const keep = (options: DiscoverOptions) => Ref.set(asked, Option.some(options))
    const migrations = yield* Ref.make(Option.none<MigrateOptions>())
    const keepMigrate = (options: MigrateOptions) => Ref.set(migrations, Option.some(options))
    const exports = yield* Ref.make(Option.none<ExportOptions>())
    const decisions = yield* Ref.make(Option.none<DecideOptions>())
    const pages = yield* Ref.make(Option.none<ShowContextOptions>())
    const talks = yield* Ref.make(Option.none<McpOptions>())
    const serves = yield* Ref.make(Option.none<ServeOptions>())
    const tokens = yield* Ref.make(Option.none<TokenOptions>())
    const jobs = {
      discover: keep,
      migrate: keepMigrate,
      export: (options: ExportOptions) => Ref.set(exports, Option.some(options)),
      decide: (options: DecideOptions) => Ref.set(decisions, Option.some(options)),
      showContext: (options: ShowContextOptions) => Ref.set(pages, Option.some(options)),
      mcp: (options: McpOptions) => Ref.set(talks, Option.some(options)),
      serve: (options: ServeOptions) => Ref.set(serves, Option.some(options)),
      token: (options: TokenOptions) => Ref.set(tokens, Option.some(options))
    }
    const console = yield* Effect.console
    const recording: Console.Console = {
      ...console,
      log: (...texts) => Effect.sync(() => printed.push(texts.join(" "))),
      error: (...texts) => Effect.sync(() => printed.push(texts.join(" ")))
    }
    const error = yield* run(jobs)(["node", "main.ts", ...argv]).pipe(
      Effect.withConsole(recording),
      Effect.flip,
      Effect.option,
      Effect.provide(NodeContext.layer)
    )
    return {
      asked: yield* asked,
      migrate: yield* migrations,
      decide: yield* decisions,
      page: yield* pages,
      mcp: yield* talks,
      exported: yield* exports,
      served: yield* serves,
      token: yield* tokens,
      printed: printed.join("\n"),
      error: Option.map(error, ({ message }) => message)
    }
  })

const URL = "postgres://me:hunter2@db.example:5433/shop"

describe("The command line", () => {
  it.effect("serves where it is told, or where the settings say", () =>
    Effect.gen(function* () {
      expect((yield* parse("serve")).served).toEqual(Option.some({ host: Option.none(), port: Option.none() }))
      const served = (yield* parse("serve", "--host", "0.0.0.0", "--port", "0")).served
      expect(served).toEqual(Option.some({ host: Option.some("0.0.0.0"), port: Option.some(0) }))
      const { error } = yield* parse("serve", "--port", "65536")
      expect(error).toEqual(Option.some("--port takes a number from 0 to 65535"))
    })
  )

  it.effect("makes, lists and revokes tokens", () =>
    Effect.gen(function* () {
      const { token } = yield* parse("token", "create", "--name", "ci", "--scopes", "run, read")
      expect(token).toEqual(Option.some({ action: "create", project: "default", name: "ci", scopes: ["run", "read"] }))
      expect((yield* parse("token", "list")).token).toEqual(Option.some({ action: "list" }))
      expect((yield* parse("token", "revoke", "x")).token).toEqual(Option.some({ action: "revoke", id: "x" }))
      const { error } = yield* parse("token", "create", "--name", "ci", "--scopes", "all")
      expect(error).toEqual(Option.some('--scopes takes some of read,decide,run, and not "all"'))
    })
  )

  it.effect("without arguments asks for everything about the sample", () =>
    Effect.gen(function* () {
      expect((yield* parse()).asked).toEqual(
        Option.some({
          url: Option.none(),
          json: Option.none(),
          out: "out",
          schemas: [],
          exclude: [],
          views: false,
          mostTables: Option.none(),
          gentle: false,
          foreign: false,
          explain: [],
          context: {},
          fresh: false,
          forget: false,
          steps: ["entities", "relationships", "ontology"],
          formats: [],
          baseIri: Option.none()
        })
      )
    })
  )

  it.effect("serves a model what was discovered, and queries only where they are asked for", () =>
    Effect.gen(function* () {
      const served = { datasource: Option.none(), queries: false, by: "ann" }
      expect((yield* parse("mcp", "--by", "ann")).mcp).toEqual(Option.some(served))
      expect((yield* parse("mcp", "--by", "ann", "--queries", "--datasource", "shop")).mcp).toEqual(
        Option.some({ ...served, datasource: Option.some("shop"), queries: true })
      )
      expect((yield* parse("mcp", "--datasource", " ")).error).toEqual(
        Option.some(expect.stringContaining("datasource"))
      )
    })
  )

  it.effect("asks for files of what was discovered, each once, in the table's order", () =>
    Effect.gen(function* () {
      const { exported } = yield* parse("export", "--format", "dbt, dbml,dbt", "--project", "mine", "--out", "there")
      const { formats, ...rest } = Option.getOrThrow(exported)
      expect(formats.map(({ file }) => file)).toEqual(["schema.dbml", "sources.yml"])
      expect(rest).toMatchObject({ project: "mine", datasource: Option.none(), out: "there", baseIri: Option.none() })
      const { asked } = yield* parse("discover", URL, "--format", "turtle,r2rml", "--base-iri", "https://example.org/a")
      expect(Option.getOrThrow(asked).formats.map(({ name }) => name)).toEqual(["turtle", "r2rml"])
      expect(Option.getOrThrow(asked).baseIri).toEqual(Option.some("https://example.org/a"))
      const { printed } = yield* parse("export", "--help")
      for (const { file, name, purpose } of FORMATS)
        expect(printed.replaceAll(/\s+/g, " ")).toContain(`${name}: ${file}, ${purpose}`)
    })
  )

  it.effect("takes a database and options in any order", () =>
    Effect.gen(function* () {
      const options = [
        "--json",
        "r.json",
        "--out",
        "files",
        "--schema",
        "a",
        "--schema",
        "b",
        "--exclude",
        "tmp_*",
        "--views",
        "--most-tables",
        "800",
        "--gentle"
      ]
      for (const argv of [
        [URL, ...options],
        [...options, URL],
        [...options.slice(0, 4), URL, ...options.slice(4)]
      ]) {
        const { asked } = yield* parse("discover", ...argv)
        const { url, ...rest } = Option.getOrThrow(asked)
        expect(Redacted.value(Option.getOrThrow(url))).toBe(URL)
        expect(rest).toEqual({
          json: Option.some("r.json"),
          out: "files",
          schemas: ["a", "b"],
          exclude: ["tmp_*"],
          views: true,
          mostTables: Option.some(800),
          gentle: true,
          foreign: false,
          explain: [],
          context: {},
          fresh: false,
          forget: false,
          steps: ["entities", "relationships", "ontology"],
          formats: [],
          baseIri: Option.none()
        })
      }
    })
  )

  it.effect("asks for a part together with what it builds on", () =>
    Effect.gen(function* () {
      const steps = (only: string) =>
        Effect.map(parse("discover", URL, "--only", only), ({ asked }) => Option.getOrThrow(asked).steps)
      expect(yield* steps("entities")).toEqual(["entities"])
      expect(yield* steps("relationships")).toEqual(["entities", "relationships"])
      expect(yield* steps("relationships,entities")).toEqual(["entities", "relationships"])
      expect(yield* steps("ontology")).toEqual(["entities", "relationships", "ontology"])
    })
  )

  it.effect("asks for our tables to be made, or for the statements that make them, and for whom", () =>
    Effect.gen(function* () {
      const migrate = (...argv: ReadonlyArray<string>) =>
        Effect.map(parse("migrate", ...argv), (parsed) => Option.getOrThrow(parsed.migrate))
      expect(yield* migrate()).toEqual({ sql: false, login: Option.none() })
      expect(yield* migrate("--sql")).toEqual({ sql: true, login: Option.none() })
      expect(yield* migrate("--sql", "--login", "app")).toEqual({ sql: true, login: Option.some("app") })
      expect((yield* parse("--help")).printed).toMatch(/migrate .*--sql.*--login/s)
    })
  )

  it.effect("says in one line what is wrong with it, starts nothing, and repeats no password", () =>
    Effect.gen(function* () {
      const wrong: ReadonlyArray<readonly [argv: ReadonlyArray<string>, says: RegExp]> = [
        [["discover"], /^Missing argument <postgres-url>/],
        [["discover", "postgres://me:hun", "ter2hunter2@db/shop"], /^One argument too many/],
        [["discover", URL, URL], /^One argument too many/],
        [["discover", URL, "--jsno", "x"], /^There is no option --jsno /],
        [["discover", "--jsno", URL], /^There is no option --jsno /],
        [["discover", "--password=hunter2", URL], /^There is no option --password /],
        [["discover", "-x", URL], /^There is no option -x /],
        [["discover", "-phunter2", URL], /^There is no option -p … /],
        [["--frob"], /^There is no option --frob /],
        [["discover", URL, "--json"], /^--json needs a value/],
        [
          ["discover", URL, "--json", "a", "--json", "b"],
          /^--json needs a value, and only --schema, --exclude and --explain/
        ],
        [["discover", URL, "--json", ""], /^--json needs a value/],
        [["discover", URL, "--only", "tables"], /^--only takes some of entities,relationships,ontology/],
        [["discover", "mysql://me:hunter2@db/shop"], /mysql:\/\//],
        [["discover", "postgres:/me:hunter2@db/shop"], /has to look like/],
        [["discover", "postgres://me:hunter2@db:port/shop"], /host or port/],
        [["discover", "shop"], /has to look like/],
        [["migrate", "--login"], /^--login needs a value/],
        [["migrate", "--login", ""], /^--login needs a value/],
        [["migrate", "--sqll"], /^There is no option --sqll /],
        [["migrate", URL], /^One argument too many: .* migrate takes its own from DATABASE_URL/],
        [[URL], /use one of 'discover'/],
        [["export"], /^export needs --format with some of html,context,.*,r2rml$/],
        [["export", "--format", "xml"], /^--format takes some of html,context,.*,r2rml, and not "xml"$/],
        [["export", "--format", ""], /^--format takes some of html,.*, and not an empty name$/],
        [["export", "--format", "dbt", "--base-iri", "shop"], /^--base-iri takes an absolute IRI/],
        [["export", "--format", "dbt", "--project", ""], /^--project needs a value/],
        [["export", "--format"], /^--format needs a value/],
        [
          ["discover", URL, "--only", "entities", "--format", "dbt"],
          /^--format needs ontology among the steps of --only$/
        ],
        [["discover", URL, "--format", "xml"], /^--format takes some of html,context,/],
        [["destroy"], /use one of 'discover'/],
        [["--json", "x"], /use one of 'discover'|unknown argument/]
      ]
      for (const [argv, says] of wrong) {
        const { asked, error, exported, printed } = yield* parse(...argv)
        expect({ argv, asked, exported, printed }).toEqual({
          argv,
          asked: Option.none(),
          exported: Option.none(),
          printed: ""
        })
        expect(Option.getOrThrow(error)).toMatch(says)
        expect(Option.getOrThrow(error)).not.toMatch(/\n|hunter2/)
      }
    })
  )

  it.effect("takes a person's decisions, by whoever runs it unless said otherwise", () =>
    Effect.gen(function* () {
      const said = { datasource: Option.none(), out: "out", answer: "", to: Option.none() }
      const accepted = Option.getOrThrow((yield* parse("accept", "orders.customer_id", "customers.id")).decide)
      expect(accepted).toMatchObject({ action: "accept", subject: "orders.customer_id", answer: "", out: "out" })
      expect(accepted.to).toEqual(Option.some("customers.id"))
      expect(accepted.by).not.toBe("")
      const rejected = yield* parse("reject", "--by", "ann", "--datasource", "db:5432/shop", "--out", "o", "orders.x")
      expect(rejected.decide).toEqual(
        Option.some({
          ...said,
          action: "reject",
          subject: "orders.x",
          by: "ann",
          datasource: Option.some("db:5432/shop"),
          out: "o"
        })
      )
      expect(Option.getOrThrow((yield* parse("undo", "orders.x", "--by", "ann")).decide)).toMatchObject({
        action: "undo"
      })
      expect(Option.getOrThrow((yield* parse("answer", "unit:currency", "Euro", "--by", "ann")).decide)).toMatchObject({
        action: "answer",
        subject: "unit:currency",
        answer: "Euro"
      })
      for (const argv of [["accept"], ["answer", "x"], ["answer", "x", " "], ["reject", "a.b", "--by", ""]]) {
        const { decide, error } = yield* parse(...argv)
        expect({ argv, decide }).toEqual({ argv, decide: Option.none() })
        expect(Option.getOrThrow(error)).not.toContain("\n")
      }
    })
  )

  it.effect("prints a context of the size and about the tables that are asked for", () =>
    Effect.gen(function* () {
      expect((yield* parse("context")).page).toEqual(Option.some({ datasource: Option.none(), context: {} }))
      expect((yield* parse("context", "--budget", "900", "--tables", "a,b", "--datasource", "d")).page).toEqual(
        Option.some({ datasource: Option.some("d"), context: { budget: 900, tables: ["a", "b"] } })
      )
      expect(Option.isSome((yield* parse("context", "--budget", "0")).error)).toBe(true)
      expect((yield* parse("discover", URL, "--most-tables", "0")).error).toEqual(
        Option.some("--most-tables takes a number of tables above 0")
      )
    })
  )

  it.effect("says its version, and helps without colours or pages of options", () =>
    Effect.gen(function* () {
      expect((yield* parse("--version")).printed).toMatch(/^\d+\.\d+\.\d+$/)
      const { asked, printed } = yield* parse("discover", "--help")
      expect(asked).toEqual(Option.none())
      for (const word of [
        "<postgres-url>",
        "--json FILE",
        "--out DIR",
        "--schema NAME",
        "--exclude PATTERN",
        "--most-tables COUNT",
        "--views",
        "--gentle",
        "PGPASSFILE",
        "GRANT pg_read_all_data TO reader;",
        "--only",
        "--explain"
      ])
        expect(printed).toContain(word)
      expect(printed).not.toContain("\u001b")
      expect(printed.split("\n").length).toBeLessThan(108)
    })
  )
})
