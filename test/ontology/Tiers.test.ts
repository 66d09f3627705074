import { describe, expect, it } from "@effect/vitest"
import { buildOntology } from "../../src/ontology/Build.ts"
import { made, shop, values } from "./shop.ts"

const ontology = buildOntology(shop)
const entity = (table: string) => {
  const found = ontology.entities.find((each) => each.table === table)
  if (found === undefined) throw new Error(`no ${table}`)
  return found
}
const column = (table: string, name: string) => {
  const found = entity(table).columns.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no ${table}.${name}`)
  return found
}

describe("columns", () => {
  it("money is a measure that is summed, a price per unit one that is averaged", () => {
    expect(column("orders", "total_amount")).toMatchObject({
      semanticType: "money",
      role: "measure",
      aggregation: "sum"
    })
    expect(column("order_lines", "unit_price")).toMatchObject({ semanticType: "money", aggregation: "average" })
  })
  it("an abbreviation is spelled out, and stays a synonym", () => {
    expect(column("order_lines", "qty")).toMatchObject({
      label: "quantity",
      synonyms: ["qty"],
      semanticType: "quantity"
    })
  })
  it("a column that refers to another table is an identifier, and says where to", () => {
    expect(column("orders", "customer_id")).toMatchObject({
      role: "identifier",
      foreignKey: true,
      references: { schema: "public", table: "customers", column: "id" },
      description: "Refers to Customer."
    })
  })
  it("a column of few values lists them with their counts", () => {
    expect(column("orders", "status")).toMatchObject({ semanticType: "status", role: "dimension" })
    expect(column("orders", "status").values).toEqual([
      { value: "paid", label: null, count: 6000 },
      { value: "open", label: null, count: 2500 },
      { value: "cancelled", label: null, count: 500 }
    ])
  })
  it("what may be in a column is said as declared, and what a policy leaves to be seen is not taken for all", () => {
    const jobs = {
      table: "jobs",
      name: "Job",
      rows: 100,
      columns: [
        { name: "id", type: "integer" },
        { name: "status", type: "text", profile: values({ open: 100 }) },
        { name: "area", type: "integer", profile: values({ 1: 100 }) }
      ]
    }
    const described = (rowSecurity: boolean) => {
      const discovered = made([jobs])
      const tables = discovered.catalog.tables.map((table) => ({
        ...table,
        rowSecurity,
        columns: table.columns.map((each) =>
          each.name === "status"
            ? { ...each, allowed: { by: "check" as const, values: ["open", "paid", "void"] } }
            : each
        )
      }))
      const [found] = buildOntology({ ...discovered, catalog: { ...discovered.catalog, tables } }).entities
      return {
        notes: found?.notes,
        columns: found?.columns.slice(1).map(({ allowed, description }) => [allowed, description])
      }
    }
    expect(described(false)).toEqual({
      notes: undefined,
      columns: [
        ["open, paid or void (by a CHECK)", 'One of open, paid or void (by a CHECK); always "open".'],
        [undefined, 'Always "1".']
      ]
    })
    expect(described(true)).toEqual({
      notes: ["Row-level security applies here: counts are of what this login sees."],
      columns: [
        ["open, paid or void (by a CHECK)", "One of open, paid or void (by a CHECK)."],
        [undefined, "A number."]
      ]
    })
  })
  it("an enum without labels has no values to list", () => {
    const discovered = made([{ table: "jobs", name: "Job", rows: 9, columns: [{ name: "mood", type: "public.mood" }] }])
    const tables = discovered.catalog.tables.map((table) => ({
      ...table,
      columns: table.columns.map((each) => ({ ...each, typeClass: "other" as const, enumLabels: [] }))
    }))
    const [found] = buildOntology({ ...discovered, catalog: { ...discovered.catalog, tables } }).entities
    expect(found?.columns.map((each) => each.values)).toEqual([null])
  })
  it("values that could not be read are among the notes", () => {
    const discovered = made([{ table: "jobs", name: "Job", rows: 9, columns: [{ name: "memo", type: "text" }] }])
    const profiles = discovered.profiles.map((profile) => ({
      ...profile,
      columns: profile.columns.map((each) => ({ ...each, garbled: 2 }))
    }))
    expect(buildOntology({ ...discovered, profiles }).entities[0]?.notes).toEqual([
      "Values of memo are left out where their bytes are no text."
    ])
  })
  it("the values of a code mean what the comment says", () => {
    const built = buildOntology(
      made([
        {
          table: "jobs",
          name: "Job",
          rows: 100,
          columns: [
            { name: "id", type: "integer" },
            { name: "state_code", type: "text", comment: "A = active, I = idle", profile: values({ A: 60, I: 40 }) }
          ]
        }
      ])
    )
    expect(built.entities[0]?.columns[1]?.values?.map(({ label }) => label)).toEqual(["active", "idle"])
  })
  it("the unit is said where the comment says it, and nowhere else", () => {
    expect(column("products", "weight").unit).toBe("kilograms")
    expect(column("orders", "total_amount").unit).toBeNull()
  })
  it("the share of empty values is there", () => {
    expect(column("orders", "shipped_at").nullShare).toBe(0.1)
  })
  it("a lookup list says what is in it", () => {
    expect(column("tags", "name").values?.map(({ value }) => value)).toEqual(["new", "old", "red", "blue"])
  })
  it("personal data says why, and none of its values is quoted anywhere", () => {
    expect(column("customers", "email")).toMatchObject({ personalData: true, personalDataReason: "an e-mail address" })
    expect(column("customers", "last_name")).toMatchObject({ personalData: true })
    expect(column("customers", "birth_date")).toMatchObject({ personalData: true })
    expect(column("products", "name").personalData).toBe(false)
    expect(JSON.stringify(ontology)).not.toContain("ada@example.org")
    expect(JSON.stringify(ontology)).not.toContain("1941-03-02")
  })
})

describe("entities", () => {
  it("are described by what their rows really have: not what is never filled, nor what nothing is found for", () => {
    const column = (name: string, nulls = 0) => ({ name, type: "integer", nullable: true, profile: { nulls } })
    const other = (name: string) => ({ table: name, name, rows: 9, columns: [column("id")] })
    const trip = {
      table: "trip",
      name: "Trip",
      rows: 100,
      columns: [column("id"), column("boat"), column("guide", 10), column("gone", 100), column("lost"), column("part")]
    }
    const built = buildOntology(
      made(
        [trip, other("Boat"), other("Guide"), other("Gone"), other("Lost"), other("Part")],
        [
          { from: ["trip", "boat"], to: ["Boat", "id"] },
          { from: ["trip", "guide"], to: ["Guide", "id"] },
          { from: ["trip", "gone"], to: ["Gone", "id"] },
          { from: ["trip", "lost"], to: ["Lost", "id"], orphanRows: 100 },
          { from: ["trip", "part"], to: ["Part", "id"], orphanRows: 7 }
        ]
      )
    )
    expect(built.entities.find(({ table }) => table === "trip")?.description).toBe(
      "100 trips, each with a Boat, some with a Guide and a Part."
    )
  })
  it("relations are said in both directions, with the join", () => {
    expect(entity("orders").relations).toEqual([
      "Each Order has one Customer (orders.customer_id → customers.id).",
      "Each Order has any number of Order Lines (order_lines.order_id → orders.id)."
    ])
  })
  it("a link table makes its two ends many to many", () => {
    expect(entity("tags").relations).toEqual([
      "Tags and Products: many to many, through product_tags (product_tags.tag_id → tags.id)."
    ])
  })
  it("a technical table has no place among the entities, and a reason", () => {
    expect(ontology.entities.map(({ table }) => table)).not.toContain("old_backup")
    expect(ontology.otherTables).toEqual([{ schema: "public", table: "old_backup", reason: "made up as technical" }])
  })
})

describe("domain", () => {
  it("every table of the second tier is in exactly one business domain, and knows which", () => {
    const placed = ontology.domain.businessDomains.flatMap(({ name, tables }) =>
      tables.map(({ table }) => [table, name])
    )
    expect(placed.toSorted()).toEqual(ontology.entities.map(({ table, domain }) => [table, domain]).toSorted())
  })
  it("tables that refer to each other are together, those that nothing links stand alone", () => {
    const id = { name: "id", type: "integer" }
    const table = (name: string, ...more: ReadonlyArray<string>) => ({
      table: name,
      name,
      rows: 10,
      columns: [id, ...more.map((column) => ({ name: column, type: "integer" }))]
    })
    const { domain } = buildOntology(
      made(
        [table("author"), table("book", "author_id"), table("engine"), table("wheel", "engine_id"), table("moon")],
        [
          { from: ["book", "author_id"], to: ["author", "id"] },
          { from: ["wheel", "engine_id"], to: ["engine", "id"] }
        ]
      )
    )
    expect(domain.businessDomains.map(({ tables }) => tables.map(({ table }) => table).toSorted())).toEqual([
      ["author", "book"],
      ["engine", "wheel"],
      ["moon"]
    ])
    expect(domain.businessDomains.at(-1)?.name).toBe("Other Tables")
  })
  it("a domain is called after tables that have rows", () => {
    const table = (name: string, rows: number, ...columns: ReadonlyArray<string>) => ({
      table: name,
      name,
      rows,
      columns: ["id", ...columns].map((column) => ({ name: column, type: "integer" }))
    })
    const { domain } = buildOntology(
      made(
        [table("plan", 0), table("payer", 5, "plan_id"), table("claim", 90, "payer_id", "plan_id")],
        [
          { from: ["payer", "plan_id"], to: ["plan", "id"] },
          { from: ["claim", "plan_id"], to: ["plan", "id"] },
          { from: ["claim", "payer_id"], to: ["payer", "id"] }
        ]
      )
    )
    expect(domain.businessDomains.map(({ name }) => name)).toEqual(["payers"])
  })
  it("the summary says what there is, how much, and of which time", () => {
    expect(ontology.domain.summary).toContain(
      "7 tables with 39,747 rows: 4 entities, 1 lookup list, 1 link table and 1 technical table."
    )
    expect(ontology.domain.summary).toContain("The dates of Orders (ordered at) run from 2022-01-01 to 2023-12-31.")
  })
  it("an edge says whether a row can do without", () => {
    expect(ontology.domain.relationships.map(({ from, optional }) => [from.table, optional])).toContainEqual([
      "orders",
      false
    ])
  })
})
