import { describe, expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { create, SAMPLE_DATABASE } from "../../src/sample/SampleDatabase.ts"
import { connect, drop, onServer, serverUrl } from "../fixtures/TestDatabase.ts"

/** Columns whose foreign key nobody declared, with what they refer to. */
const UNDECLARED = [
  "addresses.country_code -> countries.country_code",
  "suppliers.country_code -> countries.country_code",
  "customers.referred_by -> customers.customer_id",
  "bikes.home_shop -> shops.shop_id",
  "rentals.pickup_shop -> shops.shop_id",
  "rentals.return_shop -> shops.shop_id",
  "rentals.handled_by -> employees.emp_id",
  "rental_items.bike_id -> bikes.bike_id",
  "svc_orders.bike_id -> bikes.bike_id",
  "svc_orders.mechanic_id -> employees.emp_id",
  "svc_order_lines.part_no -> parts.part_no",
  "web_order_lines.part_no -> parts.part_no",
  "web_orders.bill_to_address -> addresses.address_id",
  "web_orders.shipped_to_address -> addresses.address_id",
  "warranty_claims.svc_order_id,line_no -> svc_order_lines.svc_order_id,line_no"
]

const parse = (key: string) => {
  const [from, to] = key.split(" -> ").map((side) => side.split("."))
  return { table: from?.[0] ?? "", columns: from?.[1] ?? "", target: to?.[0] ?? "", targetColumns: to?.[1] ?? "" }
}

const sample = Effect.map(Effect.flatMap(serverUrl, create), ({ url }) => url)
const inSample = Effect.flatMap(sample, connect)

describe("The sample database", () => {
  it.live("is made where it is missing, once, however many ask for it", () =>
    Effect.gen(function* () {
      yield* drop(SAMPLE_DATABASE)
      const server = yield* serverUrl
      const made = yield* Effect.all([create(server), create(server), create(server)], { concurrency: "unbounded" })
      expect(made.filter(({ created }) => created)).toHaveLength(1)
      expect((yield* create(server)).created).toBe(false)
    })
  )

  it.live("is made anew where it is another version's, and never where it is not ours", () =>
    Effect.gen(function* () {
      const server = yield* serverUrl
      yield* sample
      const mark = (text: string) =>
        onServer((sql) => sql.unsafe(`COMMENT ON DATABASE ${SAMPLE_DATABASE} IS '${text}'`))
      yield* mark("workflow-infra sample, version 0")
      expect((yield* create(server)).created).toBe(true)
      yield* mark("The books of a bike shop")
      expect((yield* Effect.flip(create(server))).message).toContain("it is not ours")
      yield* drop(SAMPLE_DATABASE)
    })
  )

  it.live("cannot be made where the login may not: one line says so", () =>
    Effect.gen(function* () {
      yield* drop(SAMPLE_DATABASE)
      const login = new URL(Redacted.value(yield* serverUrl))
      yield* onServer((sql) =>
        sql.unsafe("DROP ROLE IF EXISTS sample_nobody; CREATE ROLE sample_nobody LOGIN PASSWORD 'hunter2'")
      )
      login.username = "sample_nobody"
      login.password = "hunter2"
      const error = yield* Effect.flip(create(Redacted.make(login.href)))
      expect(error.message).toBe(
        "cannot make the sample database bike_shop_sample: permission denied to create database"
      )
      yield* onServer((sql) => sql`DROP ROLE sample_nobody`)
    })
  )

  it.scopedLive("has 20 tables with some seventy thousand rows, none of them empty, and figures about each", () =>
    Effect.gen(function* () {
      const sql = yield* inSample
      const tables = yield* sql<{ table: string; rows: number }>`
        SELECT relname AS table, reltuples::int AS rows FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`
      expect(tables).toHaveLength(20)
      expect(tables.filter(({ rows }) => rows <= 0)).toEqual([])
      const rows = tables.reduce((sum, table) => sum + table.rows, 0)
      expect(rows).toBeGreaterThan(60_000)
      expect(rows).toBeLessThan(90_000)
    })
  )

  it.scopedLive("leaves foreign keys undeclared that hold nevertheless", () =>
    Effect.gen(function* () {
      const sql = yield* inSample
      for (const key of UNDECLARED) {
        const { columns, table, target, targetColumns } = parse(key)
        const [row] = yield* sql.unsafe<{ rows: number; orphans: number; declared: number }>(
          `SELECT count(*)::int AS rows, (SELECT count(*)::int FROM pg_constraint
             WHERE contype = 'f' AND conrelid = '${table}'::regclass AND confrelid = '${target}'::regclass
               AND (SELECT string_agg(attname, ',' ORDER BY n) FROM unnest(conkey) WITH ORDINALITY k(c, n)
                 JOIN pg_attribute ON attrelid = conrelid AND attnum = c) = '${columns}') AS declared,
             count(*) FILTER (WHERE (${columns}) NOT IN (SELECT ${targetColumns} FROM ${target}))::int AS orphans
           FROM ${table} WHERE (${columns}) IS NOT NULL`
        )
        expect({ key, orphans: row?.orphans, declared: row?.declared }).toEqual({ key, orphans: 0, declared: 0 })
        expect(row?.rows).toBeGreaterThan(15)
      }
    })
  )

  it.scopedLive("keeps a few web orders of customers who are gone, and payments of three kinds of things", () =>
    Effect.gen(function* () {
      const sql = yield* inSample
      const [orders] = yield* sql<{ orphans: number; rows: number }>`
        SELECT count(*)::int AS rows, count(*) FILTER (WHERE customer_id NOT IN (SELECT customer_id FROM customers))::int AS orphans
        FROM web_orders`
      expect(orders?.orphans).toBeGreaterThan(5)
      expect(orders?.orphans).toBeLessThan((orders?.rows ?? 0) / 50)
      const payments = yield* sql`
        SELECT DISTINCT source_type FROM payments p WHERE NOT EXISTS (
          SELECT FROM rentals WHERE source_type = 'rental' AND rental_id = source_id UNION ALL
          SELECT FROM svc_orders WHERE source_type = 'svc_order' AND svc_order_id = source_id UNION ALL
          SELECT FROM web_orders WHERE source_type = 'web_order' AND order_id = source_id)`
      expect(payments).toEqual([])
    })
  )

  it.scopedLive("is plausible: things end after they begin, and sums are sums", () =>
    Effect.gen(function* () {
      const sql = yield* inSample
      const [wrong] = yield* sql<Record<string, number>>`SELECT
        (SELECT count(*)::int FROM rentals WHERE ended_at <= started_at OR started_at < booked_at OR due_at <= booked_at) AS rentals,
        (SELECT count(*)::int FROM rentals r WHERE total_amt - late_fee <>
          (SELECT sum(amount) FROM rental_items i WHERE i.rental_id = r.rental_id)) AS totals,
        (SELECT count(*)::int FROM rentals JOIN customers USING (customer_id) WHERE booked_at < created_at) AS strangers,
        (SELECT count(*)::int FROM svc_orders WHERE finished_at <= received_at) AS services,
        (SELECT count(*)::int FROM web_orders WHERE shipped_at <= ordered_at OR delivered_at <= shipped_at) AS orders,
        (SELECT count(*)::int FROM employees WHERE left_on <= hired_on) AS employees,
        (SELECT count(*)::int FROM bikes WHERE retired_on <= bought_on) AS bikes,
        (SELECT count(*)::int FROM rental_items i JOIN rentals r USING (rental_id) JOIN rental_items j USING (bike_id)
          JOIN rentals s ON s.rental_id = j.rental_id AND s.rental_id > r.rental_id
          WHERE s.started_at < r.ended_at AND r.started_at < s.ended_at) AS twice`
      expect(wrong).toEqual({
        rentals: 0,
        totals: 0,
        strangers: 0,
        services: 0,
        orders: 0,
        employees: 0,
        bikes: 0,
        twice: 0
      })
    })
  )
})
