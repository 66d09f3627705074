import { Command, FileSystem, Path } from "@effect/platform"
import { PgClient } from "@effect/sql-pg"
import { Reactivity } from "@effect/experimental"
import { Config, Context, Effect, Layer, Option, Redacted, Schema, type Scope } from "effect"
import { EmbeddedPostgres } from "../../src/embedded/EmbeddedPostgres.ts"
import { embeddedAt } from "../../test/fixtures/embeddedAt.ts"
import { ColumnSet } from "../../src/datasource/Inclusion.ts"

/** A foreign key as a dataset's `foreign-keys.json` states it; `scorable` where both sides hold data. */
export const TrueKey = Schema.Struct({ from: ColumnSet, to: ColumnSet, scorable: Schema.Boolean })
/** @see TrueKey */
export type TrueKey = typeof TrueKey.Type

const folder = Config.string("DATASETS")

/** The names of the datasets in `DATASETS`, in order. */
export const names = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const datasets = yield* folder
  const all = (yield* fs.readDirectory(datasets)).sort()
  return yield* Effect.filter(all, (name) =>
    Effect.orElseSucceed(fs.exists(path.join(datasets, name, "foreign-keys.json")), () => false)
  )
})

/** Where a dataset is. */
export const folderOf = (name: string) =>
  Effect.all([folder, Path.Path]).pipe(Effect.map(([datasets, path]) => path.join(datasets, name)))

/** A dataset's foreign keys. */
export const truth = (name: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const text = yield* fs.readFileString(path.join(yield* folderOf(name), "foreign-keys.json"))
    return yield* Schema.decode(Schema.parseJson(Schema.Array(TrueKey)))(text)
  })

/** Makes a dataset's database anew with the program `load` beside the datasets (which needs psql), and gives its URL. */
export const load = (server: Redacted.Redacted, name: string, variant: string) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const program = path.join(yield* folder, "load")
    const command = Command.make(program, yield* folderOf(name), variant, Redacted.value(server))
    const lines = yield* Command.lines(Command.stderr(command, "inherit"))
    return Redacted.make(lines.at(-1) ?? "")
  })

/** What the program `score.mjs` beside the datasets says about results, given as `FOLDER=RESULT.json`. */
export const score = (results: ReadonlyArray<string>, options: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const program = path.join(yield* folder, "score.mjs")
    return yield* Command.string(Command.make("node", program, ...options, ...results))
  })

/** A PostgreSQL to load into: that of `SERVER_URL` (a superuser's), or one of our own that goes with the scope. */
export const server = Effect.gen(function* () {
  const given = yield* Config.option(Config.redacted("SERVER_URL"))
  if (Option.isSome(given)) return given.value
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "workflow-infra-score-" })
  // Under root the server runs as another user, who has to pass through.
  yield* fs.chmod(directory, 0o711)
  return Context.get(yield* Layer.build(embeddedAt(directory)), EmbeddedPostgres).url
})

/** Another database of the same server. */
export const databaseOf = (server: Redacted.Redacted, name: string): Redacted.Redacted => {
  const url = new URL(Redacted.value(server))
  url.pathname = `/${name}`
  return Redacted.make(url.href)
}

/** A connection of a script's own. */
export const connect = (url: Redacted.Redacted): Effect.Effect<PgClient.PgClient, never, Scope.Scope> =>
  PgClient.make({ url, maxConnections: 1 }).pipe(Effect.provide(Reactivity.layer), Effect.orDie)

/** Makes a database anew: empty, or a copy of another one. */
export const recreate = (server: Redacted.Redacted, name: string, from = "template0") =>
  Effect.gen(function* () {
    const sql = yield* connect(server)
    yield* sql`DROP DATABASE IF EXISTS ${sql(name)} WITH (FORCE)`
    yield* sql`CREATE DATABASE ${sql(name)} TEMPLATE ${sql(from)} STRATEGY file_copy`
    return databaseOf(server, name)
  }).pipe(Effect.scoped)
