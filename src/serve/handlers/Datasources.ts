import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect, Option, type Redacted } from "effect"
import { Database } from "../../database/Database.ts"
import { warningOf } from "../../datasource/DatasourceLogin.ts"
import { type DatasourceNotFound, Datasources, type DatasourceSettings } from "../../datasource/Datasources.ts"
import * as DatasourceUrl from "../../datasource/DatasourceUrl.ts"
import { inspect, nameOf } from "../../datasource/Inspection.ts"
import { EntityDiscoveryService } from "../../entities/EntityDiscoveryService.ts"
import { OntologyWorkflowService, type RelationshipsMissing } from "../../ontology/OntologyWorkflowService.ts"
import { WholeDiscovery } from "../../ontology/WholeDiscovery.ts"
import { type EntitiesMissing, RelationshipWorkflowService } from "../../relationships/RelationshipWorkflowService.ts"
import { create as createSample, SAMPLE_DATABASE } from "../../sample/SampleDatabase.ts"
import type { StartError } from "../../workflow/Registered.ts"
import { WorkflowAlreadyRunning } from "../../workflow/WorkflowError.ts"
import { WorkflowInfra } from "../../workflow/WorkflowInfra.ts"
import { hasEnded, type Workflow, WorkflowState } from "../../workflow/WorkflowState.ts"
import { CurrentProject } from "../api/Access.ts"
import type { NewDiscovery } from "../api/DatasourcesApi.ts"
import { Api } from "../Api.ts"
import { alreadyRunning, conflict, notFound, orUnavailable, unavailable, unprocessable } from "../http/Problems.ts"

const UNENDED = WorkflowState.literals.filter((state) => !hasEnded(state))

/** Whoever has a token may be anywhere, and is not to learn of this machine's files. */
const NO_FILES = unprocessable({
  message:
    "with a token, a URL may name no files and no socket of the server's machine: sslcert, sslkey, sslrootcert, sslcrl, a path as host"
})

const missing = ({ message }: DatasourceNotFound) => Effect.fail(notFound(message))

export const DatasourcesLive = HttpApiBuilder.group(Api, "datasources", (handlers) =>
  Effect.gen(function* () {
    const datasources = yield* Datasources
    const { url: server } = yield* Database
    const infra = yield* WorkflowInfra
    const discovery = yield* EntityDiscoveryService
    const detection = yield* RelationshipWorkflowService
    const extraction = yield* OntologyWorkflowService
    const whole = yield* WholeDiscovery

    /** Tests the connection, and registers the datasource. */
    const add = (url: Redacted.Redacted, settings: DatasourceSettings, name: Option.Option<string>) =>
      Effect.gen(function* () {
        const { caller, id: projectId } = yield* CurrentProject
        const parsed = yield* Effect.mapError(DatasourceUrl.parse(url), unprocessable)
        if (caller.projectId !== undefined && DatasourceUrl.usesFiles(parsed)) return yield* Effect.fail(NO_FILES)
        const { database, login, tables } = yield* Effect.mapError(inspect(url, settings), unprocessable)
        const named = yield* Option.match(name, {
          onSome: (given) => Effect.succeed(given),
          onNone: () => Effect.mapError(nameOf(url, settings), unprocessable)
        })
        const added = yield* datasources.register(projectId, { url, settings, name: named }).pipe(
          Effect.catchTag("DatasourceError", (error) => Effect.fail(unprocessable(error))),
          orUnavailable
        )
        return { ...added, database, tables: tables.length, warning: warningOf(login) }
      })

    return handlers
      .handle("list", () =>
        Effect.gen(function* () {
          const { id } = yield* CurrentProject
          return { datasources: yield* orUnavailable(datasources.list(id)) }
        })
      )
      .handle("add", ({ payload: { name, settings = {}, url } }) => add(url, settings, Option.fromNullable(name)))
      .handle("addSample", () =>
        Effect.flatMap(Effect.mapError(createSample(server), unprocessable), ({ url }) =>
          add(url, {}, Option.some(SAMPLE_DATABASE))
        )
      )
      .handle("get", ({ path }) =>
        Effect.gen(function* () {
          const { id } = yield* CurrentProject
          return yield* datasources
            .get(id, path.datasource)
            .pipe(Effect.catchTag("DatasourceNotFound", missing), orUnavailable)
        })
      )
      .handle("remove", ({ path: { datasource } }) =>
        Effect.gen(function* () {
          const { id: projectId } = yield* CurrentProject
          // The discoveries of a datasource have its id for themselves.
          const { workflows } = yield* infra
            .list({ projectId, exclusiveKey: datasource, state: UNENDED, limit: 1 })
            .pipe(Effect.catchTag("InvalidCursor", Effect.die), orUnavailable)
          const [running] = workflows
          if (running !== undefined) {
            const { id: workflowId, kind } = running
            return yield* Effect.fail(alreadyRunning(new WorkflowAlreadyRunning({ workflowId, kind })))
          }
          yield* datasources
            .remove(projectId, datasource)
            .pipe(Effect.catchTag("DatasourceNotFound", missing), orUnavailable)
        })
      )
      .handle("discover", ({ path, payload: { fresh = false, step = "all" } }) =>
        Effect.gen(function* () {
          const { id: projectId } = yield* CurrentProject
          const { id: datasourceId } = yield* datasources
            .get(projectId, path.datasource)
            .pipe(Effect.catchTag("DatasourceNotFound", missing), orUnavailable)
          const target = { projectId, datasourceId }
          type Start = Effect.Effect<Workflow, StartError | DatasourceNotFound | EntitiesMissing | RelationshipsMissing>
          const starts: Record<NonNullable<(typeof NewDiscovery.Type)["step"]>, Start> = {
            all: whole.start({ ...target, fresh }),
            entities: discovery.startDiscovery({ ...target, fresh }),
            relationships: detection.startDetection(target),
            ontology: extraction.startExtraction(target)
          }
          const { id: workflowId, kind } = yield* starts[step].pipe(
            Effect.catchTags({
              DatasourceNotFound: missing,
              WorkflowAlreadyRunning: (error) => Effect.fail(alreadyRunning(error)),
              EntitiesMissing: (error) => Effect.fail(conflict(error)),
              RelationshipsMissing: (error) => Effect.fail(conflict(error)),
              ProjectNotFound: ({ message }) => Effect.fail(notFound(message)),
              ShuttingDown: ({ message }) => Effect.fail(unavailable(message)),
              InvalidConfig: Effect.die,
              InvalidKey: Effect.die,
              InvalidPriority: Effect.die
            }),
            orUnavailable
          )
          return { workflowId, kind }
        })
      )
  })
)
