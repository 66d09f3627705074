import { Clock, Config, Effect, Either, type Layer, Option } from "effect"
import { Database } from "../database/Database.ts"
import { warningOf } from "../datasource/DatasourceLogin.ts"
import { Datasources, type DatasourceSettings } from "../datasource/Datasources.ts"
import { inspect, nameOf } from "../datasource/Inspection.ts"
import { EmbeddedPostgres } from "../embedded/EmbeddedPostgres.ts"
import { ENTITY_WORKFLOW, EntityDiscoveryService } from "../entities/EntityDiscoveryService.ts"
import type { Decisions } from "../ontology/Decisions.ts"
import type { WholeDiscovery } from "../ontology/WholeDiscovery.ts"
import { ONTOLOGY } from "../ontology/OntologyWorkflow.ts"
import { OntologyWorkflowService } from "../ontology/OntologyWorkflowService.ts"
import { RELATIONSHIP_WORKFLOW, RelationshipWorkflowService } from "../relationships/RelationshipWorkflowService.ts"
import { stepwise } from "../steps/Steps.ts"
import { Projects } from "../tenant/Projects.ts"
import type { TenantContext } from "../tenant/TenantContext.ts"
import type { WorkflowInfra } from "../workflow/WorkflowInfra.ts"
import { type DiscoverOptions } from "./Command.ts"
import { DEFAULT_PROJECT } from "./CommonOptions.ts"
import { explain } from "./Explain.ts"
import { type Findings, stored } from "../findings/Findings.ts"
import { UsageError } from "./Failure.ts"
import { columnNamed, type NamedColumn } from "./Names.ts"
import { checkWritable, removeFiles, writeFiles } from "./Output.ts"
import * as Reports from "./Reports.ts"
import { create as createSample, SAMPLE_DATABASE } from "../sample/SampleDatabase.ts"
import { Screen } from "./Screen.ts"
import * as Summary from "./Summary.ts"
import { runSteps } from "./Watch.ts"

/** What knows projects and datasources. */
export type Foundation = Database | TenantContext | Projects | Datasources
/** What does the work. */
export type Services =
  | WorkflowInfra
  | EntityDiscoveryService
  | RelationshipWorkflowService
  | OntologyWorkflowService
  | Decisions
  | WholeDiscovery

/** Where both come from. The services are built last: what they adopt from an earlier run finds its datasource at the place where it is now. */
export interface Layers<E1, R1, E2, R2> {
  readonly foundation: Layer.Layer<Foundation, E1, R1>
  readonly services: Layer.Layer<Services, E2, R2>
}

/**
 * The main job: finds out what is in a database, shows how far it is, prints a summary and writes the files. Whatever can be known to
 * fail (the files, the connection) fails before anything is started.
 */
export const discover = <E1, R1, E2, R2>(layers: Layers<E1, R1, E2, R2>) =>
  Effect.fn("discover")(function* (options: DiscoverOptions) {
    const screen = yield* Screen
    yield* checkWritable([...Reports.paths(options.out, options.formats), ...Option.toArray(options.json)])
    const settings: DatasourceSettings = {
      ...(options.schemas.length > 0 ? { schemas: options.schemas } : {}),
      ...(options.exclude.length > 0 ? { exclude: options.exclude } : {}),
      ...(Option.isSome(options.mostTables) ? { mostTables: options.mostTables.value } : {}),
      ...(options.views ? { views: true } : {}),
      ...(options.foreign ? { foreign: true } : {}),
      ...(options.gentle ? { gentle: true } : {})
    }
    const inspected = Option.isSome(options.url) ? yield* inspect(options.url.value, settings) : undefined
    const explained =
      inspected === undefined
        ? []
        : yield* Either.mapLeft(
            Either.all(options.explain.map((text) => columnNamed(inspected, text))),
            ({ message }) => new UsageError({ message: `--explain: ${message}` })
          )
    const warning = inspected === undefined ? null : warningOf(inspected.login)
    if (warning !== null) yield* screen.printError(warning)

    yield* screen.draw([screen.style.dim(" Opening the database …")])
    yield* Effect.gen(function* () {
      const source = Option.isSome(options.url)
        ? { url: options.url.value, name: yield* nameOf(options.url.value, settings) }
        : { url: yield* sample, name: SAMPLE_DATABASE }
      const { database } = inspected ?? (yield* inspect(source.url, settings))
      const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure(DEFAULT_PROJECT))
      const datasources = yield* Datasources
      const { id: datasourceId } = yield* datasources.register(projectId, { ...source, settings })

      const started = yield* Clock.currentTimeMillis
      const target = { projectId, datasourceId }
      const found = yield* work(options, target).pipe(Effect.provide(layers.services))
      const elapsedMillis = (yield* Clock.currentTimeMillis) - started
      yield* present(options, { ...found, database }, elapsedMillis, explained)
    }).pipe(whileThereIsADatabase, Effect.provide(layers.foundation))
  })

/** Ends with the server that came with us, where it is that one and does not come back: without it nothing goes on. */
export const whileThereIsADatabase = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(
    Effect.serviceOption(EmbeddedPostgres),
    Option.match({ onNone: () => effect, onSome: ({ lost }) => Effect.raceFirst(effect, lost) })
  )

export const sample = Effect.gen(function* () {
  const screen = yield* Screen
  const { url: server } = yield* Database
  yield* screen.draw([screen.style.dim(" Opening the sample database …")])
  return (yield* createSample(server)).url
})

/** What the workflows are about. */
export interface Target {
  readonly projectId: string
  readonly datasourceId: string
}

/** Whether `--forget` is meant by every run. */
const forgets = Config.withDefault(Config.boolean("WORKFLOW_INFRA_FORGET"), false)

/** Runs the workflows to their end, and reads what they have found. */
const work = Effect.fn("Discover.work")(function* (options: DiscoverOptions, target: Target) {
  const { fresh, steps: wanted } = options
  const forget = options.forget || (yield* forgets)
  const screen = yield* Screen
  const discovery = yield* EntityDiscoveryService
  const detection = yield* RelationshipWorkflowService
  const extraction = yield* OntologyWorkflowService
  const steps = {
    entities: {
      title: "Entities",
      kind: ENTITY_WORKFLOW,
      start: discovery.startDiscovery({ ...target, fresh, forget })
    },
    relationships: { title: "Relationships", kind: RELATIONSHIP_WORKFLOW, start: detection.startDetection(target) },
    ontology: { title: "Ontology", kind: ONTOLOGY, start: extraction.startExtraction(target) }
  }
  type StartError = Effect.Effect.Error<(typeof steps)[keyof typeof steps]["start"]>
  yield* runSteps<StartError>({ ...target, steps: wanted.map((step) => steps[step]) }).pipe(
    Effect.onInterrupt(() => screen.print("Stopped. The same command goes on from here."))
  )
  if (!wanted.includes("ontology")) yield* discovery.forgetValues(target)
  // A run that was under way may have been started without.
  if (forget) yield* discovery.forgetReadings(target)
  return yield* stored(target, {
    relationships: wanted.includes("relationships"),
    ontology: wanted.includes("ontology")
  })
})

export const present = Effect.fn("Discover.present")(function* (
  options: Pick<DiscoverOptions, "out" | "json" | "context" | "formats" | "baseIri">,
  findings: Findings,
  elapsedMillis: number,
  explained: ReadonlyArray<NamedColumn>
) {
  const screen = yield* Screen
  const json = Option.toArray(options.json)
  const { budget = Number.POSITIVE_INFINITY } = options.context
  const { files, needed, stale, written } = yield* Reports.make(findings, {
    folder: options.out,
    json,
    elapsedMillis,
    context: options.context,
    formats: options.formats,
    baseIri: Option.getOrUndefined(options.baseIri)
  })
  yield* writeFiles(files)
  yield* removeFiles(stale)
  if (needed > budget) yield* screen.printError(`context.md needs ${needed} tokens, budget ${budget}`)
  const { width } = yield* screen.room
  const summary = yield* stepwise(() =>
    Summary.render(findings, { width, style: screen.style, elapsedMillis, files: written })
  )
  yield* screen.print(summary)
  if (explained.length === 0) return
  const lines = yield* stepwise(() => explain(findings.relationships ?? [], explained, { width, style: screen.style }))
  yield* screen.print(lines.join("\n"))
})
