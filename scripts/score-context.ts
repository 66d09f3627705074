import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Either, Option, Redacted, Schema } from "effect"
import { type ContextOptions, context } from "../src/ontology/context/Context.ts"
import type { Ontology } from "../src/ontology/Ontology.ts"
import { toMarkdown } from "../src/ontology/Markdown.ts"
import { atOnce } from "../src/steps/Steps.ts"
import { asked, has } from "./score/asked.ts"
import * as Datasets from "./score/Datasets.ts"
import * as Discovery from "./score/Discovery.ts"
import { type Blocks, ofContext, ofDump, ofOntology } from "./score-context/Blocks.ts"
import { Asked, isMet } from "./score-context/Needs.ts"
import * as Verify from "./score-context/Verify.ts"

/**
 * Whether `context.md` holds what right queries need: `npx tsx scripts/score-context.ts [DATASET…] [--loaded] [--misses] [--verify]`.
 *
 * For each database with questions in `test/fixtures/context` (or in the folder `QUESTIONS`), loaded without its foreign keys from `DATASETS` (see `score.ts`): the share of
 * questions of which every need is found in the page, whole and within 8,000 tokens, beside the schema's dump (needs pg_dump) and
 * `ontology.md`; and the tokens of each, code points / 4. Every question's query is run. `--loaded` takes databases `NAME_nofk` that are
 * there; `--misses` lists what was not found; `--verify` runs what the pages say; `--pages DIR` keeps the texts.
 */
const BUDGET = 8_000
const TEXTS = ["context", `at ${BUDGET}`, "pg_dump", "ontology"] as const

const pageOf = (ontology: Ontology, options: ContextOptions) =>
  Either.getOrThrow(context(ontology, options))?.text ?? ""

const program = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const server = yield* Datasets.server
  const own = yield* Datasets.recreate(server, "score_context")
  const folder = yield* Config.withDefault(Config.string("QUESTIONS"), "test/fixtures/context")
  const files = (yield* fs.readDirectory(folder)).sort()
  const names = asked(
    files.map((file) => file.replace(".json", "")),
    undefined
  )
  const pages = yield* Config.option(Config.string("PAGES"))
  const totals = TEXTS.map(() => ({ met: 0, needs: 0, right: 0, questions: 0, tokens: 0 }))
  yield* Effect.forEach(names, (name) =>
    Effect.gen(function* () {
      const url = has("--loaded")
        ? Datasets.databaseOf(server, `${name}_nofk`)
        : yield* Datasets.load(server, name, "nofk")
      const questions = yield* Effect.flatMap(
        fs.readFileString(path.join(folder, `${name}.json`)),
        Schema.decode(Schema.parseJson(Schema.Array(Asked)))
      )
      yield* Verify.questions(url, questions)
      const { ontology } = yield* Discovery.ontology(url)
      const dump = yield* Command.string(Command.make("pg_dump", "-s", Redacted.value(url)))
      const texts = [pageOf(ontology, {}), pageOf(ontology, { budget: BUDGET }), dump, atOnce(toMarkdown(ontology))]
      if (Option.isSome(pages)) {
        yield* Effect.forEach(texts, (text, place) =>
          fs.writeFileString(path.join(pages.value, `${name}.${TEXTS[place]}.md`), text)
        )
      }
      const cutters: ReadonlyArray<(text: string) => Blocks> = [ofContext, ofContext, ofDump, ofOntology]
      const figures: Array<string> = []
      for (const [place, text] of texts.entries()) {
        const blocks = (cutters[place] ?? ofContext)(text)
        const missing = questions.map(({ needs }) => needs.filter((need) => !isMet(blocks, need)))
        const right = missing.filter((each) => each.length === 0).length
        const tokens = Math.ceil(Array.from(text).length / 4)
        figures.push(`${TEXTS[place]} ${right}/${questions.length} ${tokens}`)
        const total = totals[place]
        if (total !== undefined) {
          total.right += right
          total.questions += questions.length
          total.tokens += tokens
          total.needs += questions.flatMap(({ needs }) => needs).length
          total.met += questions.flatMap(({ needs }) => needs).length - missing.flat().length
        }
        if (has("--misses") && place < 2) {
          for (const [at, needs] of missing.entries()) {
            if (needs.length > 0)
              yield* Console.log(`    ${TEXTS[place]}: ${questions[at]?.question}\n      ${needs.join("\n      ")}`)
          }
        }
      }
      if (has("--verify")) {
        const { checked, wrong } = yield* Verify.page(url, texts[0] ?? "")
        for (const line of wrong) yield* Console.log(`    untrue: ${line}`)
        figures.push(`${checked} statements of the page asked again, ${wrong.length} untrue`)
      }
      yield* Console.log(`${name.padEnd(12)} ${figures.join(" | ")}`)
    })
  ).pipe(Effect.provide(Discovery.layer(own)))
  for (const [place, { met, needs, questions, right, tokens }] of totals.entries()) {
    yield* Console.log(
      `${(TEXTS[place] ?? "").padEnd(12)} sufficient for ${right} of ${questions} (${(right / questions).toFixed(3)}), needs found ${(met / needs).toFixed(3)}, ${tokens} tokens`
    )
  }
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

NodeRuntime.runMain(program)
