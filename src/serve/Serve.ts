import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Data, Effect, Layer } from "effect"
import * as Authorization from "./access/Authorization.ts"
import { Tokens } from "./access/Tokens.ts"
import { Api } from "./Api.ts"
import { Feeds } from "./events/Feeds.ts"
import { DatasourcesLive } from "./handlers/Datasources.ts"
import { EntitiesLive } from "./handlers/Entities.ts"
import { EventsLive } from "./handlers/Events.ts"
import { OntologyLive } from "./handlers/Ontology.ts"
import { ProjectsLive } from "./handlers/Projects.ts"
import { QuestionsLive } from "./handlers/Questions.ts"
import { RelationshipsLive } from "./handlers/Relationships.ts"
import { ServersLive } from "./handlers/Servers.ts"
import { HealthLive, MetricsLive } from "./handlers/System.ts"
import { WorkflowsLive } from "./handlers/Workflows.ts"
import * as Docs from "./docs/Docs.ts"
import * as Guard from "./http/Guard.ts"
import * as Page from "./http/Page.ts"
import * as Server from "./http/Server.ts"
import * as McpHttp from "./mcp/McpHttp.ts"
import { Placing } from "../report/layout/Placing.ts"
import { Rebuilds } from "./Rebuilds.ts"
import { isLoopback, Listening, type ServeSettings } from "./ServeSettings.ts"

const api = HttpApiBuilder.api(Api).pipe(
  Layer.provide([
    ProjectsLive,
    DatasourcesLive,
    WorkflowsLive,
    EventsLive,
    ServersLive,
    EntitiesLive,
    RelationshipsLive,
    QuestionsLive,
    OntologyLive,
    HealthLive,
    MetricsLive
  ])
)

/**
 * The HTTP API, for as long as the layer lives. Fails with `CannotListen`, and with `NoTokens` where others than this machine could reach it
 * and nobody could have a token.
 */
export const layer = (settings: ServeSettings) =>
  HttpApiBuilder.serve().pipe(
    Layer.provide([api, Guard.layer, Docs.layer, Page.layer, McpHttp.layer(settings)]),
    Layer.provide([Authorization.layer, Feeds.layer, Placing.layerKept(), Rebuilds.layer]),
    Layer.provide(Layer.succeed(Listening, settings)),
    Layer.provideMerge(Layer.unwrapEffect(Effect.as(mayListen(settings), Server.layer(settings)))),
    Layer.provide(Tokens.layer)
  )

/** Others than this machine could reach the server, and nobody has a token. */
export class NoTokens extends Data.TaggedError("NoTokens")<{ readonly host: string }> {
  override get message() {
    return `on ${this.host} others than this machine can reach it, and nobody has a token: token create makes one`
  }
}

const mayListen = ({ host }: ServeSettings) =>
  isLoopback(host)
    ? Effect.void
    : Effect.flatMap(Tokens, ({ list }) =>
        Effect.flatMap(list, (all) => (all.length === 0 ? new NoTokens({ host }) : Effect.void))
      )
