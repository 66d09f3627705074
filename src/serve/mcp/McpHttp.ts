import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import { Data, Duration, Effect, Layer, Option, Predicate, RcMap } from "effect"
import { Datasources } from "../../datasource/Datasources.ts"
import type { EntityDiscoveryService } from "../../entities/EntityDiscoveryService.ts"
import type { Decisions } from "../../ontology/Decisions.ts"
import { OntologyWorkflowService } from "../../ontology/OntologyWorkflowService.ts"
import { DEFAULT_PROJECT, Projects } from "../../tenant/Projects.ts"
import { Callers } from "../access/Authorization.ts"
import { badRequest, forbidden, orUnavailable, refused, respond } from "../http/Problems.ts"
import type { Rebuilds } from "../Rebuilds.ts"
import type { ServeSettings } from "../ServeSettings.ts"
import { ToolError } from "./McpTool.ts"
import { server } from "./Protocol.ts"
import { Subject } from "./Subject.ts"
import * as Tools from "./Tools.ts"

/** Where models ask; `?datasource=NAME` says about which database. */
const PATH = "/mcp"
/** A server that nobody asks is kept for this long, for the next question of the same model. */
const IDLE_TIME = Duration.minutes(5)

/** A server for each caller, because its tools and what they tell are the caller's. Strings and booleans are compared by value. */
interface ServerKey {
  readonly projectId: string
  readonly datasource: string | null
  readonly by: string
  readonly decisions: boolean
  readonly queries: boolean
}

/** The datasource of this name or id, or the one whose ontology is the newest. */
const targetOf = (projectId: string, datasource: string | null) =>
  Effect.gen(function* () {
    const { list } = yield* Datasources
    const { newest } = yield* OntologyWorkflowService
    const all = yield* list(projectId)
    const wanted = datasource ?? Option.getOrUndefined(yield* newest(projectId))
    const found = all.find(({ id, name }) => id === wanted || name === wanted)
    if (found !== undefined) return { projectId, datasourceId: found.id, name: found.name }
    return yield* new ToolError({
      message:
        datasource === null
          ? "nothing has been discovered yet"
          : `there is no datasource ${datasource}; there is ${all.map(({ name }) => name).join(", ") || "none"}`
    })
  })

/**
 * MCP over HTTP at `/mcp`: one JSON-RPC message a POST, without sessions and without streams of events. Whoever may read may ask, of their own
 * project only (`default` on this machine without a token); decisions need the scope `decide`, queries `run` and the setting.
 */
export const layer = ({ queries: mayQuery = false }: Pick<ServeSettings, "queries">) =>
  HttpApiBuilder.Router.use((router) =>
    Effect.gen(function* () {
      const { caller } = yield* Callers
      const { ensure } = yield* Projects
      const context = yield* Effect.context<
        Datasources | OntologyWorkflowService | EntityDiscoveryService | Decisions | Rebuilds
      >()
      const servers = yield* RcMap.make({
        lookup: ({ by, datasource, decisions, projectId, queries }: ServerKey) =>
          Effect.gen(function* () {
            const { httpApp, protocol } = yield* RpcServer.makeProtocolWithHttpApp
            const target = Effect.provide(targetOf(projectId, datasource), context)
            yield* Layer.build(
              Tools.layer({ decisions, queries }).pipe(
                Layer.provide(server),
                Layer.provide([
                  Layer.succeed(RpcServer.Protocol, protocol),
                  Layer.succeed(Subject, { target, by }),
                  Layer.succeedContext(context)
                ])
              )
            )
            return httpApp
          }).pipe(Effect.provide(RpcSerialization.layerJsonRpc())),
        idleTimeToLive: IDLE_TIME
      })

      const answer = Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        if (request.method !== "POST") return NOT_ALLOWED
        const { name, projectId, scopes } = yield* caller
        if (!scopes.includes("read")) return yield* Effect.fail(forbidden('the token has no scope "read"'))
        const message = yield* Effect.orElseFail(request.json, () => badRequest("the body is no JSON"))
        if (!Predicate.isRecord(message)) return yield* Effect.fail(badRequest("the body is not one JSON-RPC message"))
        // Notifications and answers are taken note of, and not answered.
        if (!("id" in message) || !("method" in message)) return HttpServerResponse.empty({ status: 202 })
        const query = new URL(request.url, "http://localhost").searchParams
        const httpApp = yield* RcMap.get(
          servers,
          Data.struct({
            projectId: projectId ?? (yield* orUnavailable(ensure(DEFAULT_PROJECT))),
            datasource: query.get("datasource"),
            by: name,
            decisions: scopes.includes("decide"),
            queries: mayQuery && scopes.includes("run")
          })
        )
        return yield* httpApp
      })
      yield* router.all(PATH, answer)
    })
  )

/** No stream of events can be opened here, and no session ended. */
const NOT_ALLOWED = HttpServerResponse.setHeader(
  respond(refused(405, "Method Not Allowed", "only POST is possible here")),
  "allow",
  "POST"
)
