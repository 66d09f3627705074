import { describe, expect, it } from "@effect/vitest"
import { mapTaskStatus } from "../../src/workflow/WorkflowTask.ts"

describe("a work queue's status is stored as", () => {
  it.each([
    ["pending", "pending"],
    ["running", "running"],
    ["completed", "completed"],
    ["failed", "failed"],
    ["paused", "paused"],
    ["cancelled", "failed"],
    ["unknown", "unknown"],
    ["anything else", "unknown"],
    ["", "unknown"],
    ["PENDING", "unknown"],
    ["constructor", "unknown"]
  ])("%s: %s", (status, stored) => {
    expect(mapTaskStatus(status)).toBe(stored)
  })
})
