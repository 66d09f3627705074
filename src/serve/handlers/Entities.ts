import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect } from "effect"
import { Datasources } from "../../datasource/Datasources.ts"
import { EntityDiscoveryService } from "../../entities/EntityDiscoveryService.ts"
import { Api } from "../Api.ts"
import { orUnavailable } from "../http/Problems.ts"
import { targetOf } from "./Target.ts"

export const EntitiesLive = HttpApiBuilder.group(Api, "entities", (handlers) =>
  Effect.gen(function* () {
    const discovery = yield* EntityDiscoveryService
    const target = targetOf(yield* Datasources)
    return handlers.handle("list", ({ path, urlParams: { verdict } }) =>
      Effect.gen(function* () {
        const { datasourceId, projectId } = yield* target(path.datasource)
        const all = yield* orUnavailable(discovery.entities(projectId, datasourceId))
        return { entities: verdict === undefined ? all : all.filter((entity) => verdict.includes(entity.verdict)) }
      })
    )
  })
)
