import { describe, expect, it } from "@effect/vitest"
import { domainNames } from "../../src/ontology/DomainNames.ts"

const names = (...groups: ReadonlyArray<ReadonlyArray<string>>) =>
  domainNames(
    groups.map((group) => group.map((name) => ({ name, words: name.toLowerCase().split(" ") }))),
    ["Other Tables"]
  )

describe("the name of a business domain", () => {
  it("is the field that its tables are of", () => {
    expect(names(["Supplier", "Purchase Order", "Purchase Requisition"])).toEqual(["Purchasing"])
    expect(names(["Patient", "Visit", "Prescription", "Ward", "Note"])).toEqual(["Health Care"])
  })
  it("is a word that most share where they are of no field, or what most hangs on", () => {
    expect(names(["Dragon", "Dragon Egg", "Dragon Lair", "Cave"])).toEqual(["Dragons"])
    expect(names(["Beacon", "Signal"])).toEqual(["Beacons"])
    expect(names(["Egg Group", "Dragon Egg Group", "Egg Group Prose"])).toEqual(["Egg Groups"])
    expect(names(["Siege Rank", "Siege Move", "Siege Stat"])).toEqual(["Sieges"])
    expect(names(["Other Table", "Lantern"])).toEqual(["Other Tables 2"])
  })
  it("is never taken twice: the group with most of a field has its name", () => {
    expect(names(["Invoice", "Customer"], ["Order", "Sale", "Order Discount", "Order Invoice"])).toEqual([
      "Invoices",
      "Sales"
    ])
    expect(new Set(names(["Crate", "Tap"], ["Crate", "Tap"], ["Crate", "Tap"])).size).toBe(3)
  })
  it("is no field by one word alone, nor by what every field refers to", () => {
    expect(names(["Episode", "Film Reel"])).toEqual(["Episodes"])
    expect(names(["Worker", "City", "Country"])).toEqual(["Workers"])
  })
})
