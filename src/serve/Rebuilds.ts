import { Context, Duration, Effect, FiberMap, Layer } from "effect"
import type { DiscoveryTarget } from "../discovery/DiscoveryWorkflow.ts"
import { Decisions } from "../ontology/Decisions.ts"

/** Decisions that come one after the other make one build. */
const GATHER = Duration.seconds(1)

/** What `Rebuilds` can do. */
export interface RebuildsService {
  /** Builds the datasource's ontology anew, soon, with every decision made before. Returns at once; what fails is logged. */
  readonly after: (target: DiscoveryTarget) => Effect.Effect<void>
}

/** Lets ontologies follow decisions: one build at a time of a datasource, and one more where somebody decided meanwhile. */
export class Rebuilds extends Context.Tag("workflow-infra/serve/Rebuilds")<Rebuilds, RebuildsService>() {
  /** On `Decisions`. */
  static readonly layer = Layer.scoped(
    Rebuilds,
    Effect.gen(function* () {
      const { refresh } = yield* Decisions
      const running = yield* FiberMap.make<string>()
      const waiting = new Set<string>()

      const build = (key: string, target: DiscoveryTarget): Effect.Effect<void> =>
        Effect.sleep(GATHER).pipe(
          Effect.zipRight(Effect.sync(() => waiting.delete(key))),
          Effect.zipRight(refresh(target)),
          // Nothing was discovered yet: the first build has the decision.
          Effect.catchTags({ EntitiesMissing: () => Effect.void, RelationshipsMissing: () => Effect.void }),
          Effect.catchAllCause((cause) => Effect.logWarning("the ontology was not built after a decision", cause)),
          Effect.zipRight(Effect.suspend(() => (waiting.has(key) ? build(key, target) : Effect.void)))
        )
      return {
        after: (target) => {
          const key = `${target.projectId} ${target.datasourceId}`
          return Effect.suspend(() => {
            waiting.add(key)
            return Effect.asVoid(FiberMap.run(running, key, build(key, target), { onlyIfMissing: true }))
          })
        }
      }
    })
  )
}
