import { expect, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import * as Datasource from "../../../src/datasource/Datasource.ts"
import { context } from "../../../src/ontology/context/Context.ts"
import * as TestDatabase from "../../fixtures/TestDatabase.ts"
import { made, type MadeColumn, type MadeReference, type MadeTable, values } from "../shop.ts"
import { pageOf } from "./pageOf.ts"

const id = { name: "id", type: "integer" } as const
const between = (name: string, type: string, minimum: number, maximum: number): MadeColumn => ({
  name,
  type,
  profile: { distinct: 20, minimum: String(minimum), maximum: String(maximum) }
})

/** The page of tables that are made by `ddl` and look like `tables`. */
const page = (ddl: string, tables: ReadonlyArray<MadeTable>, references: ReadonlyArray<MadeReference> = []) =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const sql = yield* TestDatabase.connect(url)
    yield* sql.unsafe(ddl)
    const datasource = yield* Datasource.make({ url })
    return Either.getOrThrow(context({ context: yield* pageOf(made(tables, references), datasource) }))?.text ?? ""
  })

it.live("the context page says which columns are sums of others in their row, and of which lines", () =>
  Effect.gen(function* () {
    const text = yield* page(
      `CREATE TABLE bills (id int PRIMARY KEY, net_cents int, tax_cents int, total_cents int);
       INSERT INTO bills SELECT n, n * 30, n * 6, n * 36 FROM generate_series(1, 40) n;
       CREATE TABLE bill_lines (id int PRIMARY KEY, bill_id int, quantity int, unit_price numeric, amount_cents int);
       INSERT INTO bill_lines SELECT n, 1 + n % 40, 1, 7, (1 + n % 40) * 10 FROM generate_series(0, 119) n;`,
      [
        {
          table: "bills",
          name: "Bill",
          rows: 40,
          columns: [
            id,
            between("net_cents", "integer", 30, 1200),
            between("tax_cents", "integer", 6, 240),
            between("total_cents", "integer", 36, 1440)
          ]
        },
        {
          table: "bill_lines",
          name: "Bill Line",
          rows: 120,
          columns: [
            id,
            { name: "bill_id", type: "integer", profile: { distinct: 40 } },
            between("quantity", "integer", 1, 5),
            between("unit_price", "numeric(10,2)", 7, 9),
            between("amount_cents", "integer", 10, 400)
          ]
        }
      ],
      [{ from: ["bill_lines", "bill_id"], to: ["bills", "id"] }]
    )
    expect(text).toContain(
      "Computed in the row, checked: `bills.total_cents = net_cents + tax_cents`. Sum one of them."
    )
    expect(text).toContain("bills.net_cents = `sum(amount_cents)` over its rows of `bill_lines` in all 40")
    // What the totals are made of is stored: a formula by name would say another figure.
    expect(text).toContain("amount cents 24600: `sum(l.amount_cents) FROM bill_lines l`")
    expect(text).not.toContain("formula by name")
  }).pipe(Effect.scoped)
)

it.live("the context page calls quantity × cost a cost, and a quantity ordered one", () =>
  Effect.gen(function* () {
    const text = yield* page(
      `CREATE TABLE moves (id int PRIMARY KEY, order_qty int, actual_cost numeric);
       INSERT INTO moves SELECT n, 2, 3 FROM generate_series(1, 40) n;`,
      [
        {
          table: "moves",
          name: "Move",
          rows: 40,
          columns: [id, between("order_qty", "integer", 2, 90), between("actual_cost", "numeric(10,2)", 3, 9)]
        }
      ]
    )
    expect(text).toContain("- cost 240: `sum(m.actual_cost * m.order_qty) FROM moves m`")
  }).pipe(Effect.scoped)
)

it.live("the context page names the table of figures that have one name", () =>
  Effect.gen(function* () {
    const tables = ["lakes", "rivers"]
    const text = yield* page(
      tables
        .map(
          (name) =>
            `CREATE TABLE ${name} (id int, area numeric); INSERT INTO ${name} SELECT n, 2 FROM generate_series(1, 40) n;`
        )
        .join(""),
      tables.map((table) => ({
        table,
        name: table === "lakes" ? "Lake" : "River",
        rows: 40,
        columns: [id, between("area", "numeric", 2, 9)]
      }))
    )
    expect(text).toContain("- lake: area 80: `sum(l.area) FROM lakes l`")
    expect(text).toContain("- river: area 80: `sum(r.area) FROM rivers r`")
  }).pipe(Effect.scoped)
)

it.live(
  "the context page warns of currencies and units that differ, of versions, and of tables that repeat another",
  () =>
    Effect.gen(function* () {
      const columns: ReadonlyArray<MadeColumn> = [
        id,
        { name: "currency", type: "text", profile: values({ EUR: 30, CHF: 10 }) },
        between("amount_cents", "integer", 100, 900),
        { name: "status", type: "text", profile: values({ open: 20, failed: 20 }) }
      ]
      const copy = "LIKE charges); INSERT INTO"
      const text = yield* page(
        `CREATE TABLE charges (id int PRIMARY KEY, currency text, amount_cents int, status text);
       INSERT INTO charges SELECT n, 'EUR', 100, CASE n % 2 WHEN 0 THEN 'open' ELSE 'failed' END FROM generate_series(1, 40) n;
       CREATE TABLE charges_archive (${copy} charges_archive SELECT * FROM charges WHERE id < 21;
       CREATE TABLE charges_2019 (${copy} charges_2019 SELECT id + 100, currency, amount_cents, status FROM charges;
       CREATE TABLE plan_prices (id int PRIMARY KEY, amount_cents int, valid_from date, valid_to date);
       INSERT INTO plan_prices SELECT n, n, '2020-01-01', CASE WHEN n > 8 THEN date '2021-01-01' END FROM generate_series(1, 20) n;
       CREATE TABLE parcels (id int PRIMARY KEY, weight numeric, weight_unit text);
       INSERT INTO parcels SELECT n, n, 'kg' FROM generate_series(1, 40) n;`,
        [
          { table: "charges", name: "Charge", rows: 40, columns },
          { table: "charges_archive", name: "Charge Archive", rows: 20, key: [], columns },
          { table: "charges_2019", name: "Charge 2019", rows: 40, key: [], columns },
          {
            table: "plan_prices",
            name: "Plan Price",
            rows: 20,
            columns: [
              id,
              between("amount_cents", "integer", 1, 20),
              { name: "valid_from", type: "date", profile: { minimum: "2020-01-01", maximum: "2020-01-01" } },
              { name: "valid_to", type: "date", profile: { minimum: "2021-01-01", maximum: "2021-01-01", nulls: 8 } }
            ]
          },
          {
            table: "parcels",
            name: "Parcel",
            rows: 40,
            columns: [
              id,
              between("weight", "numeric", 1, 40),
              { name: "weight_unit", type: "text", profile: values({ kg: 30, g: 10 }) }
            ]
          }
        ]
      )
      expect(text).toContain("In several currencies or units, as these say: charges.currency ('EUR', 'CHF')")
      expect(text).toContain("parcels.weight_unit ('kg', 'g')")
      expect(text).toContain(
        "charges_archive has the columns of charges, and 20 of its 20 rows are there too, by id: never add both"
      )
      expect(text).toContain(
        "charges_2019 has the columns of charges, and none of its 40 rows is there: UNION ALL for all of them"
      )
      expect(text).toContain("Current rows, not history: `plan_prices.valid_to IS NULL` (8 of 20).")
      expect(text).toMatch(/ {2}amount_cents int 1…20;? ?(?!adds up)/)
      expect(text).toContain("`status = 'failed'` in charges (20 of 40)")
    }).pipe(Effect.scoped)
)

it.live("the context page lists the keys of JSON documents, unless they are data themselves", () =>
  Effect.gen(function* () {
    const json = (name: string): MadeColumn => ({ name, type: "jsonb", profile: { distinct: null } })
    const text = yield* page(
      `CREATE TABLE visits (id int PRIMARY KEY, properties jsonb, by_day jsonb, empty jsonb, uses jsonb);
       INSERT INTO visits SELECT n, CASE n % 3 WHEN 0 THEN '[1]' WHEN 1 THEN '{"browser": "a"}' ELSE '{"duration_ms": 3}' END::jsonb,
         jsonb_build_object('d' || n, 1), '"text"', jsonb_build_object('tok_' || md5((n % 4)::text), 1) FROM generate_series(1, 40) n;`,
      [
        {
          table: "visits",
          name: "Visit",
          rows: 40,
          columns: [id, json("properties"), json("by_day"), json("empty"), json("uses")]
        }
      ]
    )
    expect(text).toContain("  properties jsonb; keys 'browser', 'duration_ms'")
    expect(text).toContain("  + by_day, empty, uses jsonb")
  }).pipe(Effect.scoped)
)

it.live(
  "the context page lists the codes that JSON documents hold, but no names, texts that hardly repeat, or numbers",
  () =>
    Effect.gen(function* () {
      const json = (name: string, type = "jsonb"): MadeColumn => ({ name, type, profile: { distinct: null } })
      const text = yield* page(
        `CREATE TABLE devices (id int PRIMARY KEY, meta jsonb, state json);
       INSERT INTO devices SELECT n, jsonb_build_object('mode', CASE n % 3 WHEN 0 THEN 'it''s off' ELSE 'on' END, 'firmware', 'v' || n,
         'level', n % 2, 'value', CASE n % 2 WHEN 0 THEN 'hunter2' ELSE 'dark' END, 'city', CASE n % 2 WHEN 0 THEN 'Ulm' ELSE 'Rom' END, 'surname', CASE n % 2 WHEN 0 THEN 'Huber' ELSE 'Maier' END),
         json_build_object('alarm', CASE n % 2 WHEN 0 THEN 'red' ELSE 'none' END) FROM generate_series(1, 40) n;`,
        [{ table: "devices", name: "Device", rows: 40, columns: [id, json("meta"), json("state", "json")] }]
      )
      expect(text).toContain(
        "keys 'city' ('Rom', 'Ulm'), 'firmware', 'level', 'mode' ('it''s off', 'on'), 'surname', 'value'"
      )
      expect(text).toContain("state json; keys 'alarm' ('none', 'red')")
      expect(text).not.toMatch(/Huber|hunter2/)
    }).pipe(Effect.scoped)
)
