import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import { PgClient } from "@effect/sql-pg"
import { expect, it } from "@effect/vitest"
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
      const placed = yield* eventually(
        "every shard has its runner",
        Effect.sync(() => {
          const mine = placements.map(({ isMine }) => isMine("", []))
          return everyBucket.map((bucket) => mine.flatMap((isMine, n) => (isMine(bucket) ? [n] : [])))
        }),
        (runners) => runners.every(({ length }) => length === 1)
      )
      const numbers = placements.map((_, n) => placed.flat().filter((runner) => runner === n).length)
      for (const number of numbers) expect(number).toBeGreaterThan(BUCKETS / RUNNERS / 2)
    }),
  120_000
)
