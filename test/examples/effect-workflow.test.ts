import { Command } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as TestDatabase from "../fixtures/TestDatabase.ts"

const run = (url: Redacted.Redacted) =>
  Command.string(
    Command.env(Command.make("node", "--import", "tsx", "examples/effect-workflow.ts"), {
      DATABASE_URL: Redacted.value(url)
    })
  )

it.scopedLive(
  "the example of Effect's workflows: charged once, approved, shipped by its child; the same result again",
  () =>
    Effect.gen(function* () {
      const url = yield* TestDatabase.create
      const first = yield* run(url)
      for (const said of [
        "A-1, attempt 2",
        "ships order A-1",
        "4200 cents, parcel of A-1",
        "gives back 100",
        "not approved"
      ]) {
        expect(first).toContain(said)
      }
      const second = yield* run(url)
      expect(second).toContain("4200 cents, parcel of A-1")
      expect(second).not.toContain("charges")
      expect(second).not.toContain("ships")
    }).pipe(Effect.provide(NodeContext.layer))
)
