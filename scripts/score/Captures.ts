import { FileSystem, Path } from "@effect/platform"
import { Config, Console, Effect, Option, Schema } from "effect"
import { Catalog, TableName } from "../../src/datasource/Catalog.ts"
import { TableProfile } from "../../src/datasource/TableProfile.ts"
import { Candidate } from "../../src/relationships/Candidate.ts"
import { conclude, decideAll, type Decisions } from "../../src/relationships/inference/Conclude.ts"
import { type Candidates, find } from "../../src/relationships/inference/Find.ts"
import { prepare } from "../../src/relationships/inference/Prepare.ts"
import type { Relationship } from "../../src/relationships/Relationship.ts"
import type { Factors } from "../../src/relationships/signals/Signal.ts"
import { stepwise } from "../../src/steps/Steps.ts"
import * as Datasets from "./Datasets.ts"
import * as Discovery from "./Discovery.ts"
import * as Judgement from "./Judgement.ts"
import { original, originalEnds, Originals } from "./Transforms.ts"
import * as Variants from "./Variants.ts"

/** What discovery found in a variant of a dataset, and what it went by: all it takes to decide again, without a server. */
const Capture = Schema.parseJson(
  Schema.Struct({
    originals: Originals,
    entities: Schema.Array(Schema.Struct({ ...TableName.fields, keyColumns: Schema.Array(Schema.String) })),
    catalog: Catalog,
    profiles: Schema.Array(TableProfile),
    foundKeys: Schema.ReadonlyMap({ key: Schema.String, value: Schema.Array(Schema.String) }),
    candidates: Schema.Array(Candidate)
  })
)

/** The services' own database, on the server of the datasets. */
const OWN = "captures_discovery"

/** What became of a dataset's candidates. */
export interface Decided {
  readonly decisions: Decisions
  readonly relationships: ReadonlyArray<Relationship>
}

/** A variant of a dataset that can be decided again. */
export interface Captured {
  readonly name: string
  readonly variant: string
  /** How many foreign keys can be found. */
  readonly keys: number
  /** Whether a reference, under the variant's names, is one of them. */
  readonly verdict: (ends: Parameters<typeof originalEnds>[1]) => Judgement.Verdict
  /** Decides all candidates, with other weights. */
  readonly decide: (factors: Factors) => Effect.Effect<Decided>
  /** The text that `score.mjs` reads. */
  readonly scorable: (decided: Decided) => string
}

/**
 * These datasets, in these variants, discovered once each. Where `CAPTURES` names a folder, what was found is kept there, and what is there
 * is not discovered again: a capture is as old as the rules that chose its candidates, probes and test joins.
 */
export const captures = Effect.fn("Captures.captures")(function* (
  names: ReadonlyArray<string>,
  variants: ReadonlyArray<string>
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = Option.getOrUndefined(yield* Config.option(Config.string("CAPTURES")))
  const captured = folder ?? (yield* fs.makeTempDirectoryScoped({ prefix: "captures-" }))
  yield* fs.makeDirectory(captured, { recursive: true })
  const wanted = variants.flatMap((variant) =>
    names.map((name) => ({ name, variant, file: path.join(captured, `${name}-${variant}.json`) }))
  )
  const missing = yield* Effect.filter(wanted, ({ file }) => Effect.map(fs.exists(file), (exists) => !exists))
  if (missing.length > 0) {
    const server = yield* Datasets.server
    yield* Effect.forEach(missing, ({ file, name, variant }) =>
      Effect.gen(function* () {
        const { originals, url } = yield* Variants.make(server, name, variant)
        const { entities, evidence } = yield* Discovery.discover(url)
        const { catalog, foundKeys = new Map<string, ReadonlyArray<string>>(), profiles } = evidence.input
        const { candidates } = evidence
        yield* fs.writeFileString(
          file,
          yield* Schema.encode(Capture)({ originals, entities, catalog, profiles, foundKeys, candidates })
        )
        yield* Console.error(`${name} ${variant}: captured`)
      })
    ).pipe(Effect.provide(Discovery.layer(yield* Datasets.recreate(server, OWN))))
  }
  return yield* Effect.forEach(wanted, ({ file, name, variant }) =>
    Effect.flatMap(fs.readFileString(file), (text) => read(name, variant, text))
  )
})

const read = Effect.fn("Captures.read")(function* (name: string, variant: string, text: string) {
  const { candidates: found, entities, originals, ...input } = yield* Schema.decode(Capture)(text)
  const { keys, verdict } = yield* Judgement.judge(name)
  const prepared = yield* stepwise(() => prepare(input))
  const candidates = yield* stepwise(() => find(prepared))
  const captured: Captured = {
    name,
    variant,
    keys,
    verdict: (ends) => verdict(originalEnds(originals, ends)),
    decide: (factors) =>
      Effect.gen(function* () {
        const weighted: Candidates = { ...candidates, factors, setting: { ...candidates.setting, factors } }
        const decisions = yield* stepwise(() => decideAll(weighted, found))
        return { decisions, relationships: yield* stepwise(() => conclude(weighted, found, decisions)) }
      }),
    scorable: ({ relationships }) => JSON.stringify(original(originals, { entities, relationships }))
  }
  return captured
})
