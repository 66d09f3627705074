import type { Compared } from "../../src/datasource/Inclusion.ts"
import { describe, expect, it } from "@effect/vitest"
import { buildOntology } from "../../src/ontology/Build.ts"
import type { Table } from "../../src/datasource/Catalog.ts"
import type { Discovered } from "../../src/ontology/Discovered.ts"
import { toMarkdown } from "../../src/ontology/Markdown.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { changed, made, type MadeReference, type MadeTable } from "./shop.ts"

const tables = (rows: number) => [
  { table: "customers", name: "Customer", rows: 500, columns: [{ name: "id", type: "integer" }] },
  {
    table: "orders",
    name: "Order",
    rows,
    columns: [
      { name: "id", type: "integer" },
      { name: "customer_id", type: "integer", comment: "Who pays." }
    ]
  }
]
const reference: MadeReference = { from: ["orders", "customer_id"], to: ["customers", "id"] }
const relations = (discovered: Discovered, table: string) =>
  buildOntology(discovered).entities.find((each) => each.table === table)?.relations

describe("relations in words", () => {
  it("has one only where no row lacks a counterpart", () => {
    expect(relations(made(tables(900), [reference]), "orders")?.[0]).toMatch(/^Each Order has one Customer/)
    const orphans = made(tables(900), [{ ...reference, orphanRows: 3 }])
    expect(relations(orphans, "orders")?.[0]).toMatch(/^Each Order has at most one Customer/)
    expect(buildOntology(orphans).domain.relationships[0]?.optional).toBe(true)
  })

  it("has at most one where rows of either side may be hidden, or another key than this one is validated", () => {
    const found = made(tables(900), [reference])
    const changed = (table: string, change: Partial<Table>) => ({
      ...found,
      catalog: {
        ...found.catalog,
        tables: found.catalog.tables.map((each) => (each.table === table ? { ...each, ...change } : each))
      }
    })
    const hidden = { partsNotRead: [{ schema: "public", table: "part", reason: "locked" }] }
    for (const table of ["orders", "customers"]) {
      expect(relations(changed(table, { rowSecurity: true }), "orders")?.[0]).toMatch(/^Each Order has at most one/)
      expect(relations(changed(table, hidden), "orders")?.[0]).toMatch(/^Each Order has at most one/)
    }
    const key = (table: string) => ({
      rowSecurity: true,
      foreignKeys: [{ name: "fk", columns: ["customer_id"], target: { schema: "public", table, columns: ["id"] } }]
    })
    expect(relations(changed("orders", key("customers")), "orders")?.[0]).toMatch(/^Each Order has one Customer/)
    expect(relations(changed("orders", key("people")), "orders")?.[0]).toMatch(/^Each Order has at most one/)
  })

  it("has at most one of what refers to it by a unique column, also where that matches several", () => {
    const found = made(tables(900), [reference])
    const of = (cardinality: "1:1" | "1:N" | "N:1" | "N:M") =>
      relations({ ...found, relationships: found.relationships.map((each) => ({ ...each, cardinality })) }, "customers")
    expect(of("1:1")?.[0]).toMatch(/^Each Customer has at most one Order so far \(/)
    expect(of("1:N")?.[0]).toMatch(/^Each Customer has at most one Order so far \(/)
    const key = { name: "orders_key", columns: ["customer_id"], primary: false }
    const keyed = {
      ...found,
      catalog: {
        ...found.catalog,
        tables: found.catalog.tables.map((each) => (each.table === "orders" ? { ...each, keys: [key] } : each))
      },
      relationships: found.relationships.map((each) => ({ ...each, cardinality: "1:1" as const }))
    }
    expect(relations(keyed, "customers")?.[0]).toMatch(/^Each Customer has at most one Order \(/)
    expect(of("N:1")?.[0]).toMatch(/^Each Customer has any number of Orders/)
    expect(of("N:M")?.[0]).toMatch(/^Each Customer has any number of Orders/)
  })

  it("of a table that was not read are those that names say, and never that it has no rows", () => {
    const found = made(tables(900), [{ ...reference, status: "needs_review" }])
    const unseen = {
      ...found,
      entities: found.entities.map((each) => (each.table === "orders" ? { ...each, rows: 0, sampled: true } : each)),
      relationships: found.relationships.map((each) => ({ ...each, evidence: { ...each.evidence, inclusion: null } }))
    }
    for (const table of ["orders", "customers"]) {
      expect(relations(unseen, table)?.[0]).toContain("the rows to see it by were not read")
    }
  })

  it("say how texts are compared that may not all be numbers or UUIDs", () => {
    const keyed = changed(made(tables(900), [reference]), "customers", { columns: { id: { type: "uuid" } } })
    const compared = (as: Compared, found = made(tables(900), [reference])) =>
      relations({ ...found, relationships: found.relationships.map((each) => ({ ...each, compared: as })) }, "orders")
    expect(compared("as whole numbers")?.[0]).toContain("(CAST(orders.customer_id AS bigint) → customers.id)")
    expect(compared("as whole numbers, where they are some")?.[0]).toContain(
      "(CAST(substring(orders.customer_id FROM '^ *([+-]?[0-9]{1,18})([.]0+)? *$') AS bigint) → customers.id)"
    )
    expect(compared("as uuids", keyed)?.[0]).toContain("(CAST(orders.customer_id AS uuid) → customers.id)")
  })

  it("say of a target that was read in part that one row was seen there, unless a key says so", () => {
    const found = made(tables(900), [reference])
    const sampled = changed(found, "customers", { entity: { sampled: true } })
    const keyless = changed(sampled, "customers", { catalog: { keys: [] } })
    expect(relations(sampled, "orders")?.[0]).toMatch(/^Each Order has one Customer/)
    expect(relations(keyless, "orders")?.[0]).toBe(
      "An Order refers to a Customer, one in a sample of the Customers (orders.customer_id → customers.id)."
    )
    expect(atOnce(toMarkdown(buildOntology(keyless)))).toContain("→ `customers.id`, one in a sample.")
  })

  it("cast texts to a type that holds the numbers they are compared with", () => {
    const cast = (type: string) => {
      const found = changed(made(tables(900), [reference]), "customers", { columns: { id: { type } } })
      const as = {
        ...found,
        relationships: found.relationships.map((each) => ({ ...each, compared: "as whole numbers" as const }))
      }
      return buildOntology(as).domain.relationships[0]?.cast
    }
    expect(["smallint", "integer", "bigint", "numeric(30,0)", "uuid"].map(cast)).toEqual([
      "bigint",
      "bigint",
      "bigint",
      "numeric",
      "uuid"
    ])
    const numeric = changed(made(tables(900), [reference]), "customers", { columns: { id: { type: "numeric" } } })
    const [join] = relations(
      {
        ...numeric,
        relationships: numeric.relationships.map((each) => ({ ...each, compared: "as whole numbers" as const }))
      },
      "orders"
    ) ?? [""]
    expect(join).toContain("(CAST(orders.customer_id AS numeric) → customers.id)")
  })

  it("of a table without rows are those that names say, and its comments are told", () => {
    const found = made(tables(0), [{ ...reference, status: "needs_review" }])
    const open = {
      ...found,
      relationships: found.relationships.map((each) => ({ ...each, evidence: { ...each.evidence, inclusion: null } }))
    }
    expect(relations(open, "orders")).toEqual([
      "By name, an Order refers to a Customer (orders.customer_id → customers.id); there are no rows to see it by."
    ])
    expect(relations(open, "customers")).toEqual([
      "By name, Orders refer to it (orders.customer_id → customers.id); there are no rows to see it by."
    ])
    expect(atOnce(toMarkdown(buildOntology(open)))).toContain("`customer_id` integer (Who pays.)")
  })
})

describe("a table whose key is made of references", () => {
  const columns = (names: ReadonlyArray<string>) => names.map((name) => ({ name, type: "integer" }))
  const pairsOf = (link: Partial<MadeTable>, references: ReadonlyArray<MadeReference> = []) =>
    made(
      [
        { table: "users", name: "User", rows: 100, columns: columns(["id"]) },
        { table: "tags", name: "Tag", rows: 12, columns: columns(["id"]) },
        {
          table: "user_tags",
          name: "User Tag",
          rows: 300,
          key: ["user_id", "tag_id"],
          columns: columns(["id", "user_id", "tag_id", "added_by", "weight"]),
          ...link
        }
      ],
      [
        { from: ["user_tags", "user_id"], to: ["users", "id"] },
        { from: ["user_tags", "tag_id"], to: ["tags", "id"] },
        { from: ["user_tags", "added_by"], to: ["users", "id"] },
        ...references
      ]
    )
  const text = (discovered: Discovered) => atOnce(toMarkdown(buildOntology(discovered)))

  it("pairs them in every file, whatever else it holds", () => {
    const found = pairsOf({})
    expect(relations(found, "users")).toEqual([
      "Each User has any number of User Tags (added by: user_tags.added_by → users.id).",
      "Users and Tags: many to many, through user_tags (user_tags.user_id → users.id).",
      "Each User has any number of User Tags (user_tags.user_id → users.id)."
    ])
    expect(relations(found, "tags")).toContain(
      "Tags and Users: many to many, through user_tags (user_tags.tag_id → tags.id)."
    )
    expect(text(found)).toContain("`user_tags` · key `user_id` and `tag_id` · many to many: Tags and Users")
  })

  it("pairs them also by a unique key beside its own, with a column more, and as a link", () => {
    const unique = [{ name: "u", columns: ["user_id", "tag_id"], primary: false }]
    const beside = changed(pairsOf({ key: ["id"] }), "user_tags", {
      catalog: { keys: [{ name: "p", columns: ["id"], primary: true }, ...unique] }
    })
    expect(text(beside)).toContain("many to many: Tags and Users")
    expect(text(pairsOf({ key: ["user_id", "tag_id", "weight"] }))).toContain("many to many: Tags and Users")
    expect(text(pairsOf({ key: [], verdict: "link" }))).toContain("many to many: Users and Tags")
    expect(text(pairsOf({ key: ["user_id", "added_by"] }))).toContain("many to many: Users among each other")
  })

  it("pairs nothing where one reference is unique, or only one is in the key", () => {
    const found = pairsOf({})
    const unique = {
      ...found,
      relationships: found.relationships.map((each) =>
        each.from.columns[0] === "user_id" ? { ...each, cardinality: "1:1" as const } : each
      )
    }
    expect(text(unique)).not.toContain("many to many")
    expect(text(pairsOf({ key: ["user_id", "weight"] }))).not.toContain("many to many")
    expect(text(pairsOf({ key: ["id"] }))).not.toContain("many to many")
  })
})
