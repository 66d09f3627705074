import { Context, Effect, Layer, Ref } from "effect"
import { EngineSettings } from "./EngineSettings.ts"
import type { Claimable } from "./WorkflowRepository.ts"

/** What `Adoption` can do. */
export interface AdoptionService {
  /** The projects and workflows that this process may take over; undefined: all. */
  readonly only: Effect.Effect<Claimable["only"]>
  /**
   * Adds projects and workflows to those that this process may take over. No effect if the settings do not limit takeover
   * (`WorkflowSettings.takeover`).
   */
  readonly adopt: (which: {
    readonly projectIds?: ReadonlyArray<string>
    readonly workflowIds?: ReadonlyArray<string>
  }) => Effect.Effect<void>
}

/** Which workflows this process may take over. */
export class Adoption extends Context.Tag("workflow-infra/workflow/Adoption")<Adoption, AdoptionService>() {
  /** At first those of the settings. */
  static readonly layer = Layer.effect(
    Adoption,
    Effect.gen(function* () {
      const { takeover } = yield* EngineSettings
      const adopted = yield* Ref.make(takeover)
      return {
        only: Ref.get(adopted),
        adopt: ({ projectIds = [], workflowIds = [] }) =>
          Ref.update(adopted, (before) =>
            before === undefined
              ? undefined
              : {
                  projectIds: [...new Set([...before.projectIds, ...projectIds])],
                  workflowIds: [...new Set([...before.workflowIds, ...workflowIds])]
                }
          )
      }
    })
  )
}
