import { writeFileSync } from "node:fs"
import { Effect, Redacted } from "effect"
import { NodeContext } from "@effect/platform-node"
import * as Datasets from "./score/Datasets.ts"
import * as Discovery from "./score/Discovery.ts"
const server = Redacted.make("postgres://postgres@127.0.0.1:55434/postgres")
const program = Effect.gen(function* () {
  const own = yield* Datasets.recreate(server, "own_capture")
  yield* Effect.gen(function* () {
    for (const name of process.argv.slice(2))
      for (const v of ["nofk", "bare"]) {
        const found: any = yield* Discovery.discover(Redacted.make(`postgres://postgres@127.0.0.1:55434/${name}_${v}`))
        const { input, candidates } = found.evidence
        writeFileSync(
          `/tmp/schema-ref/capture/${name}.${v}.json`,
          JSON.stringify({
            catalog: input.catalog,
            profiles: input.profiles,
            foundKeys: [...input.foundKeys],
            candidates,
            entities: found.entities,
            relationships: found.relationships
          })
        )
        console.log(name, v)
      }
  }).pipe(Effect.provide(Discovery.layer(own)))
})
Effect.runPromise(Effect.scoped(Effect.provide(program as any, NodeContext.layer) as any) as any).then(
  () => process.exit(0),
  (e) => {
    console.error(e)
    process.exit(1)
  }
)
