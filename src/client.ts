/**
 * The HTTP API of `serve` for programs: its contract, and a client whose calls have the types of its schemas. Nothing here needs Node.js.
 *
 * @module
 */
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { Redacted } from "effect"
import { Api } from "./serve/Api.ts"

export { Api }
export { AccessScope } from "./serve/api/Access.ts"
export {
  AddedDatasource,
  DatasourceOptions,
  DatasourceView,
  NewDatasource,
  NewDiscovery,
  Started
} from "./serve/api/DatasourcesApi.ts"
export { DecisionView } from "./serve/api/DecisionView.ts"
export { ProjectEvent, WorkflowEvent } from "./serve/api/EventsApi.ts"
export { ContextView } from "./serve/api/OntologyApi.ts"
export * from "./serve/api/Problem.ts"
export { Project } from "./serve/api/ProjectsApi.ts"
export { NewAnswer, QuestionView } from "./serve/api/QuestionsApi.ts"
export { NamedRelationship, RelationshipDecision, RelationshipView } from "./serve/api/RelationshipsApi.ts"
export { ServerView } from "./serve/api/ServersApi.ts"
export {
  BulkRequest,
  BulkResult,
  TaskView,
  WorkflowAction,
  WorkflowFilter,
  WorkflowView
} from "./serve/api/WorkflowsApi.ts"

/** Where the server is. */
export interface ClientOptions {
  /** `http://127.0.0.1:4700`. */
  readonly baseUrl: string
  /** Default: none, which is enough on the server's own machine. */
  readonly token?: Redacted.Redacted
}

/**
 * Makes a client, on the `HttpClient` of the environment (`FetchHttpClient.layer`). Every call fails with the problems of its route, which have
 * a `_tag`, and with `HttpClientError` and `ParseError` where the server is not there, or is another one.
 *
 * @example
 * ```ts
 * import { FetchHttpClient } from "@effect/platform"
 * import { Effect } from "effect"
 * import { make } from "workflow-infra/client"
 *
 * export const failed = Effect.gen(function* () {
 *   const client = yield* make({ baseUrl: "http://127.0.0.1:4700" })
 *   return yield* client.workflows.list({ path: { project: "default" }, urlParams: { state: ["failed"] } })
 * }).pipe(Effect.provide(FetchHttpClient.layer))
 * ```
 */
export const make = ({ baseUrl, token }: ClientOptions) =>
  HttpApiClient.make(Api, {
    baseUrl,
    transformClient: (client) =>
      token === undefined ? client : HttpClient.mapRequest(client, HttpClientRequest.bearerToken(token))
  })
