import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { identify, type IdentificationInput } from "../../src/entities/Identification.ts"
import { sketch, type TableSketch } from "./schema.ts"
import { atOnce } from "../../src/steps/Steps.ts"

const identified = (input: IdentificationInput) => atOnce(identify(input))

const shop: Record<string, TableSketch> = {
  customers: { columns: ["id serial", "full_name text", "email text"], key: ["id"] },
  addresses: { columns: ["id serial", "street text", "city text", "country_code text"], key: ["id"] },
  countries: { columns: ["code text", "name text"], key: ["code"], rows: 200 },
  order_statuses: { columns: ["id int", "name text"], key: ["id"], rows: 5 },
  orders: {
    columns: [
      "id serial",
      "customer_id int",
      "status_id int",
      "shipping_address_id int",
      "billing_address_id int",
      "total numeric",
      "created_at timestamp"
    ],
    key: ["id"],
    references: [
      "customer_id -> customers.id",
      "status_id -> order_statuses.id",
      "shipping_address_id -> addresses.id",
      "billing_address_id -> addresses.id"
    ]
  },
  tbl_ord_lines: {
    columns: ["order_id int", "line_no int", "product_id int", "qty int", "unit_price numeric"],
    key: ["order_id", "line_no"],
    references: ["order_id -> orders.id", "product_id -> products.id"]
  },
  products: { columns: ["id serial", "name text", "price numeric"], key: ["id"] },
  tags: { columns: ["id serial", "label text"], key: ["id"], rows: 30 },
  product_tags: {
    columns: ["product_id int", "tag_id int", "position int"],
    key: ["product_id", "tag_id"],
    references: ["product_id -> products.id", "tag_id -> tags.id"],
    rows: 100
  },
  languages: { columns: ["id int", "name text"], key: ["id"], rows: 8 },
  product_texts: {
    columns: ["product_id int", "language_id int", "title text", "description text"],
    key: ["product_id", "language_id"],
    references: ["product_id -> products.id", "language_id -> languages.id"]
  },
  employees: {
    columns: ["id serial", "name text", "manager_id int"],
    key: ["id"],
    references: ["manager_id -> employees.id"]
  },
  login_audit: { columns: ["id serial", "user_name text", "at timestamp"], key: ["id"] },
  events: { columns: ["id serial", "title text", "starts_at timestamp"], key: ["id"] },
  products_bak: { columns: ["id int", "name text", "price numeric"] },
  stg_import: { columns: ["line text"] },
  schema_migrations: { columns: ["version text"], key: ["version"] },
  spare: { columns: ["a int", "b text"], rows: 0 },
  order_overview: { columns: ["order_id int", "customer_name text"], kind: "view" }
}

const entities = identified(sketch(shop))
const entity = (table: string, all = entities) => {
  const found = all.find((each) => each.table === table)
  if (found === undefined) throw new Error(`no verdict on ${table}`)
  return found
}
const verdict = (table: string) => entity(table).verdict

describe("identification", () => {
  it("has a verdict with a reason, a name and a description for every table", () => {
    expect(entities.map(({ table }) => table)).toEqual(Object.keys(shop).sort())
    for (const { description, name, reason } of entities) {
      expect(name).not.toBe("")
      expect(reason).toMatch(/^\p{Lu}.*\.$/u)
      expect(description).toMatch(/\.$/)
      expect(description.length).toBeGreaterThan(name.length)
    }
  })

  it("takes tables with attributes of their own for entities, whatever they refer to", () => {
    for (const table of ["customers", "orders", "addresses", "tbl_ord_lines", "products", "employees"]) {
      expect(verdict(table)).toBe("entity")
    }
  })

  it("takes a short list of named values that others refer to for a lookup", () => {
    expect(verdict("order_statuses")).toBe("lookup")
    expect(verdict("tags")).toBe("lookup")
    expect(entity("order_statuses").reason).toBe("It is a short list (5 rows) of named values that Order refers to.")
  })

  it("takes a table of nothing but references for a link, an order of them included", () => {
    expect(verdict("product_tags")).toBe("link")
    expect(entity("product_tags").reason).toBe("Besides references (to Product and Tag) it only holds position.")
  })

  it("takes texts in several languages for part of what they are about", () => {
    expect(verdict("product_texts")).toBe("link")
    expect(entity("product_texts").reason).toBe("It holds nothing but texts of Product, a row for each language.")
  })

  it("takes a table of references that others refer to for an entity", () => {
    const stock = identified(
      sketch({
        films: { columns: ["id serial", "title text"], key: ["id"] },
        stores: { columns: ["id serial", "name text"], key: ["id"] },
        copies: {
          columns: ["id serial", "film_id int", "store_id int"],
          key: ["id"],
          references: ["film_id -> films.id", "store_id -> stores.id"]
        },
        rentals: {
          columns: ["id serial", "copy_id int", "at timestamp"],
          key: ["id"],
          references: ["copy_id -> copies.id"]
        }
      })
    )
    expect(entity("copies", stock).verdict).toBe("entity")
  })

  it("tells logs from events people plan", () => {
    expect(verdict("login_audit")).toBe("log")
    expect(verdict("events")).toBe("entity")
  })

  it("takes accounts of what happens to things for no log", () => {
    const all = identified(
      sketch({
        journal_entries: { columns: ["id serial", "booked_at timestamp", "amount numeric"], key: ["id"] },
        job_history: {
          columns: ["employee_id int", "started_on timestamp", "ended_on timestamp", "job text"],
          key: ["employee_id", "started_on"]
        },
        user_events: { columns: ["id serial", "event_type text", "at timestamp"], key: ["id"] },
        sport_events: { columns: ["id serial", "venue text", "starts_at timestamp"], key: ["id"] }
      })
    )
    expect(all.map(({ table, verdict }) => [table, verdict])).toEqual([
      ["job_history", "entity"],
      ["journal_entries", "entity"],
      ["sport_events", "entity"],
      ["user_events", "log"]
    ])
  })

  it("does not take a stage for staging, nor an import of goods for one of data", () => {
    for (const table of ["project_stage", "import_declarations", "body_temperatures"]) {
      const [found] = identified(sketch({ [table]: { columns: ["id serial", "label text"], key: ["id"] } }))
      expect(found?.verdict).toBe("entity")
    }
  })

  it("tells things of one name in two schemas apart by their schemas", () => {
    const { catalog, profiles } = sketch({ customers: { columns: ["id serial", "name text"], key: ["id"] } })
    const inSchema = (schema: string) => catalog.tables.map((table) => ({ ...table, schema }))
    const all = identified({ catalog: { ...catalog, tables: [...inSchema("sales"), ...inSchema("hr")] }, profiles })
    expect(all.map(({ aliases, name }) => [name, aliases])).toEqual([
      ["HR Customer", ["Customer"]],
      ["Sales Customer", ["Customer"]]
    ])
  })

  it("sets plumbing aside: copies, staging, migrations, views", () => {
    for (const table of ["products_bak", "stg_import", "schema_migrations", "order_overview"]) {
      expect(verdict(table)).toBe("technical")
    }
    expect(entity("products_bak").reason).toContain("public.products")
  })

  it("calls a table empty only where nothing speaks for it", () => {
    expect(verdict("spare")).toBe("empty")
    const planned = identified(
      sketch({
        customers: { columns: ["id serial", "name text"], key: ["id"] },
        visits: { columns: ["visit_no int", "customer_id int", "note text"], rows: 0 }
      })
    )
    expect(entity("visits", planned).verdict).toBe("entity")
  })

  it("names things as people do", () => {
    expect(entity("tbl_ord_lines").name).toBe("Order Line")
    expect(entity("tbl_ord_lines").aliases).toEqual(["Ord Line"])
    expect(entity("order_statuses").aliases).toEqual(["Status"])
  })

  it("finds every column that refers to a thing, with its role", () => {
    expect(entity("addresses").occurrences).toEqual([
      { schema: "public", table: "orders", column: "billing_address_id", role: "billing", confidence: 1 },
      { schema: "public", table: "orders", column: "shipping_address_id", role: "shipping", confidence: 1 }
    ])
    expect(entity("employees").occurrences).toEqual([
      { schema: "public", table: "employees", column: "manager_id", role: "manager", confidence: 1 }
    ])
  })

  it("describes what a row is, what it refers to and what refers to it", () => {
    expect(entity("tbl_ord_lines").description).toBe(
      "1,000 order lines, told apart by Order and line number, each with a Product."
    )
    expect(entity("addresses").description).toBe("1,000 addresses, probably with a Country, referred to by Order.")
  })

  it("quotes a comment, and calls a thing as a short comment does", () => {
    const [customer] = identified(
      sketch({ cust: { columns: ["id serial", "name text"], key: ["id"], comment: "Paying Clients" } })
    )
    expect(customer?.name).toBe("Customer")
    expect(customer?.aliases).toContain("Paying Client")
    expect(customer?.description).toMatch(/^"Paying Clients": 1,000 customers/)
  })

  it("prefers a declared key, then a unique column, then what was found in the data", () => {
    expect(entity("tbl_ord_lines")).toMatchObject({ keyColumns: ["order_id", "line_no"], keyDeclared: true })
    const bare = sketch({
      customers: { columns: ["id serial", "name text"] },
      ratings: { columns: ["customer_no int", "film_no int", "stars int"] }
    })
    const found = identified({ ...bare, keys: new Map([["public.ratings", ["customer_no", "film_no"]]]) })
    expect(entity("customers", found)).toMatchObject({ keyColumns: ["id"], keyDeclared: false })
    expect(entity("ratings", found)).toMatchObject({ keyColumns: ["customer_no", "film_no"], keyDeclared: false })
    expect(entity("ratings", identified(bare)).keyColumns).toEqual([])
  })

  it("reads references from names where none are declared, less surely, and each column's best only", () => {
    const bare = identified(
      sketch(Object.fromEntries(Object.entries(shop).map(([table, each]) => [table, { ...each, references: [] }])))
    )
    const [billing, shipping] = entity("addresses", bare).occurrences
    expect([billing?.column, billing?.role]).toEqual(["billing_address_id", "billing"])
    expect(shipping?.confidence).toBeLessThan(1)
    expect(entity("product_tags", bare).verdict).toBe("link")
    expect(entity("customers", bare).occurrences.map(({ column }) => column)).toEqual(["customer_id"])
    expect(entity("customers", bare).description).not.toContain("referred to by")
  })

  it("does not take a table's own id for a reference to a table that is called alike", () => {
    const all = identified(
      sketch({
        territories: { columns: ["territory_id serial", "name text"] },
        employee_territories: { columns: ["territory_id int", "employee_id int"] },
        employees: { columns: ["employee_id serial", "first_name text"] }
      })
    )
    expect(entity("employee_territories", all)).toMatchObject({ verdict: "link", occurrences: [] })
    expect(entity("territories", all).occurrences.map(({ table }) => table)).toEqual(["employee_territories"])
  })

  it("believes references that have been decided, and no others", () => {
    const decided = identified({
      ...sketch(shop),
      references: [
        {
          from: { schema: "public", table: "login_audit", columns: ["user_name"] },
          to: { schema: "public", table: "customers", columns: ["email"] },
          confidence: 0.8
        }
      ]
    })
    expect(entity("customers", decided).occurrences).toEqual([
      { schema: "public", table: "login_audit", column: "user_name", role: "user name", confidence: 0.8 }
    ])
    expect(entity("addresses", decided).occurrences).toEqual([])
  })

  it("goes by names where a table could not be read", () => {
    const { catalog } = sketch(shop)
    const [address] = identified({ catalog: { ...catalog, tables: catalog.tables.slice(1, 2) }, profiles: [] })
    expect(address).toMatchObject({ name: "Address", verdict: "entity", rows: 0, sampled: true })
    expect(address?.description).toMatch(/^A table of addresses/)
  })

  it.prop(
    "does not depend on the order in which the catalog lists tables",
    { order: fc.shuffledSubarray(Object.keys(shop), { minLength: Object.keys(shop).length }) },
    ({ order }) => {
      const { catalog, profiles } = sketch(shop)
      const place = (table: string) => order.indexOf(table)
      const tables = [...catalog.tables].sort((a, b) => place(a.table) - place(b.table))
      const shuffled = [...profiles].sort((a, b) => place(a.table) - place(b.table))
      expect(JSON.stringify(identified({ catalog: { ...catalog, tables }, profiles: shuffled }))).toBe(
        JSON.stringify(entities)
      )
    }
  )
})
