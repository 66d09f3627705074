import { describe, expect, it } from "@effect/vitest"
import { identify } from "../../src/entities/Identification.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { sketch, type TableSketch } from "./schema.ts"

/** Verdict and reason on a list that so many tables refer to, in a schema of four more. */
const judged = (table: string, columns: string, rows: number, referring = 1) => {
  const names = columns.split(", ")
  const key = [names[0]?.split(" ")[0] ?? ""]
  const others = ["order", "invoice", "parcel", "complaint"].map((other, i): readonly [string, TableSketch] => [
    other,
    i < referring
      ? {
          columns: ["id serial", "which int", "total numeric"],
          key: ["id"],
          references: [`which -> ${table}.${key[0]}`]
        }
      : { columns: ["id serial", "total numeric"], key: ["id"] }
  ])
  const all = { ...Object.fromEntries(others), [table]: { columns: names, key, rows } }
  const found = atOnce(identify(sketch(all))).find((each) => each.table === table)
  return { verdict: found?.verdict, reason: found?.reason }
}
const verdict = (...of: Parameters<typeof judged>) => judged(...of).verdict

describe("a short list of named values", () => {
  it("is a lookup, and says by whom it is referred to", () => {
    expect(judged("colors", "code text, name text", 1)).toEqual({
      verdict: "lookup",
      reason: "It is a short list (1 row) of named values that Order refers to."
    })
    expect(verdict("colors", "id int, name text", 12, 0)).toBe("entity")
  })

  it("is one in any language, also where its name is called as the table", () => {
    for (const naming of ["bezeichnung", "nombre", "libelle", "descrizione", "descrição", "omschrijving", "color"])
      expect([naming, verdict("color", `id int, ${naming} text`, 12)]).toEqual([naming, "lookup"])
  })

  it("may be as long as the list of all countries where it says nothing but names", () => {
    expect(verdict("countries", "code text, name text", 249)).toBe("lookup")
    expect(verdict("countries", "id int, name text, iso_code_2 text, iso_code_3 text", 249)).toBe("lookup")
    expect(verdict("countries", "code text, name text, area numeric", 249)).toBe("entity")
    expect(verdict("words", "id int, name text", 4000)).toBe("entity")
  })

  it("may say one thing more of each value, and several where its name says that it lists kinds", () => {
    expect(verdict("tax_rates", "id int, name text, percent numeric, active boolean, sort_order int", 3)).toBe("lookup")
    expect(verdict("plans", "id int, name text, price numeric, devices int", 3)).toBe("entity")
    expect(verdict("plans", "code text, name text, price numeric, devices int", 3)).toBe("lookup")
    expect(verdict("plans", "code text, name text, price numeric, devices int, days int", 3)).toBe("entity")
    expect(verdict("room_types", "id int, name text, price numeric, beds int", 3)).toBe("lookup")
  })
})

describe("a short list of things", () => {
  it("is an entity where these are people or organisations", () => {
    for (const table of ["artists", "teams", "filiale", "home_office"])
      expect([table, verdict(table, "id int, name text", 20)]).toEqual([table, "entity"])
  })

  it("is an entity where they can be reached somewhere", () => {
    expect(verdict("helpdesks", "id int, name text, phone text", 6)).toBe("entity")
  })

  it("is an entity where most of the schema refers to it, unless it lists kinds", () => {
    expect(verdict("projects", "id int, name text", 20, 2)).toBe("lookup")
    expect(verdict("projects", "id int, name text", 20, 3)).toBe("entity")
    expect(verdict("statuses", "id int, name text", 20, 4)).toBe("lookup")
  })
})
