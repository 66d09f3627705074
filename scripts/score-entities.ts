import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Schema } from "effect"
import { tableId } from "../src/datasource/Catalog.ts"
import { isEntity } from "../src/entities/EntityDiscoveryService.ts"
import { asked, has } from "./score/asked.ts"
import * as Datasets from "./score/Datasets.ts"
import * as Discovery from "./score/Discovery.ts"
import * as Documentation from "./score/Documentation.ts"

/**
 * How well tables are judged and named in databases whose authors document them: `npx tsx scripts/score-entities.ts [VARIANT…]
 * [DATASET…] [--misses]`, with the settings of `score.ts`; `--misses` lists what was wrong.
 *
 * Verdicts: which part of the tables that the documentation decides on (see `Documentation.isThing`) is judged so, "entity" and "lookup"
 * being things. Names: which part of the documented tables is called as their authors call them, whatever the capitals.
 */
const VARIANTS = ["full", "nofk", "bare"]

const PrimaryKeys = Schema.parseJson(
  Schema.Array(Schema.Struct({ table: Schema.String, columns: Schema.Array(Schema.String) }))
)

/** The datasets that say what their tables are. */
const documented = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return yield* Effect.filter(yield* Datasets.names, (name) =>
    Effect.flatMap(Datasets.folderOf(name), (folder) =>
      Effect.exists(Documentation.FILES, (file) => fs.exists(path.join(folder, file)))
    )
  )
})

const judge = (dataset: string, { entities, evidence }: Effect.Effect.Success<ReturnType<typeof Discovery.discover>>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folder = yield* Datasets.folderOf(dataset)
    const documentation = yield* Documentation.read(folder)
    const foreignKeys = yield* Datasets.truth(dataset)
    const primaryKeys = yield* Effect.flatMap(
      fs.readFileString(path.join(folder, "primary-keys.json")),
      Schema.decode(PrimaryKeys)
    )

    return entities.map((entity) => {
      const about = documentation.get(entity.table.toLowerCase())
      const table = evidence.input.catalog.tables.find((each) => tableId(each) === tableId(entity))
      const thing = Documentation.isThing(about, {
        all: table?.columns.map(({ name }) => name),
        referring: new Set(foreignKeys.flatMap(({ from }) => (from.table === entity.table ? from.columns : []))),
        key: new Set(primaryKeys.find((each) => each.table === entity.table)?.columns)
      })
      const name = about?.name.join(" ")
      return {
        judged: thing,
        verdict: thing === undefined || thing === isEntity(entity.verdict),
        named: name !== undefined,
        name: name === undefined || name === entity.name.toLowerCase(),
        says: `${entity.table}: ${entity.verdict}, "${entity.name}"`,
        truth: `${thing === undefined ? "either" : thing ? "a thing" : "no thing"}, "${name ?? ""}"`
      }
    })
  })

const share = (right: number, of: number) => `${(right / of).toFixed(3)} (${right} of ${of})`

const program = Effect.gen(function* () {
  const server = yield* Datasets.server
  const own = yield* Datasets.recreate(server, "score_entities")
  const names = asked(yield* documented)
  yield* Effect.gen(function* () {
    for (const variant of asked(VARIANTS)) {
      for (const dataset of names) {
        const url = yield* Datasets.load(server, dataset, variant)
        const tables = yield* judge(dataset, yield* Discovery.discover(url))
        const judged = tables.filter((table) => table.judged !== undefined)
        const named = tables.filter((table) => table.named)
        yield* Console.log(
          [
            `${dataset} ${variant}`.padEnd(20),
            `verdicts ${share(judged.filter(({ verdict }) => verdict).length, judged.length)}`,
            `${tables.length - judged.length} either way`,
            `names ${share(named.filter(({ name }) => name).length, named.length)}`
          ].join("  ")
        )
        if (!has("--misses")) continue
        for (const { says, truth, name, verdict } of tables) {
          if (!name || !verdict) yield* Console.log(`    ${says}; the authors say: ${truth}`)
        }
      }
    }
  }).pipe(Effect.provide(Discovery.layer(own)))
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

NodeRuntime.runMain(program)
