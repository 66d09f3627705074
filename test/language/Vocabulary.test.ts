import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { columnPrefix, Vocabulary } from "../../src/language/Vocabulary.ts"
import { KEY_WORDS, LEXICON, NOT_KEYS } from "../../src/language/Lexicon.ts"
import { plural, singular } from "../../src/language/Words.ts"
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

  it("leaves them alone at the end of a folded name as well", () => {
    expect(tokens("amountpaid")).toEqual(["amount", "paid"])
    expect(tokens("emailvalid")).toEqual(["email", "valid"])
    expect(tokens("cameraid")).toEqual(["camera", "id"])
  })

  it("cuts off what a module's tables begin with, where that is no word and stands before known ones", () => {
    expect(tokens("rtqueues", "rttickets", "rtmessages")).toEqual(["rt", "queues"])
    expect(tokens("rtqueues", "rttickets")).toEqual(["rtqueues"])
  })

  it("cuts an id in front of a known word", () => {
    expect(tokens("idcliente", "clientes")).toEqual(["id", "cliente"])
    expect(tokens("identity", "entities")).toEqual(["identity"])
  })

  it("leaves words alone that only look as if they ended in another", () => {
    expect(tokens("conversion", "con_pago")).toEqual(["conversion"])
    expect(tokens("metadata", "meta")).toEqual(["metadata"])
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

  it("does so where a separator stands before the id, but for names that stand by themselves", () => {
    expect(tokens("vrelkblimp_id", "blimp")).toEqual(["vrelk", "blimp", "id"])
    expect(tokens("vrelkblimp_id", "blimp", "vrelkblimp")).toEqual(["vrelkblimp", "id"])
    expect(tokens("vrelkblimp_size", "blimp")).toEqual(["vrelkblimp", "size"])
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

  it("does not cut words that English writes as one, nor what only ends as one", () => {
    for (const word of ["percentage", "timesheet", "workshop", "birthday", "internship", "zorkage"])
      expect([word, tokens(word, "age", "ship", "percent", "intern", "time", "zork")]).toEqual([word, [word]])
  })

  it("takes a plural for a word in front of unknown ones only where it is spelled somewhere, or a known one follows", () => {
    expect(tokens("zorksheet", "zork_name")).toEqual(["zorksheet"])
    expect(tokens("zorksheet", "zorks")).toEqual(["zorks", "heet"])
    expect(tokens("zorksblimpmanager", "zork_name")).toEqual(["zorks", "blimpmanager"])
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

  /** Words that schemas are made of, one or several of them. */
  const word = fc.constantFrom(...LEXICON)
  const words = fc.array(word, { minLength: 1, maxLength: 4 })
  const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

  it("cuts names at the words that they are made of and nowhere else, however these are joined", () => {
    fc.assert(
      fc.property(words, fc.array(words, { maxLength: 5 }), (said, others) => {
        const vocabulary = atOnce(Vocabulary.make([said, ...others].map((each) => each.join("_"))))
        const camel = said.map(capital).join("")
        for (const name of [said.join("_"), camel, said.join("-"), said.join(" "), said.join("_").toUpperCase()])
          expect(vocabulary.tokens(name)).toEqual(said)
        expect(vocabulary.tokens(`tbl_${camel}`)).toEqual(["tbl", ...said])
      })
    )
  })

  /** Words of which nobody makes a plural: it would be another word, or none. */
  const ADJECTIVES = new Set(["new", "previous"])

  it("cuts the plural of a name as the name, with the letters of the plural", () => {
    fc.assert(
      fc.property(words, (said) => {
        fc.pre(!ADJECTIVES.has(said.at(-1) ?? ""))
        const last = plural(said.at(-1) ?? "")
        expect(tokens(`zork_${[...said.slice(0, -1), last].join("_")}`)).toEqual(["zork", ...said.slice(0, -1), last])
        expect(singular(last)).toBe(singular(said.at(-1) ?? ""))
      })
    )
  })

  it("cuts a folded name of two known words into known words", () => {
    const known = (each: string) =>
      LEXICON.has(each) || LEXICON.has(singular(each)) || KEY_WORDS.has(each) || NOT_KEYS.has(each)
    fc.assert(
      fc.property(word, word, (first, second) => {
        const found = tokens(first + second)
        expect(found.join("")).toBe(first + second)
        // Also where the two make a word of their own, which is left whole.
        const unknown = found.length === 1 ? [] : found.filter((each) => !known(each))
        expect([first, second, unknown]).toEqual([first, second, []])
      }),
      { numRuns: 1000 }
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
