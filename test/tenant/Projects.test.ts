import { expect, layer } from "@effect/vitest"
import { Effect, Option } from "effect"
import { Projects } from "../../src/tenant/Projects.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("a project", (it) => {
  it.scoped("is found by its name, and not made by looking for it", () =>
    Effect.gen(function* () {
      const projects = yield* Projects
      expect(yield* projects.find("sought")).toEqual(Option.none())
      expect(yield* projects.find("sought")).toEqual(Option.none())
      const id = yield* projects.ensure("sought")
      expect(yield* projects.find("sought")).toEqual(Option.some(id))
    })
  )
  it.scoped("is got by its id, and listed by its name", () =>
    Effect.gen(function* () {
      const projects = yield* Projects
      const [b, a] = [yield* projects.ensure("list b"), yield* projects.ensure("list a")]
      expect(yield* projects.get(a)).toMatchObject(Option.some({ id: a, name: "list a" }))
      expect(yield* projects.get("nonsense")).toEqual(Option.none())
      const listed = (yield* projects.list).filter(({ name }) => name.startsWith("list "))
      expect(listed.map(({ id }) => id)).toEqual([a, b])
      expect(listed.every(({ createdAt }) => createdAt instanceof Date)).toBe(true)
    })
  )
  it.scoped("is made once for its name, however many ask for it at the same time", () =>
    Effect.gen(function* () {
      const projects = yield* Projects
      const ids = yield* Effect.replicateEffect(projects.ensure("shop"), 20, {
        concurrency: "unbounded"
      } as const)
      expect(new Set(ids).size).toBe(1)
      expect(yield* projects.ensure("another")).not.toBe(ids[0])
    })
  )
})
