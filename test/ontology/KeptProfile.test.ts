import { describe, expect, it } from "@effect/vitest"
import { buildOntology } from "../../src/ontology/Build.ts"
import type { Discovered } from "../../src/ontology/Discovered.ts"
import { keptProfiles } from "../../src/ontology/KeptProfile.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { made, shop, values } from "./shop.ts"

const kept = (discovered: Discovered): Discovered => ({
  ...discovered,
  profiles: atOnce(keptProfiles(discovered.profiles, buildOntology(discovered).entities))
})

describe("what is kept of profiles when a run has ended", () => {
  it("is enough to build the same ontology again, and is all that is kept then", () => {
    const again = kept(shop)
    expect(buildOntology(again)).toEqual(buildOntology(shop))
    expect(kept(again).profiles).toEqual(again.profiles)
  })

  it("is no value of a secret, of a person, of a text, or of a table that has no place in the ontology", () => {
    const column = (name: string, type: string, counts: Record<string, number>) => ({
      name,
      type,
      profile: values(counts)
    })
    const people = made([
      {
        table: "people",
        name: "Person",
        rows: 100,
        columns: [
          { name: "id", type: "integer" },
          column("otp", "text", { hidden1: 50, hidden2: 50 }),
          column("iban", "text", { hidden1: 50, hidden2: 50 }),
          column("notes", "text", { hidden1: 50, hidden2: 50 }),
          column("setting", "text", { $2b$10$hiddenhidden: 50, plain: 50 }),
          column("role", "text", { reader: 50, writer: 50 })
        ]
      },
      {
        table: "staging",
        name: "Staging",
        rows: 10,
        verdict: "technical",
        columns: [column("raw", "text", { hidden: 10 })]
      }
    ])
    const text = JSON.stringify(kept(people).profiles)
    expect(text).not.toContain("hidden")
    expect(text).toContain("writer")
    const built = JSON.stringify(buildOntology(people))
    expect(built).not.toContain("hidden")
    expect(built).toContain("writer")
  })
})
