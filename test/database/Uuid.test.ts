import { expect, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { uuidv7 } from "../../src/database/Uuid.ts"

it.effect("ids are UUIDs of version 7, no two alike, and sort by the time they were made", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(Date.UTC(2026, 0, 1))
    const ids: Array<string> = []
    for (let n = 0; n < 50; n++) {
      ids.push(yield* uuidv7)
      yield* TestClock.setTime(Date.UTC(2026, 0, 1) + n + 1)
    }
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(new Set(ids).size).toBe(50)
    expect(ids.toSorted()).toEqual(ids)
    expect(Number.parseInt((ids[0] ?? "").replace("-", "").slice(0, 12), 16)).toBe(Date.UTC(2026, 0, 1))
  })
)
