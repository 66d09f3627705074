import { Context, type Effect } from "effect"
import type { DatabaseError } from "../../database/DatabaseError.ts"
import type { DiscoveryTarget } from "../../discovery/DiscoveryWorkflow.ts"
import type { ToolError } from "./McpTool.ts"

/** The discovered database that a client talks about. */
export interface SubjectService {
  /** The datasource whose findings are told; looked up at each call, because a discovery may end meanwhile. Fails where there is none. */
  readonly target: Effect.Effect<DiscoveryTarget & { readonly name: string }, ToolError | DatabaseError>
  /** In whose name decisions and answers are stored. */
  readonly by: string
}

/** @see SubjectService */
export class Subject extends Context.Tag("workflow-infra/serve/mcp/Subject")<Subject, SubjectService>() {}
