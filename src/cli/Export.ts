import { Effect, Option } from "effect"
import { Datasources, type RegisteredDatasource } from "../datasource/Datasources.ts"
import { context } from "../ontology/context/Context.ts"
import { OntologyWorkflowService } from "../ontology/OntologyWorkflowService.ts"
import { Projects } from "../tenant/Projects.ts"
import { DEFAULT_PROJECT, type ExportOptions } from "./Command.ts"
import { type Layers, whileThereIsADatabase } from "./Discover.ts"
import { UsageError } from "./Failure.ts"
import { NO_FINDINGS, stored } from "./Findings.ts"
import { checkWritable, writeFiles } from "./Output.ts"
import * as Reports from "./Reports.ts"
import { Screen } from "./Screen.ts"
import { clean } from "./Text.ts"

const NOTHING = "there is no ontology to export: npm start -- discover makes one"

/** Writes what was discovered as files for other tools. Reads our own tables only, never the datasource. */
export const exportFiles = <E1, R1, E2, R2>(layers: Layers<E1, R1, E2, R2>) =>
  Effect.fn("export")(function* (options: ExportOptions) {
    const screen = yield* Screen
    const path = (file: string) => Reports.at(options.out, file)
    yield* checkWritable(options.formats.map(({ file }) => path(file)))
    const alone = options.formats.every((format) => format.alone === true)
    const files = alone
      ? yield* Reports.texts(NO_FINDINGS, options.formats, { context: null })
      : yield* textsOf(options, layers.services).pipe(whileThereIsADatabase, Effect.provide(layers.foundation))
    yield* writeFiles(files.map(({ file, text }) => ({ path: path(file), content: text })))
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
    return yield* Reports.texts(found, options.formats, {
      context: page?.text ?? null,
      baseIri: Option.getOrUndefined(options.baseIri)
    })
  })

/** What is stored about the datasource that was asked for, or whose ontology is the newest. */
const newest = Effect.fn("export.newest")(function* (projectId: string, options: ExportOptions) {
  const extraction = yield* OntologyWorkflowService
  const datasourceId = Option.isSome(options.datasource)
    ? Option.some(yield* named(projectId, options.datasource.value))
    : yield* extraction.newest(projectId)
  if (Option.isNone(datasourceId)) return yield* new UsageError({ message: NOTHING })
  const findings = yield* stored(
    { projectId, datasourceId: datasourceId.value },
    { relationships: true, ontology: true }
  )
  const { ontology } = findings
  return ontology === null ? yield* new UsageError({ message: NOTHING }) : { ...findings, ontology }
})

/** The datasource of this name, or of a database of this name; by id. */
const named = (projectId: string, name: string) =>
  Effect.gen(function* () {
    const known = yield* Effect.flatMap(Datasources, ({ list }) => list(projectId))
    const of = (is: (datasource: RegisteredDatasource) => boolean) => known.filter(is)
    const exactly = of((datasource) => datasource.name === name)
    const fitting = exactly.length > 0 ? exactly : of((datasource) => databaseOf(datasource) === name)
    const [only, ...more] = fitting
    if (only !== undefined && more.length === 0) return only.id
    const names = (fitting.length > 0 ? fitting : known).map((datasource) => clean(datasource.name)).join(", ")
    const said =
      more.length > 0 ? `several databases are called "${clean(name)}"` : `no database "${clean(name)}" was discovered`
    return yield* new UsageError({
      message: names === "" ? NOTHING : `${said}: there ${known.length === 1 ? "is" : "are"} ${names}`
    })
  })

/** `host:port/database` and options of what was read → database. */
const databaseOf = ({ name }: RegisteredDatasource): string => (name.split(" ")[0] ?? "").replace(/^.*\//, "")
