import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import { PgClient } from "@effect/sql-pg"
import { it } from "@effect/vitest"
import { Context, Effect, Layer, Option } from "effect"
import * as ClusterPlacement from "../../../src/workflow/cluster/ClusterPlacement.ts"
import { BUCKETS, Placement } from "../../../src/workflow/Placement.ts"
import { eventually } from "../../fixtures/eventually.ts"
import * as TestDatabase from "../../fixtures/TestDatabase.ts"

const RUNNERS = 3

const everyBucket = Array.from({ length: BUCKETS }, (_, bucket) => bucket)

it.scopedLive(
  "three runners that start at once on an empty database place every bucket on one of them",
  () =>
    Effect.gen(function* () {
      const url = yield* TestDatabase.create
      const placements = yield* Effect.forEach(
        Array.from({ length: RUNNERS }, (_, n) => n + 1),
        (port) =>
          Layer.build(
            Layer.fresh(
              ClusterPlacement.layer.pipe(
                Layer.provide(
                  ClusterPlacement.layerRunner({ runnerAddress: Option.some(RunnerAddress.make("test", port)) })
                ),
                Layer.provide(PgClient.layer({ url }))
              )
            )
          ).pipe(Effect.map(Context.get(Placement))),
        { concurrency: "unbounded" }
      )
      // The first one has all of them until it hears of the others.
      yield* eventually(
        "every bucket is on one runner, and each runner has about its part",
        Effect.sync(() => {
          const mine = placements.map(({ isMine }) => isMine("", []))
          const runners = everyBucket.map((bucket) => mine.filter((isMine) => isMine(bucket)).length)
          const parts = mine.map((isMine) => everyBucket.filter(isMine).length)
          return { isOnOne: runners.every((count) => count === 1), parts }
        }),
        ({ isOnOne, parts }) => isOnOne && parts.every((part) => part > BUCKETS / RUNNERS / 2)
      )
    }),
  120_000
)
