import { expect, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import * as Datasource from "../../../src/datasource/Datasource.ts"
import { context } from "../../../src/ontology/context/Context.ts"
import * as TestDatabase from "../../fixtures/TestDatabase.ts"
import { made, values } from "../shop.ts"
import { pageOf } from "./pageOf.ts"

const TABLES = `
  CREATE TABLE regions (id integer PRIMARY KEY, name text);
  INSERT INTO regions VALUES (1, 'North'), (2, 'South');
  CREATE TABLE products (id integer PRIMARY KEY, unit_price numeric);
  INSERT INTO products SELECT n, 10 FROM generate_series(1, 10) n;
  CREATE TABLE orders (id integer PRIMARY KEY, region_id integer, order_date date, total numeric, freight real);
  INSERT INTO orders SELECT n, 1 + n % 2, date '2024-01-01' + n, 24, 0.1 FROM generate_series(1, 40) n;
  CREATE TABLE order_lines (id integer PRIMARY KEY, order_id integer, product_id integer, unit_price numeric, quantity integer);
  INSERT INTO order_lines SELECT n, 1 + n % 40, 1 + n % 10, 12, 1 FROM generate_series(1, 80) n;
  CREATE TABLE jobs (person_id integer, start_date date, end_date date, PRIMARY KEY (person_id, start_date));
  CREATE TABLE persons (id integer PRIMARY KEY);
  INSERT INTO persons SELECT n FROM generate_series(1, 12) n;
  INSERT INTO jobs SELECT n, '2020-01-01', '2021-01-01' FROM generate_series(1, 12) n;
  INSERT INTO jobs SELECT n, '2021-01-01', '9999-12-31' FROM generate_series(1, 5) n;
  CREATE TABLE refunds (id int PRIMARY KEY, order_id int);
  INSERT INTO refunds SELECT i, 1 + i % 5 FROM generate_series(1, 10) i;
`

const id = { name: "id", type: "integer" } as const

const discovered = made(
  [
    {
      table: "regions",
      name: "Region",
      rows: 2,
      verdict: "lookup",
      columns: [id, { name: "name", type: "text", profile: values({ North: 1, South: 1 }) }]
    },
    {
      table: "products",
      name: "Product",
      rows: 10,
      columns: [id, { name: "unit_price", type: "numeric", profile: { distinct: 2, minimum: "10", maximum: "11" } }]
    },
    {
      table: "orders",
      name: "Order",
      rows: 40,
      columns: [
        id,
        { name: "region_id", type: "integer", profile: { distinct: 2 } },
        { name: "order_date", type: "date", profile: { minimum: "2024-01-02", maximum: "2024-02-10" } },
        { name: "total", type: "numeric(10,2)", profile: { distinct: 2, minimum: "24", maximum: "25" } },
        { name: "freight", type: "real", profile: values({ "0.1": 40 }) }
      ]
    },
    {
      table: "order_lines",
      name: "Order Line",
      rows: 80,
      columns: [
        id,
        { name: "order_id", type: "integer", profile: { distinct: 40 } },
        { name: "product_id", type: "integer", profile: { distinct: 10 } },
        { name: "unit_price", type: "numeric", profile: { distinct: 2, minimum: "12", maximum: "13" } },
        { name: "quantity", type: "integer", profile: { distinct: 2, minimum: "1", maximum: "2" } }
      ]
    },
    {
      table: "refunds",
      name: "Refund",
      rows: 10,
      columns: [id, { name: "order_id", type: "integer", profile: { distinct: 5 } }]
    },
    { table: "persons", name: "Person", rows: 12, columns: [id] },
    {
      table: "jobs",
      name: "Job",
      rows: 17,
      key: ["person_id", "start_date"],
      columns: [
        { name: "person_id", type: "integer", profile: { distinct: 12 } },
        { name: "start_date", type: "date", profile: { minimum: "2020-01-01", maximum: "2021-01-01" } },
        { name: "end_date", type: "date", profile: { minimum: "2021-01-01", maximum: "9999-12-31" } }
      ]
    }
  ],
  [
    { from: ["orders", "region_id"], to: ["regions", "id"] },
    { from: ["order_lines", "order_id"], to: ["orders", "id"] },
    { from: ["order_lines", "product_id"], to: ["products", "id"] },
    { from: ["refunds", "order_id"], to: ["orders", "id"] },
    { from: ["jobs", "person_id"], to: ["persons", "id"] }
  ]
)

it.live("the context page says the wrong result beside the right one, as the database computes them", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const sql = yield* TestDatabase.connect(url)
    yield* sql.unsafe(TABLES)
    const datasource = yield* Datasource.make({ url })
    const page = yield* pageOf(discovered, datasource)
    const text = Either.getOrThrow(context({ context: page }))?.text ?? ""

    expect(text).toContain('"Now" is 2024-02-10, the last orders.order_date')
    expect(text).toContain("`freight = 0.1` finds 0 rows, `freight::numeric = 0.1` 40.")
    expect(text).toContain("orders.total = `sum(unit_price * quantity)` over its rows of `order_lines` in all 40")
    expect(text).toContain(
      "The price paid is order_lines.unit_price (by name); products.unit_price differs in 80 of 80 rows."
    )
    expect(text).toContain("orders JOIN order_lines repeats a row up to 2 times: sum of total becomes 1920, not 960.")
    // Five orders have two refunds each, the others none: they stay, and the sum is too large by what is repeated alone.
    expect(text).toContain("orders LEFT JOIN refunds repeats a row up to 2 times: sum of total becomes 1080, not 960.")
    expect(text).toContain("`jobs.end_date = '9999-12-31'` (5 of 17, one per person_id at most)")
    expect(text).toContain(
      "revenue 960: `sum(l.unit_price * l.quantity) FROM order_lines l` (checked against the stored total)"
    )
    expect(text).toContain("  name text 1 = 'North', 2 = 'South'")
    expect(text).toContain("  order_id -> orders.id (2…2)")
    expect(text).toContain("  person_id -> persons.id (1…2); key")
  }).pipe(Effect.scoped)
)
