import * as HttpServer from "@effect/platform/HttpServer"
import { Context, Effect, Layer, Redacted } from "effect"
import { Database } from "../../src/database/Database.ts"
import { Credentials } from "../../src/datasource/Credentials.ts"
import { Datasources } from "../../src/datasource/Datasources.ts"
import { ProfileRepository } from "../../src/datasource/ProfileRepository.ts"
import { DecisionRepository } from "../../src/discovery/DecisionRepository.ts"
import { EntityDiscoveryService } from "../../src/entities/EntityDiscoveryService.ts"
import { EntityRepository } from "../../src/entities/EntityRepository.ts"
import { Decisions } from "../../src/ontology/Decisions.ts"
import { OntologyRepository } from "../../src/ontology/OntologyRepository.ts"
import { OntologyWorkflowService } from "../../src/ontology/OntologyWorkflowService.ts"
import { WholeDiscovery } from "../../src/ontology/WholeDiscovery.ts"
import { RelationshipRepository } from "../../src/relationships/RelationshipRepository.ts"
import { RelationshipWorkflowService } from "../../src/relationships/RelationshipWorkflowService.ts"
import { Tokens } from "../../src/serve/access/Tokens.ts"
import * as Serve from "../../src/serve/Serve.ts"
import type { ServeSettings } from "../../src/serve/ServeSettings.ts"
import { Projects } from "../../src/tenant/Projects.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import type { WorkflowOptions } from "../../src/workflow/WorkflowSettings.ts"

/** Everything that a server answers from, on a database; by default its engine is quick to see what happens. */
export const servicesAt = (
  url: Redacted.Redacted,
  engine: WorkflowOptions = { pollInterval: "50 millis", writerDebounce: "20 millis" }
) => {
  const credentials = Credentials.layer(Redacted.make("ab".repeat(32)))
  return Layer.mergeAll(Decisions.layer, Tokens.layer, WholeDiscovery.layer).pipe(
    Layer.provideMerge(OntologyWorkflowService.layer),
    Layer.provideMerge(RelationshipWorkflowService.layer),
    Layer.provideMerge(EntityDiscoveryService.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        ProfileRepository.layer,
        EntityRepository.layer,
        DecisionRepository.layer,
        RelationshipRepository.layer,
        OntologyRepository.layer
      )
    ),
    Layer.provideMerge(WorkflowInfra.layer(engine)),
    Layer.provideMerge(Datasources.layer),
    Layer.provide(credentials),
    Layer.provideMerge(Layer.merge(Projects.layer, TenantContext.layer)),
    Layer.provideMerge(Database.layer({ url }))
  )
}

/** Where a server listens. */
export class Place extends Context.Tag("test/serve/Place")<Place, { readonly port: number }>() {}

/** A server on a free port of this machine. */
export const serverOn = (host: string, settings: Partial<ServeSettings> = {}) =>
  Layer.effect(
    Place,
    Effect.map(HttpServer.HttpServer, ({ address }) => ({ port: address._tag === "TcpAddress" ? address.port : 0 }))
  ).pipe(Layer.provideMerge(Serve.layer({ host, port: 0, requestsPerSecond: 100_000, ...settings })))
