import { Effect, Option } from "effect"
import { PROGRAM } from "../database/Program.ts"
import { context } from "../ontology/context/Context.ts"
import { OntologyWorkflowService } from "../ontology/OntologyWorkflowService.ts"
import { Projects } from "../tenant/Projects.ts"
import type { ExportOptions } from "./ExportCommand.ts"
import { DEFAULT_PROJECT } from "./CommonOptions.ts"
import { type Layers, whileThereIsADatabase } from "./Discover.ts"
import { UsageError } from "./Failure.ts"
import { NO_FINDINGS, stored } from "../findings/Findings.ts"
import { texts } from "../findings/Texts.ts"
import { checkWritable, writeFiles } from "./Output.ts"
import * as Reports from "./Reports.ts"
import { Screen } from "./Screen.ts"
import { storedDatasource } from "./Stored.ts"
import { clean } from "./Text.ts"

const NOTHING = `there is no ontology to export: ${PROGRAM} discover makes one`

/** Writes what was discovered as files for other tools. Reads our own tables only, never the datasource. */
export const exportFiles = <E1, R1, E2, R2>(layers: Layers<E1, R1, E2, R2>) =>
  Effect.fn("export")(function* (options: ExportOptions) {
    const screen = yield* Screen
    const path = (file: string) => Reports.at(options.out, file)
    yield* checkWritable(options.formats.map(({ file }) => path(file)))
    const alone = options.formats.every((format) => format.alone === true)
    const files = alone
      ? yield* texts(NO_FINDINGS, options.formats, { context: null })
      : yield* textsOf(options, layers.services).pipe(whileThereIsADatabase, Effect.provide(layers.foundation))
    yield* writeFiles(files.map(({ file, text }) => ({ paths: [path(file)], content: text })))
    yield* screen.print(files.map(({ file, purpose }) => `${path(file)}: ${purpose}`).join("\n"))
  })

const textsOf = <E, R>(options: ExportOptions, services: Layers<never, never, E, R>["services"]) =>
  Effect.gen(function* () {
    const project = yield* Effect.flatMap(Projects, ({ find }) => find(options.project))
    if (Option.isNone(project)) {
      const which = options.project === DEFAULT_PROJECT ? "" : `there is no project "${clean(options.project)}", and `
      return yield* new UsageError({ message: `${which}${NOTHING}` })
    }
    const found = yield* Effect.provide(newest(project.value, options), services)
    const page = yield* context(found.ontology, options.context)
    const { budget = Number.POSITIVE_INFINITY } = options.context
    if (page !== null && page.tokens > budget && options.formats.some(({ name }) => name === "context")) {
      const screen = yield* Screen
      yield* screen.printError(`context.md needs ${page.tokens} tokens, budget ${budget}`)
    }
    return yield* texts(found, options.formats, {
      context: page?.text ?? null,
      baseIri: Option.getOrUndefined(options.baseIri)
    })
  })

/** What is stored about the datasource that was asked for, or whose ontology is the newest. */
const newest = Effect.fn("export.newest")(function* (projectId: string, options: ExportOptions) {
  const extraction = yield* OntologyWorkflowService
  const { id: datasourceId } = yield* storedDatasource(projectId, options.datasource, extraction.newest(projectId))
  const findings = yield* stored({ projectId, datasourceId }, { relationships: true, ontology: true })
  const { ontology } = findings
  return ontology === null ? yield* new UsageError({ message: NOTHING }) : { ...findings, ontology }
})
