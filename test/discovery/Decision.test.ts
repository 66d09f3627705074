import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc, Option } from "effect"
import { type Decision, standing, standings } from "../../src/discovery/Decision.ts"

type Action = "accept" | "reject" | "undo"

const side = (table: string) => ({ schema: "public", table, columns: ["id"] })

const made = (actions: ReadonlyArray<Action>, subject = "a"): ReadonlyArray<Decision> =>
  actions.map((action, place) => ({
    kind: "relationship",
    about: { from: side("orders"), to: side("customers") },
    subject,
    version: place + 1,
    action,
    answer: null,
    by: "ann",
    at: new Date(place)
  }))

const held = (...actions: ReadonlyArray<Action>) =>
  Option.getOrNull(Option.map(standing(made(actions)).decision, ({ action }) => action))

describe("what holds about a subject", () => {
  it("is the newest decision that was not taken back", () => {
    expect(held()).toBeNull()
    expect(held("accept")).toBe("accept")
    expect(held("accept", "reject")).toBe("reject")
    expect(held("accept", "reject", "undo")).toBe("accept")
    expect(held("accept", "reject", "undo", "undo")).toBeNull()
    expect(held("accept", "undo", "reject")).toBe("reject")
  })

  it("is, after a decision and its undo, what it was before, two versions later", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<Action>("accept", "reject", "undo")),
        fc.constantFrom<Action>("accept", "reject"),
        (before, word) => {
          expect(held(...before, word)).toBe(word)
          expect(held(...before, word, "undo")).toBe(held(...before))
          expect(standing(made([...before, word, "undo"])).version).toBe(before.length + 2)
        }
      )
    )
  })

  it("is told per subject", () => {
    const all = standings([...made(["accept", "undo"], "a"), ...made(["reject"], "b")])
    expect([...all].map(([subject, { decision, version }]) => [subject, version, Option.isSome(decision)])).toEqual([
      ["a", 2, false],
      ["b", 1, true]
    ])
  })
})
