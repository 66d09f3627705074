import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Clock, Effect } from "effect"
import { WorkflowInfra } from "../../workflow/WorkflowInfra.ts"
import { CurrentProject } from "../api/Access.ts"
import { Api } from "../Api.ts"
import { orUnavailable } from "../http/Problems.ts"

export const ServersLive = HttpApiBuilder.group(Api, "servers", (handlers) =>
  Effect.map(WorkflowInfra, (infra) =>
    handlers.handle("list", () =>
      Effect.gen(function* () {
        const { id } = yield* CurrentProject
        const servers = yield* orUnavailable(infra.servers(id))
        const own = yield* infra.serverInstanceId
        return {
          servers: servers.map((server) => ({ ...server, answers: server.id === own })),
          now: new Date(yield* Clock.currentTimeMillis)
        }
      })
    )
  )
)
