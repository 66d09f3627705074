import { Context, Layer } from "effect"
import type { WorkflowSettings } from "./WorkflowSettings.ts"

/** The settings of this process, for every part of the engine. */
export class EngineSettings extends Context.Tag("workflow-infra/workflow/EngineSettings")<
  EngineSettings,
  WorkflowSettings
>() {
  /** These settings. */
  static readonly layer = (settings: WorkflowSettings) => Layer.succeed(EngineSettings, settings)
}
