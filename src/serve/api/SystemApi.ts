import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { Schema } from "effect"
import { WorkflowHealth } from "../../workflow/WorkflowHealth.ts"
import { Authorized } from "./Access.ts"

const Health = WorkflowHealth.annotations({ identifier: "Health" })

/** Whether the process makes progress. Nobody needs a token; reasons are told to those who have one, or come from this machine. */
export class HealthApi extends HttpApiGroup.make("health")
  .add(
    HttpApiEndpoint.get("health", "/health")
      .addSuccess(Health)
      .addSuccess(Health.annotations(HttpApiSchema.annotations({ status: 503 })))
  )
  .add(
    HttpApiEndpoint.get("ready", "/ready")
      .addSuccess(Schema.Struct({ ready: Schema.Boolean }))
      .addSuccess(Schema.Struct({ ready: Schema.Boolean }).annotations(HttpApiSchema.annotations({ status: 503 })))
  ) {}

/** What this process counts, for Prometheus. */
export class MetricsApi extends HttpApiGroup.make("metrics")
  .add(
    HttpApiEndpoint.get("metrics", "/metrics").addSuccess(
      HttpApiSchema.Text({ contentType: "text/plain; version=0.0.4" })
    )
  )
  .middleware(Authorized) {}
