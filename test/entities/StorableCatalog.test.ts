import { describe, expect, it } from "@effect/vitest"
import type { Catalog, Column } from "../../src/datasource/Catalog.ts"
import { storableCatalog } from "../../src/entities/StorableCatalog.ts"
import { atOnce } from "../../src/steps/Steps.ts"

const column = (name: string, more: Partial<Column> = {}): Column => ({
  name,
  position: 1,
  type: "text",
  typeClass: "text",
  nullable: true,
  sequence: false,
  enumLabels: null,
  comment: null,
  ...more
})

const catalogOf = (columns: ReadonlyArray<Column>, table = "accounts"): Catalog => ({
  database: "shop",
  serverVersion: "18",
  skipped: [],
  tables: [
    {
      schema: "public",
      table,
      kind: "table",
      comment: null,
      estimatedRows: 1,
      columns: [...columns],
      keys: [],
      foreignKeys: [],
      indexes: []
    }
  ]
})

describe("a catalog as it is stored", () => {
  it("has nothing of what is declared of secrets and personal data but the kind", () => {
    const checked = (...values: ReadonlyArray<string>) => ({ allowed: { by: "check" as const, values } })
    const stored = atOnce(
      storableCatalog(
        catalogOf([
          column("master_password", checked("hunter2", "hunter3")),
          column("pin", { type: "integer", typeClass: "integer", ...checked("4711", "4712") }),
          column("plan", { type: "public.plan", enumLabels: [`sk_live_${"4eC39HqLyjWDarjtT1zdp7dc"}`, "other"] }),
          column("contact", checked("ada@shop.example")),
          column("api_token", { comment: "Made by us, e.g. q1w2e3r4t5" })
        ])
      )
    )
    const json = JSON.stringify(stored)
    for (const value of ["hunter", "471", "sk_live", "ada@", "q1w2"]) expect(json).not.toContain(value)
    expect(
      stored.tables[0]?.columns.map(({ comment, enumLabels, withheld }) => [withheld, enumLabels, comment])
    ).toEqual([
      ["a secret", null, null],
      ["a secret", null, null],
      ["a secret", [], null],
      ["an e-mail address", null, null],
      [undefined, null, "Made by us"]
    ])
  })

  it("has everything else as it is", () => {
    const catalog = catalogOf([
      column("state", { enumLabels: ["open", "closed"], comment: "e.g. open" }),
      column("size", { allowed: { by: "check", values: ["S", "M"] } }),
      column("password_attempts", { type: "integer", typeClass: "integer", allowed: { by: "domain", values: ["1"] } })
    ])
    expect(atOnce(storableCatalog(catalog))).toEqual(catalog)
  })

  it("withholds what a view may have computed from secrets or personal data", () => {
    const [table] = catalogOf(
      ["label", "status", "ref", "orders"].map((name) =>
        column(name, name === "orders" ? { type: "bigint", typeClass: "integer" } : {})
      )
    ).tables
    const withheld = (reads: ReadonlyArray<string>) => {
      const view = { ...catalogOf([]), tables: table === undefined ? [] : [{ ...table, kind: "view" as const, reads }] }
      return atOnce(storableCatalog(view)).tables[0]?.columns.map((each) => each.withheld)
    }
    expect(withheld(["status", "first_name", "order_id"])).toEqual([
      "a person's name",
      undefined,
      "a person's name",
      undefined
    ])
    expect(withheld(["status", "order_id"])).toEqual([undefined, undefined, undefined, undefined])
  })

  it("withholds what a generated column is computed from secrets or personal data, but yes and no", () => {
    const stored = atOnce(
      storableCatalog(
        catalogOf([
          column("tail", { computedFrom: ["card_number"] }),
          column("digits", { type: "integer", typeClass: "integer", computedFrom: ["ssn"] }),
          column("is_known", { type: "boolean", typeClass: "boolean", computedFrom: ["email"] }),
          column("total", { type: "numeric", typeClass: "number", computedFrom: ["net", "vat"] })
        ])
      )
    )
    expect(stored.tables[0]?.columns.map(({ withheld }) => withheld !== undefined)).toEqual([true, true, false, false])
  })
})
