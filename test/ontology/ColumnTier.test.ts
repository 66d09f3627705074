import { describe, expect, it } from "@effect/vitest"
import { buildOntology } from "../../src/ontology/Build.ts"
import type { Column, Table } from "../../src/datasource/Catalog.ts"
import type { ColumnProfile } from "../../src/datasource/TableProfile.ts"
import { toMarkdown } from "../../src/ontology/Markdown.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { changed, made, values } from "./shop.ts"

interface Made {
  readonly column: Partial<Column>
  readonly profile?: Partial<ColumnProfile>
  readonly catalog?: Partial<Table>
  readonly sampled?: boolean
}

const ontologyOf = ({ catalog = {}, column, profile = values({ open: 60, paid: 40 }), sampled = false }: Made) =>
  buildOntology(
    changed(
      made([
        {
          table: "bills",
          name: "Bill",
          rows: 100,
          columns: [
            { name: "id", type: "integer" },
            { name: "state", type: "bill_state", profile }
          ]
        }
      ]),
      "bills",
      { catalog, columns: { state: column }, entity: { sampled } }
    )
  )

const state = (of: Made) => {
  const ontology = ontologyOf(of)
  const found = ontology.entities[0]?.columns.find(({ name }) => name === "state")
  return {
    counts: found?.values?.map(({ count, value }) => `${value} ${count}`),
    allowed: found?.allowed,
    text: atOnce(toMarkdown(ontology))
  }
}

const labels = (count: number) => ["open", "paid", ...Array.from({ length: count - 2 }, (_, n) => `state ${n}`)]

describe("the labels of an enum", () => {
  it("are in no row where all rows were read and do not have them", () => {
    expect(state({ column: { enumLabels: ["open", "paid", "void"] } })).toMatchObject({
      counts: ["open 60", "paid 40", "void 0"],
      allowed: undefined
    })
  })

  it("have no count where it was lost, estimated, or of rows that may be hidden", () => {
    const column = { enumLabels: ["open", "paid", "void"] }
    const part = { schema: "public", table: "old_bills", reason: "locked" }
    const uncertain: ReadonlyArray<Made> = [
      { column, profile: { ...values({ open: 60, paid: 40 }), garbled: 3 } },
      { column, profile: { ...values({ open: 60, paid: 40 }), estimated: true } },
      { column, sampled: true },
      { column, catalog: { rowSecurity: true } },
      { column, catalog: { partsNotRead: [part] } }
    ]
    for (const each of uncertain) {
      expect(state(each)).toMatchObject({ counts: ["open 60", "paid 40"], allowed: "open, paid or void (by its enum)" })
      expect(state(each).text).toContain("One of open, paid or void (by its enum)")
    }
    const lost = { column, profile: { ...values({}), distinct: 0, minimum: null, maximum: null, garbled: 100 } }
    expect(state(lost).text).not.toContain("(0)")
    expect(state(lost).allowed).toBe("open, paid or void (by its enum)")
  })

  it("are those in use where there are many, and how many more there are at least", () => {
    expect(state({ column: { enumLabels: labels(200) } })).toMatchObject({ counts: ["open 60", "paid 40"] })
    expect(state({ column: { enumLabels: labels(200) } }).allowed).toMatch(
      / or one of at least 180 more \(by its enum\)$/
    )
    expect(state({ column: { enumLabels: labels(50) } }).allowed).toMatch(/ or one of 30 more \(by its enum\)$/)
  })
})

describe("figures of a sample", () => {
  it("are said to be of one, each of them", () => {
    const column = { enumLabels: null }
    expect(state({ column: { ...column, typeClass: "text", type: "text" }, sampled: true }).text).toContain(
      "Values in a sample: `open` (about 60), `paid` (about 40)"
    )
    const profile = { distinct: 80, minimum: "8440", maximum: "792199" }
    const number = { ...column, typeClass: "number" as const, type: "numeric" }
    expect(state({ column: number, profile, sampled: true }).text).toContain(
      "From 8,440 to 792,199 in the rows that were read."
    )
    expect(state({ column: number, profile }).text).toContain("From 8,440 to 792,199.")
  })
})

describe("a column of whole numbers in a unit of time", () => {
  it("adds up how long something took, and no moments since 1970", () => {
    const found = (minimum: string, maximum: string) => {
      const columns = [
        { name: "id", type: "integer" },
        { name: "ts_ms", type: "bigint", profile: { distinct: 90, minimum, maximum } }
      ]
      const [entity] = buildOntology(made([{ table: "clicks", name: "Click", rows: 100, columns }])).entities
      return entity?.columns.find(({ name }) => name === "ts_ms")?.aggregation
    }
    expect(found("12", "90500")).toBe("sum")
    expect(found("1700000060000", "1700006000000")).not.toBe("sum")
    expect(found("1700000060", "1700006000")).not.toBe("sum")
  })
})

describe("a column of bits", () => {
  const roleOf = (name: string, comment: string | null = null) => {
    const [entity] = buildOntology(
      changed(
        made([
          {
            table: "roles",
            name: "Role",
            rows: 100,
            columns: [
              { name: "id", type: "integer" },
              { name, type: "bigint", profile: { distinct: 64, minimum: "0", maximum: "63" } }
            ]
          }
        ]),
        "roles",
        { columns: { [name]: { comment } } }
      )
    ).entities
    const column = entity?.columns.find((each) => each.name === name)
    return `${column?.semanticType}, ${column?.role}`
  }

  it("is a code, and no quantity to add up", () => {
    for (const name of ["perms", "permissions", "feature_flags", "access_mask", "bitmask", "status_bits"])
      expect([name, roleOf(name)]).toEqual([name, "code, attribute"])
    expect(roleOf("settings", "Bit field: 1 = mail, 2 = phone")).toBe("code, attribute")
    expect(roleOf("settings")).not.toBe("code, attribute")
    expect(roleOf("flag_count")).toBe("quantity, measure")
  })
})

describe("a column in whose range a value stands for none", () => {
  it("says which, and in how many rows", () => {
    const descriptionOf = (common: ColumnProfile["common"], maximum: string) => {
      const columns = [
        { name: "id", type: "integer" },
        { name: "age_days", type: "integer", profile: { distinct: 90, minimum: "0", maximum, common } }
      ]
      const [entity] = buildOntology(made([{ table: "tickets", name: "Ticket", rows: 100, columns }])).entities
      return entity?.columns.find(({ name }) => name === "age_days")?.description
    }
    expect(descriptionOf([{ value: "99999", count: 12 }], "99999")).toContain(
      'From 0 to 99,999 days, where "99999" (12 rows) may stand for none'
    )
    expect(descriptionOf([{ value: "31", count: 12 }], "80")).not.toContain("may stand for none")
  })
})
