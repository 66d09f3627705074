import * as NodeWorker from "@effect/platform-node/NodeWorker"
import * as Worker from "@effect/platform/Worker"
import { Context, Duration, Effect, Layer, RcRef } from "effect"
import { createHash } from "node:crypto"
import { createRequire } from "node:module"
import * as WorkerThreads from "node:worker_threads"
import type { Laid, Unplaced } from "./Layout.ts"

/** Pictures that are kept, each of about 5 KB: those of some ten databases of hundreds of tables. Set by hand. */
const MOST_KEPT = 1_000
/** A thread that has nothing to lay out is kept for this long. */
const IDLE_TIME = Duration.seconds(30)

/** What `Placing` can do. */
export interface PlacingService {
  readonly place: (unplaced: Unplaced) => Effect.Effect<Laid>
}

/** `layout` in a thread of its own: dagre takes up to a second for a picture of many boxes, in one step that cannot be paused. */
export class Placing extends Context.Tag("workflow-infra/report/Placing")<Placing, PlacingService>() {
  /** The thread starts with the layer and ends with its scope. A thread that cannot start or breaks off is a defect. */
  static readonly layer = Layer.scoped(
    Placing,
    Effect.map(Worker.makePool<Unplaced, Laid, never>({ size: 1 }), (pool) => ({
      place: (unplaced: Unplaced) => Effect.orDie(pool.executeEffect(unplaced))
    }))
  ).pipe(
    Layer.provide(NodeWorker.layer(() => new WorkerThreads.Worker(createRequire(import.meta.url).resolve("#layout")))),
    Layer.orDie
  )

  /** Keeps the pictures that were asked for last, and has a thread only while others are laid out. */
  static readonly layerKept = (placing: Layer.Layer<Placing> = Placing.layer) =>
    Layer.scoped(
      Placing,
      Effect.map(RcRef.make({ acquire: Layer.build(placing), idleTimeToLive: IDLE_TIME }), (thread) => {
        const kept = new Map<string, Laid>()
        /** Adds a picture as the newest one, and drops the oldest if there are more than `MOST_KEPT`. */
        const keep = (name: string, laid: Laid) => {
          kept.delete(name)
          kept.set(name, laid)
          const [oldest] = kept.keys()
          if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest)
          return laid
        }
        const place: PlacingService["place"] = (unplaced) => {
          const name = createHash("sha256").update(JSON.stringify(unplaced)).digest("base64")
          const known = kept.get(name)
          if (known !== undefined) return Effect.succeed(keep(name, known))
          return RcRef.get(thread).pipe(
            Effect.flatMap((context) => Context.get(context, Placing).place(unplaced)),
            Effect.scoped,
            Effect.map((laid) => keep(name, laid))
          )
        }
        return { place }
      })
    )
}
