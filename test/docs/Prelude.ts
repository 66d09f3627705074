import type { PgClient } from "@effect/sql-pg"
import { Effect, type Layer, type Redacted, Schema } from "effect"
import { Workflow } from "@effect/workflow"
import {
  type Database,
  type Projects,
  type Registered,
  type TenantContext,
  type WorkflowInfra,
  type WorkflowInfraService,
  WorkflowKind,
  type WorkQueue
} from "workflow-infra"

/*
 * What examples of doc comments and of pages name without declaring it.
 */

export class Declined extends Schema.TaggedError<Declined>()("Declined", { reason: Schema.String }) {}

export const Payment = WorkflowKind.make("payment", {
  config: Schema.Struct({ cents: Schema.Int }),
  success: Schema.Struct({ receipt: Schema.String }),
  error: Declined,
  run: () => Effect.succeed({ receipt: "" })
})

export const Import = WorkflowKind.make("import", {
  config: Schema.Struct({ rows: Schema.Int }),
  run: () => Effect.void
})

export const Welcome = Workflow.make({
  name: "Welcome",
  payload: { user: Schema.String },
  idempotencyKey: ({ user }) => user
})
export const WelcomeLayer = Welcome.toLayer(() => Effect.void)

export declare const payments: Registered<{ readonly cents: number }, { readonly receipt: string }, Declined>
export declare const imports: Registered<{ readonly rows: number }>
export declare const infra: WorkflowInfraService
export declare const queue: WorkQueue
export declare const sql: PgClient.PgClient
export declare const projectId: string
export declare const workflowId: string
export declare const id: string
export declare const order: string
export declare const url: Redacted.Redacted

export declare const charge: (cents: number) => Effect.Effect<string, Declined>
export declare const load: (url: string) => Effect.Effect<string>
export declare const crawl: (page: string) => Effect.Effect<ReadonlyArray<string>>

export declare const program: Effect.Effect<void, never, WorkflowInfra | Projects | Database>
export declare const Live: Layer.Layer<WorkflowInfra | Projects | TenantContext | Database, Error>
