import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { columnPrefix, Vocabulary } from "../../src/language/Vocabulary.ts"
import { atOnce } from "../../src/steps/Steps.ts"

const tokens = (identifier: string, ...others: ReadonlyArray<string>) =>
  atOnce(Vocabulary.make([identifier, ...others])).tokens(identifier)

describe("Vocabulary", () => {
  it("splits at separators, changes of case and digits", () => {
    expect(tokens("shipping_address_id")).toEqual(["shipping", "address", "id"])
    expect(tokens("CustomerCRMs")).toEqual(["customer", "crms"])
    expect(tokens("ShippingAddressID")).toEqual(["shipping", "address", "id"])
    expect(tokens("HTTPServer")).toEqual(["http", "server"])
    expect(tokens("Order Details")).toEqual(["order", "details"])
    expect(tokens("phone2")).toEqual(["phone", "2"])
    expect(tokens("größe_übung")).toEqual(["größe", "übung"])
  })

  it("always cuts a trailing id, code, key or number", () => {
    expect(tokens("zorkid")).toEqual(["zork", "id"])
    expect(tokens("zorkkey")).toEqual(["zork", "key"])
    expect(tokens("zorkcode")).toEqual(["zork", "code"])
  })

  it("leaves ordinary words that end in the letters of one alone", () => {
    for (const word of ["paid", "valid", "monkey", "postcode", "grid"]) expect(tokens(word)).toEqual([word])
  })

  it("cuts folded names with the schema's own words", () => {
    expect(tokens("zorkblimp", "zork_name", "blimp_size")).toEqual(["zork", "blimp"])
    expect(tokens("zorkblimp", "zork_name")).toEqual(["zorkblimp"])
    expect(tokens("zorksblimp", "zork_name", "blimps")).toEqual(["zorks", "blimp"])
    expect(tokens("generation", "genus")).toEqual(["generation"])
  })

  it("cuts what stands before an id in front of the schema's own names, whatever else it says", () => {
    expect(tokens("vrelkblimpid", "blimp")).toEqual(["vrelk", "blimp", "id"])
    expect(tokens("vrelkblimpid", "blimp", "vrelkblimp")).toEqual(["vrelkblimp", "id"])
  })

  it("cuts small words at the end of folded names", () => {
    expect(tokens("reportsto")).toEqual(["reports", "to"])
    expect(tokens("createdby")).toEqual(["created", "by"])
    expect(tokens("photo")).toEqual(["photo"])
  })

  it("cuts folded names with general words", () => {
    expect(tokens("orderdetails")).toEqual(["order", "details"])
    expect(tokens("tblinvoiceline")).toEqual(["tbl", "invoice", "line"])
  })

  it("does not cut ordinary words into smaller ones", () => {
    for (const word of ["information", "category", "description", "password", "shipment"]) {
      expect(tokens(word)).toEqual([word])
    }
  })

  it("finds the role that follows a key word inside a folded name", () => {
    expect(tokens("zorkidloser", "zorkid")).toEqual(["zork", "id", "loser"])
  })

  it("loses no letter and no digit", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 12 }), { maxLength: 5 }), (names) => {
        const vocabulary = atOnce(Vocabulary.make(names))
        for (const name of names) {
          expect(vocabulary.tokens(name).join("")).toBe(name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ""))
        }
      })
    )
  })

  it("says the same whatever the order of the names", () => {
    const name = fc.string({ unit: fc.constantFrom(..."abci_d"), minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(fc.array(name, { maxLength: 8 }), (names) => {
        const forwards = atOnce(Vocabulary.make(names))
        const backwards = atOnce(Vocabulary.make([...names].reverse()))
        for (const each of names) expect(backwards.tokens(each)).toEqual(forwards.tokens(each))
      })
    )
  })

  it("finds the prefix that most columns of a table carry", () => {
    expect(columnPrefix(["l_orderkey", "l_partkey", "l_tax"])).toBe("l_")
    expect(columnPrefix(["l_orderkey", "l_partkey", "l_tax", "note"])).toBe("")
    expect(columnPrefix(["l_orderkey", "l_partkey", "l_tax", "l_comment", "note"])).toBe("l_")
    expect(columnPrefix(["order_id", "order_date", "order_total"])).toBe("")
    expect(columnPrefix(["id", "name"])).toBe("")
    // A key word in front is part of each column's name.
    expect(columnPrefix(["id_film", "id_actor", "id_role"])).toBe("")
  })
})
