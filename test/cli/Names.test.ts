import { describe, expect, it } from "@effect/vitest"
import { Either } from "effect"
import { columnNamed, columnsNamed, written } from "../../src/cli/Names.ts"
import type { Catalog, Table } from "../../src/datasource/Catalog.ts"

const tableOf = (schema: string, table: string, ...columns: ReadonlyArray<string>): Table => ({
  schema,
  table,
  kind: "table",
  comment: null,
  estimatedRows: 1,
  columns: columns.map((name, i) => ({
    name,
    position: i + 1,
    type: "integer",
    typeClass: "integer",
    nullable: false,
    sequence: false,
    enumLabels: null,
    comment: null
  })),
  keys: [],
  foreignKeys: [],
  indexes: []
})

const catalog: Catalog = {
  database: "shop",
  serverVersion: "17",
  skipped: [],
  tables: [tableOf("public", "orders", "id", "customer_id"), tableOf("old", "orders", "id"), tableOf("old", "a.b", "C")]
}

describe("The column to explain", () => {
  const named = (text: string) => Either.mapLeft(columnNamed(catalog, text), ({ message }) => message)

  it("is named with its table, with or without the schema, in any case", () => {
    const column = { schema: "public", table: "orders", column: "customer_id" }
    expect(named("orders.customer_id")).toEqual(Either.right(column))
    expect(named("Public.Orders.Customer_ID")).toEqual(Either.right(column))
    expect(named("a.b.C")).toEqual(Either.right({ schema: "old", table: "a.b", column: "C" }))
  })

  it("must be there, and be the only one", () => {
    expect(named("orders.id")).toEqual(Either.left("orders.id may be public.orders.id or old.orders.id"))
    expect(named("warehouses")).toEqual(
      Either.left("there is no column warehouses among those that are read: write table.column or schema.table.column")
    )
  })

  it("has names beside it in an error that are like what was written", () => {
    expect(named("public.orders.idd")).toEqual(
      Either.left("there is no column public.orders.idd among those that are read: the nearest is public.orders.id")
    )
  })
})

describe("Several columns", () => {
  const set = (text: string) => Either.mapLeft(columnsNamed(catalog, text), ({ message }) => message)

  it("are of one table, separated by commas", () => {
    expect(set("public.orders.id")).toEqual(Either.right({ schema: "public", table: "orders", columns: ["id"] }))
    const both = { schema: "public", table: "orders", columns: ["id", "customer_id"] }
    expect(set("public.orders.id, Customer_ID")).toEqual(Either.right(both))
    expect(written(both)).toBe("orders.id,customer_id")
    expect(Either.isLeft(set("public.orders.id,nothing"))).toBe(true)
  })
})
