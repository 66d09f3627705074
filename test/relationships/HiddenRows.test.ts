import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Table } from "../../src/datasource/Catalog.ts"
import * as Datasource from "../../src/datasource/Datasource.ts"
import { inference } from "../../src/relationships/inference/Inference.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { datasourceOf, loginOf } from "../datasource/datasourceOf.ts"

/** What is decided about `orders.customer_id`, where policies show the login 10 of 40 customers. */
const relationshipOf = (login: string, foreignKey: string, change: (table: Table) => Table = (table) => table) =>
  Effect.gen(function* () {
    const { sql, url } = yield* datasourceOf(`
      CREATE TABLE customers (customer_id int PRIMARY KEY, area int);
      CREATE TABLE orders (order_id int PRIMARY KEY, customer_id int NOT NULL ${foreignKey});
      INSERT INTO customers SELECT i, i % 4 FROM generate_series(1, 40) i;
      INSERT INTO orders SELECT i, 1 + i % 40 FROM generate_series(1, 400) i;
      ALTER TABLE customers ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON customers FOR SELECT USING (area = 1)`)
    const reader = yield* loginOf(sql, url, login)
    yield* sql.unsafe(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${login}`)
    const datasource = yield* Datasource.make({ url: reader })
    const read = yield* datasource.catalog()
    const catalog = { ...read, tables: read.tables.map(change) }
    const profiles = yield* Effect.forEach(catalog.tables, (table) => datasource.profile(table))
    const from = { schema: "public", table: "orders", columns: ["customer_id"] }
    const to = { ...from, table: "customers" }
    const inclusion = yield* datasource.inclusion(from, to)
    expect(inclusion.orphanRows).toBe(300)
    const { conclude } = atOnce(inference({ catalog, profiles, foundKeys: new Map() }))
    const [found] = atOnce(conclude([{ from, to, probe: { tried: 40, found: 10 }, inclusion }]))
    return found
  })

describe("a reference into a table of which policies hide rows", () => {
  it.scopedLive("has no orphans where the server has validated its key: they refer to hidden rows", () =>
    Effect.gen(function* () {
      const found = yield* relationshipOf("hidden_rows_one", "REFERENCES customers")
      expect(found).toMatchObject({ status: "accepted", cardinality: "N:1" })
      expect(found?.evidence.inclusion).toMatchObject({
        rows: 100,
        orphanRows: 0,
        orphans: [],
        distinct: 10,
        matched: 10
      })
      expect(found?.evidence.reasons).toEqual([
        "it is declared as a foreign key",
        "300 of 400 rows refer to rows of customers that row-level security hides from this login"
      ])
    })
  )

  it.scopedLive("is not known to have orphans where its key is not validated", () =>
    Effect.gen(function* () {
      const found = yield* relationshipOf("hidden_rows_two", "REFERENCES customers", (table) => ({
        ...table,
        foreignKeys: table.foreignKeys.map((key) => ({ ...key, unvalidated: true }))
      }))
      expect(found?.evidence.inclusion?.orphanRows).toBe(0)
      expect(found?.evidence.reasons[1]).toMatch(/may refer to hidden ones/)
    })
  )

  it.scopedLive("has orphans where no policy applies to this login", () =>
    Effect.gen(function* () {
      const found = yield* relationshipOf("hidden_rows_three", "REFERENCES customers", (table) => ({
        ...table,
        rowSecurity: false
      }))
      expect(found?.evidence.inclusion?.orphanRows).toBe(300)
      expect(found?.evidence.reasons[1]).toBe("300 of 400 rows have no counterpart all the same")
    })
  )
})
