import { Effect, Layer } from "effect"
import { describe, getContext, joinPath, search } from "./ContextTools.ts"
import { answerQuestion, decideRelationship, listQuestions, listRelationships } from "./DecisionTools.ts"
import { register } from "./McpTool.ts"
import { runQuery } from "./QueryTool.ts"
import { probeColumn } from "./ValueTools.ts"

/** What clients of an MCP server may do beyond reading findings. */
export interface ToolOptions {
  /** Whether they may run SELECTs of their own (`run_query`). Default: false. */
  readonly queries?: boolean
  /** Whether they may store what a person decides and answers. Default: true. */
  readonly decisions?: boolean
}

/** Registers the tools. */
export const layer = ({ decisions = true, queries = false }: ToolOptions = {}) =>
  Layer.effectDiscard(
    Effect.all([
      register(getContext),
      register(search),
      register(describe),
      register(joinPath),
      register(probeColumn),
      ...(queries ? [register(runQuery)] : []),
      register(listRelationships),
      ...(decisions ? [register(decideRelationship)] : []),
      register(listQuestions),
      ...(decisions ? [register(answerQuestion)] : [])
    ])
  )
