import { describe, expect, it, layer } from "@effect/vitest"
import { Effect, Exit, Schema } from "effect"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

const description = { config: Schema.Struct({}), run: () => Effect.void }

describe("a kind that PostgreSQL could not store", () => {
  it("is refused by its name", () => {
    for (const name of ["", "a\0b", "half \uD800", "ä".repeat(251)]) {
      expect(() => WorkflowKind.make(name, description)).toThrow(/^the name of a kind cannot be stored: it /)
    }
    expect(WorkflowKind.make("ä".repeat(250), description).name).toHaveLength(250)
  })

  it("is refused by a class whose tasks could never run", () => {
    for (const gpu of [0, Number.NaN, 1.5]) {
      expect(() => WorkflowKind.make("a", { ...description, strategy: { gpu } })).toThrow(
        /^the concurrency of class gpu/
      )
    }
  })

  it("is refused by its versions", () => {
    for (const version of [1.5, -1, 2 ** 31, Number.NaN]) {
      const message = `the version of kind a must be a whole number from 0, but is ${version}`
      expect(() => WorkflowKind.make("a", { ...description, version })).toThrow(message)
      expect(() => WorkflowKind.make("a", { ...description, earlierVersions: [0, version] })).toThrow(message)
    }
  })
})

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("a kind that nobody checked", (it) => {
  it.scoped("is not registered, and the kinds beside it are claimed", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start()
      const projectId = yield* TestInfra.project
      const good = yield* infra.register(WorkflowKind.make("good", description))
      for (const wrong of [{ name: "a\0b" }, { version: 1.5 }]) {
        expect(Exit.isFailure(yield* Effect.exit(infra.register({ name: "wrong", ...description, ...wrong })))).toBe(
          true
        )
      }
      // Claimed, because it is for later.
      const startAt = new Date()
      yield* good.execute({ projectId, startAt, config: {} })
    })
  )
})
