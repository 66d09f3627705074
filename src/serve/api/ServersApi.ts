import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Schema } from "effect"
import { OfProject } from "./Access.ts"
import { InProject } from "./Paths.ts"

/** A process that owns workflows, and its lease. Times are of the database's clock. */
export const ServerView = Schema.Struct({
  id: Schema.String,
  host: Schema.String,
  pid: Schema.Int,
  /** The version of Node.js. */
  version: Schema.String,
  startedAt: Schema.Date,
  lastHeartbeat: Schema.Date,
  /** Without a heartbeat until then, others take its workflows over. */
  expiresAt: Schema.Date,
  /** Whether it is the process that answers. */
  answers: Schema.Boolean,
  /** Workflows of this project that it runs now. */
  running: Schema.Int
}).annotations({ identifier: "Server" })
/** @see ServerView */
export type ServerView = typeof ServerView.Type

/** The processes that run workflows. */
export class ServersApi extends HttpApiGroup.make("servers")
  .add(
    HttpApiEndpoint.get("list", "/servers")
      .setPath(InProject)
      .addSuccess(Schema.Struct({ servers: Schema.Array(ServerView), now: Schema.Date }))
  )
  .middleware(OfProject)
  .prefix("/api/v1/projects/:project") {}
