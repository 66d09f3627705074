import { describe, expect, it } from "@effect/vitest"
import { Effect, Option, type Scope } from "effect"
import { defaults } from "../../src/workflow/WorkflowSettings.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { endless } from "../fixtures/TestWorkflows.ts"

const run = <A, E>(test: Effect.Effect<A, E, TestInfra.Memory | Scope.Scope>) => Effect.provide(test, TestInfra.memory)

describe("a list", () => {
  it.scoped("goes on where its cursor says, to the last page", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(defaults)
      const kind = yield* infra.register(endless("endless"))
      yield* Effect.replicateEffect(kind.start({ projectId: "project", config: null }), 120)
      const sizes: Array<number> = []
      const seen = new Set<string>()
      let cursor: string | undefined
      do {
        const { next, workflows } = yield* infra.list({ projectId: "project", state: "running", cursor })
        sizes.push(workflows.length)
        for (const { id } of workflows) seen.add(id)
        cursor = Option.getOrUndefined(next)
      } while (cursor !== undefined)
      expect([sizes, seen.size]).toEqual([[50, 50, 20], 120])
    }).pipe(run)
  )

  it.scoped("refuses what is no cursor, in one line", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(defaults)
      for (const cursor of [
        "",
        "x",
        "2026-01-01_a",
        "yesterday_a",
        "2026-13-01T00:00:00Z_a",
        "2026-01-01T00:00:00Z_"
      ]) {
        const error = yield* Effect.flip(infra.list({ projectId: "project", cursor }))
        expect(error.message).toBe(
          "this is no cursor of a list: pass `next` of the page before, or none for the first page"
        )
      }
    }).pipe(run)
  )

  it.scoped("says which of its times is no date, and has a page of one where its limit is no number", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(defaults)
      for (const name of ["from", "to"]) {
        const none = infra.list({ projectId: "project", [name]: new Date(Number.NaN) })
        const died = Effect.catchAllDefect(Effect.as(none, ""), (defect) => Effect.succeed(String(defect)))
        expect(yield* died).toContain(`${name} of a list is no date`)
      }
      const { next, workflows } = yield* infra.list({ projectId: "project", limit: Number.NaN })
      expect([workflows, next]).toEqual([[], Option.none()])
    }).pipe(run)
  )
})
