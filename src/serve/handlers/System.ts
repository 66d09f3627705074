import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Deferred, Duration, Effect, Metric } from "effect"
import { Database } from "../../database/Database.ts"
import { WorkflowInfra } from "../../workflow/WorkflowInfra.ts"
import { Insight } from "../access/Authorization.ts"
import { Api } from "../Api.ts"
import { PROMETHEUS_TYPE, toPrometheus } from "../http/Prometheus.ts"
import { Closing } from "../http/Server.ts"

/** A database that takes longer to answer is not ready. */
const PATIENCE = Duration.seconds(2)

export const HealthLive = HttpApiBuilder.group(Api, "health", (handlers) =>
  Effect.gen(function* () {
    const infra = yield* WorkflowInfra
    const { work: sql } = yield* Database
    const closing = yield* Closing
    const insight = yield* Insight
    const database = sql`SELECT 1`.pipe(
      Effect.disconnect,
      Effect.timeout(PATIENCE),
      Effect.match({ onFailure: () => false, onSuccess: () => true })
    )
    return handlers
      .handleRaw("health", () =>
        Effect.gen(function* () {
          const { reasons, status } = yield* infra.health
          const shown = (yield* insight.has) ? reasons : []
          return HttpServerResponse.unsafeJson({ status, reasons: shown }, { status: status === "lost" ? 503 : 200 })
        })
      )
      .handleRaw("ready", () =>
        Effect.gen(function* () {
          const { status } = yield* infra.health
          const ready = status !== "lost" && !(yield* Deferred.isDone(closing)) && (yield* database)
          return HttpServerResponse.unsafeJson({ ready }, { status: ready ? 200 : 503 })
        })
      )
  })
)

export const MetricsLive = HttpApiBuilder.group(Api, "metrics", (handlers) =>
  handlers.handleRaw("metrics", () =>
    Effect.map(Metric.snapshot, (pairs) =>
      HttpServerResponse.text(toPrometheus(pairs), { contentType: PROMETHEUS_TYPE })
    )
  )
)
