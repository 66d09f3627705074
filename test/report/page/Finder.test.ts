import { describe, expect, it } from "@effect/vitest"
import { find, type Hit } from "../../../src/report/page/Finder.ts"

const hit = (kind: string, name: string, over: Partial<Hit> = {}): Hit => ({
  name,
  context: "",
  kind,
  icon: "lookup",
  href: `#${name}`,
  weight: kind === "entity" ? 1 : 0,
  ...over
})

const index = [
  hit("column", "party_identifier.code", { context: "EU VAT, national" }),
  hit("column", "party_identifier.party"),
  hit("entity", "Party Identifier", { also: ["party_identifier"], context: "party_identifier" }),
  hit("entity", "Party", { also: ["party_party", "customer"], context: "party_party, customer" }),
  hit("column", "sale.customer_name")
]
const names = (query: string) => find(index, query).map(({ name }) => name)

describe("What is found", () => {
  it.each([
    ["party_identifier", "Party Identifier"],
    ["party_id", "Party Identifier"],
    ["Customer", "Party"],
    ["party identifier", "Party Identifier"]
  ])("by %s is first the table of this name, whichever of its names it is", (query, name) => {
    expect(names(query)[0]).toBe(name)
  })

  it("by a value is the column that has it, and nothing by what nobody has", () => {
    expect(names("national")).toEqual(["party_identifier.code"])
    expect(names("nothing")).toEqual([])
  })
})
