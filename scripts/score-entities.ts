import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Schema } from "effect"
import { Result } from "../src/cli/Output.ts"
import { isEntity } from "../src/entities/EntityDiscoveryService.ts"
import { asked, asksForMisses, datasetsWith, discover, settings, VARIANTS } from "./score/Discovery.ts"
import * as Documentation from "./score/Documentation.ts"

/**
 * How well tables are judged and named in databases whose authors document them: `npx tsx scripts/score-entities.ts [VARIANT…]
 * [DATABASE…]`, with the settings DATASETS and SERVER_URL; `--misses` lists what was wrong.
 *
 * Verdicts: which part of the tables that the documentation decides on (see `Documentation.isThing`) is judged so, "entity" and "lookup"
 * being things. Names: which part of the documented tables is called as their authors call them, whatever the capitals.
 */
const Columns = Schema.Struct({ table: Schema.String, columns: Schema.Array(Schema.String) })
const ForeignKeys = Schema.parseJson(Schema.Array(Schema.Struct({ from: Columns })))
const PrimaryKeys = Schema.parseJson(Schema.Array(Columns))

const judge = (dataset: string, result: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const { datasets } = yield* settings
    const folder = path.join(datasets, dataset)
    const read = <A>(file: string, schema: Schema.Schema<A, string>) =>
      Effect.flatMap(fs.readFileString(file), Schema.decode(schema))
    const documentation = yield* Documentation.read(folder)
    const foreignKeys = yield* read(path.join(folder, "foreign-keys.json"), ForeignKeys)
    const primaryKeys = yield* read(path.join(folder, "primary-keys.json"), PrimaryKeys)
    const { entities, ontology } = yield* read(result, Schema.parseJson(Result))

    return entities.map((entity) => {
      const documented = documentation.get(entity.table.toLowerCase())
      const described = ontology?.entities.find(({ table }) => table === entity.table)
      const thing = Documentation.isThing(documented, {
        all: described?.columns.map(({ name }) => name),
        referring: new Set(foreignKeys.flatMap(({ from }) => (from.table === entity.table ? from.columns : []))),
        key: new Set(primaryKeys.find(({ table }) => table === entity.table)?.columns)
      })
      const name = documented?.name.join(" ")
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
  const fs = yield* FileSystem.FileSystem
  const results = yield* fs.makeTempDirectoryScoped({ prefix: "score-entities-" })
  const names = asked(yield* datasetsWith(...Documentation.FILES))
  for (const variant of asked(VARIANTS)) {
    for (const dataset of names) {
      const steps = "entities,relationships,ontology"
      const tables = yield* judge(dataset, yield* discover({ dataset, variant, steps, results }))
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
      if (!asksForMisses) continue
      for (const { says, truth, name, verdict } of tables) {
        if (!name || !verdict) yield* Console.log(`    ${says}; the authors say: ${truth}`)
      }
    }
  }
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

NodeRuntime.runMain(program)
