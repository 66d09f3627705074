import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { inference } from "../../../src/relationships/inference/Inference.ts"
import type { Relationship } from "../../../src/relationships/Relationship.ts"
import { atOnce } from "../../../src/steps/Steps.ts"
import { described, ends, infer, numbers, of, picked, type TestTable } from "../schema.ts"

const customerIds = numbers(60, 11, 7)
const addressIds = numbers(90, 1000, 3)
const orderIds = numbers(200, 5, 9)

const CUSTOMERS: TestTable = {
  name: "customers",
  key: ["id"],
  columns: { id: customerIds, name: customerIds.map((id) => `Name ${id}`) }
}
const ADDRESSES: TestTable = {
  name: "addresses",
  key: ["id"],
  columns: { id: addressIds, customer_id: picked(customerIds, 90), street: addressIds.map((id) => `Street ${id}`) }
}
const ORDERS: TestTable = {
  name: "orders",
  key: ["id"],
  columns: {
    id: orderIds,
    customer_id: picked(customerIds, 200),
    shipping_address_id: picked(addressIds, 200),
    quantity: picked(numbers(40), 200)
  }
}
const SHOP = [CUSTOMERS, ADDRESSES, ORDERS]
const SHOP_RELATIONSHIPS = [
  "addresses(customer_id) customers(id)",
  "orders(customer_id) customers(id)",
  "orders(shipping_address_id) addresses(id)"
]

const withoutKey = ({ columns, name }: TestTable): TestTable => ({ name, columns })

describe("the inference of relationships", () => {
  it("finds references by name and value, roles included", () => {
    expect(of(infer(SHOP), "accepted")).toEqual(SHOP_RELATIONSHIPS)
  })

  it("stays in its own schema where that has a table of the name, and asks which of several copies is meant", () => {
    const classes = (schema: string, count: number): TestTable => ({
      name: "class",
      schema,
      key: ["class_id"],
      columns: { class_id: numbers(count), room: numbers(count).map((n) => `room ${n}`) }
    })
    const pupil: TestTable = {
      name: "pupil",
      schema: "school",
      key: ["pupil_id"],
      columns: { pupil_id: numbers(100), class_id: picked(numbers(9), 100) }
    }
    const found = infer([classes("hr", 9), classes("school", 30), pupil])
    expect(found.filter(({ status }) => status === "accepted").map(({ to }) => to.schema)).toEqual(["school"])

    const shop = (schema: string): ReadonlyArray<TestTable> => [
      { ...CUSTOMERS, schema },
      { ...ADDRESSES, schema },
      { ...ORDERS, schema }
    ]
    const archived: TestTable = {
      name: "old_calls",
      schema: "archive",
      key: ["id"],
      columns: { id: numbers(80), customer_id: picked(customerIds, 80) }
    }
    const shops = infer([...shop("shop_1"), ...shop("shop_2"), ...shop("shop_3"), archived])
    const outside = shops.filter(({ from, to }) => from.schema === "archive" && to.table === "customers")
    expect(outside.map(({ status }) => status)).toEqual(["needs_review"])
    expect(of(shops, "accepted")).toEqual(SHOP_RELATIONSHIPS)
  })

  it("finds a key of UUIDs in texts that are such", () => {
    const uuids = numbers(60).map((n) => `0000000a-0000-4000-8000-${String(n).padStart(12, "0")}`)
    const devices: TestTable = {
      name: "devices",
      key: ["id"],
      also: { id: { type: "uuid", typeClass: "uuid" } },
      columns: { id: uuids, label: uuids.map((_, i) => `device ${i}`) }
    }
    const readings: TestTable = {
      name: "readings",
      key: ["id"],
      columns: { id: numbers(150), device_id: picked(uuids, 150) }
    }
    expect(infer([devices, readings]).find((each) => ends(each) === "readings(device_id) devices(id)")).toMatchObject({
      status: "accepted",
      compared: expect.stringMatching(/^as uuids/)
    })
  })

  it("casts no text to a number where another key of the table has the text as it is", () => {
    const ids = numbers(300)
    const codes = ids.map(String)
    const items: TestTable = {
      name: "item",
      key: ["item_id"],
      uniques: [["code"]],
      columns: { item_id: ids, code: codes, nm: ids.map((id) => `item ${id}`) }
    }
    const lines: TestTable = {
      name: "line",
      key: ["line_id"],
      columns: { line_id: numbers(900), item_id: picked(ids, 900), item_code: picked(codes, 900) }
    }
    expect(of(infer([items, lines]), "accepted")).toEqual(["line(item_code) item(code)", "line(item_id) item(item_id)"])
  })

  it("finds a key of whole numbers in texts that are such numbers, and says how they are compared", () => {
    const calls: TestTable = {
      name: "calls",
      key: ["id"],
      columns: { id: numbers(150), customer_id: picked(customerIds, 150).map(String) }
    }
    const found = infer([CUSTOMERS, calls]).find((each) => ends(each) === "calls(customer_id) customers(id)")
    expect(found).toMatchObject({ status: "accepted", compared: "as whole numbers", cardinality: "N:1" })
    expect(found?.evidence.reasons.join()).toContain("CAST(customer_id AS bigint)")
    const more = picked([...customerIds.map(String), "1000001", "1000002"], 150)
    const odd = infer([CUSTOMERS, { ...calls, columns: { ...calls.columns, customer_id: more } }])
    const unsure = odd.find((each) => ends(each) === "calls(customer_id) customers(id)")
    expect(unsure).toMatchObject({ compared: "as whole numbers, where they are some" })
    expect(unsure?.evidence.reasons.join()).not.toContain("CAST")
    const some = {
      ...calls,
      columns: { ...calls.columns, customer_id: picked(["unknown", ...customerIds.map(String)], 150) }
    }
    expect(of(infer([CUSTOMERS, some]), "accepted")).toEqual([])
  })

  it("says in words why, the weightiest reason first", () => {
    const found = infer(SHOP).find((each) => ends(each) === "orders(customer_id) customers(id)")
    expect(found).toMatchObject({ method: "inferred", decidedBy: "rules", cardinality: "N:1" })
    expect(found?.evidence.reasons[0]).toBe("its name says customers")
    expect(found?.evidence.reasons).toContain('it is named as keys are, "id" at its end')
    expect(found?.confidence).toBeGreaterThan(0.9)
  })

  it("says where a decision rests on sampled values, as the join of all rows failed", () => {
    const { conclude, keeps, probes } = atOnce(inference(described(SHOP)))
    const candidates = probes
      .flatMap(({ pairs }) => pairs)
      .flatMap(({ from, to, values }) => {
        const probe = { tried: values.length, found: from.columns[0] === "customer_id" ? values.length : 0 }
        return keeps({ from, to }, probe) ? [{ from, to, probe, inclusion: null }] : []
      })
    const found = atOnce(conclude(candidates)).find((each) => ends(each) === "orders(customer_id) customers(id)")
    expect(found?.status).toBe("accepted")
    expect(found?.evidence.reasons).toContain("no join was made, or it failed: 60 of 60 sampled values are there")
  })

  it("finds the same without any declared key", () => {
    const bare = SHOP.map(withoutKey)
    expect(of(infer(bare), "accepted")).toEqual(SHOP_RELATIONSHIPS)
  })

  it("takes the key that has all values, where the name says another as well that lacks some", () => {
    const everybody = numbers(14, 101, 2)
    const users = everybody.slice(0, 9)
    const known: TestTable = {
      name: "userinfo",
      key: ["userinfoid"],
      columns: { userinfoid: everybody, surname: everybody.map((id) => `Surname ${id}`) }
    }
    const accounts: TestTable = {
      name: "users",
      key: ["userid"],
      columns: { userid: users, username: users.map((id) => `user${id}`), password: users.map((id) => `secret${id}`) }
    }
    const things = ["wards", "dashboards", "reports"].map((name, i): TestTable => ({
      name,
      key: ["id"],
      columns: {
        id: numbers(10, 400 * (i + 1), 3),
        userid: picked([...users.slice(i, i + 7), ...everybody.slice(9 + i, 10 + i)], 10)
      }
    }))
    expect(of(infer([known, accounts, ...things]), "accepted")).toEqual(
      ["dashboards", "reports", "users", "wards"].map((table) => `${table}(userid) userinfo(userinfoid)`)
    )
  })

  it("does not ask about columns of fractions whose names say nothing, whatever they hold", () => {
    const fraction = { type: "double precision", typeClass: "number" } as const
    const shelves: TestTable = { name: "shelves", key: ["shelf_id"], columns: { shelf_id: numbers(60) } }
    const readings: TestTable = {
      name: "readings",
      key: ["reading_id"],
      columns: { reading_id: numbers(60), shelf_id: numbers(60), f: numbers(60), g: picked(numbers(60), 60) },
      also: { f: fraction, g: { type: "numeric(12,2)", typeClass: "number" } }
    }
    const boxes: TestTable = {
      name: "boxes",
      key: ["id"],
      columns: { id: numbers(60), reading_id: numbers(60) }
    }
    const asked = infer([shelves, readings, boxes]).filter(
      ({ from, status }) => status !== "rejected" && ["f", "g"].includes(from.columns.join())
    )
    expect(asked.map(ends)).toEqual([])
  })

  it("takes the one of two tables with the same key whose name its table's begins with, and neither for a kind of the other", () => {
    const counted = (name: string, rows: number): TestTable => ({
      name,
      key: ["voucher_id"],
      also: { voucher_id: { sequence: true } },
      columns: { voucher_id: numbers(rows), title: numbers(rows).map((i) => `${name} ${i}`) }
    })
    const lines = (name: string, rows: number): TestTable => ({
      name: `${name}_lines`,
      key: ["line_no"],
      columns: { line_no: numbers(40), voucher_id: picked(numbers(rows), 40), sortorder: picked(numbers(5), 40) }
    })
    const found = infer([counted("inbound", 17), counted("outbound", 8), lines("inbound", 17), lines("outbound", 8)])
    expect(of(found, "accepted")).toEqual([
      "inbound_lines(voucher_id) inbound(voucher_id)",
      "outbound_lines(voucher_id) outbound(voucher_id)"
    ])
  })

  it("takes a name that only says a place in an order for no table of orders", () => {
    const orders: TestTable = {
      name: "shop_orders",
      key: ["id"],
      columns: { id: numbers(12), placed: numbers(12, 70) }
    }
    const items: TestTable = {
      name: "items",
      key: ["id"],
      columns: { id: numbers(40, 3000), shop_order_id: picked(numbers(12), 40), sortorder: picked(numbers(9), 40) }
    }
    const found = infer([orders, items]).find((each) => ends(each) === "items(sortorder) shop_orders(id)")
    expect(found?.evidence.lines?.map(({ signal }) => signal)).toContain("kinds.order")
  })

  it("asks about empty tables only what their names likely say", () => {
    const drawers: TestTable = { name: "drawers", key: ["id"], columns: { id: [7], title: [40] } }
    const shelves: TestTable = { name: "shelves", key: ["id"], columns: { id: numbers(9), title: numbers(9, 40) } }
    const empty = ["boxes", "files"].map((name): TestTable => ({
      name,
      key: ["id"],
      columns: { id: [], shelf_id: [], drawer: [] }
    }))
    const asked = infer([drawers, shelves, ...empty]).filter(({ status }) => status === "needs_review")
    expect(asked.map(ends)).toEqual(["boxes(shelf_id) shelves(id)", "files(shelf_id) shelves(id)"])
  })

  it("does not take dense ids that overlap for references", () => {
    const dense = (name: string, count: number): TestTable => ({
      name,
      key: ["id"],
      columns: { id: numbers(count), size: picked(numbers(20), count), stars: picked(numbers(5), count) }
    })
    expect(of(infer([dense("planets", 50), dense("recipes", 80), dense("teams", 120)]), "accepted")).toEqual([])
  })

  it("finds a reference that no name says, where every row that it refers to refers back", () => {
    const countries = numbers(40)
    const cities = numbers(400)
    const countryOf = cities.map((city) => ((city * 7) % 40) + 1)
    const seats = countries.map(
      (country) => cities.filter((_, i) => countryOf[i] === country)[(country * 3) % 10] ?? null
    )
    const world = (seat: TestTable["columns"][string]): ReadonlyArray<TestTable> => [
      { name: "country", key: ["id"], columns: { id: countries, seat, founded: picked(cities, 40) } },
      { name: "city", key: ["id"], columns: { id: cities, country_id: countryOf } }
    ]
    const found = infer(world(seats))
    expect(of(found, "accepted")).toEqual(["city(country_id) country(id)", "country(seat) city(id)"])
    expect(found.find((each) => ends(each) === "country(seat) city(id)")?.evidence.reasons[0]).toBe(
      "in every row, what it refers to refers back to the same row by country_id"
    )
    const withOrphan = infer(world([9999, ...seats.slice(1)]))
    expect(of(withOrphan, "accepted")).toContain("country(seat) city(id)")
  })

  it("does not take a declared composite reference for a way there and back", () => {
    const regions = orderIds.map((id) => id % 23)
    const tables: ReadonlyArray<TestTable> = [
      { name: "orders", key: ["id"], columns: { id: orderIds, region: regions } },
      {
        name: "parcels",
        key: ["id"],
        columns: { id: numbers(200, 7000), order_id: orderIds, region: regions },
        foreignKeys: [
          {
            columns: ["order_id", "region"],
            target: { schema: "public", table: "orders", columns: ["id", "region"] }
          }
        ]
      }
    ]
    expect(JSON.stringify(infer(tables))).not.toContain("refers back")
  })

  it("looks a column that would fit every table up only where its name points, however large the schema", () => {
    const words = numbers(100).map(
      (n) => `thing_${"abcdefghij".charAt(n % 10)}${"klmnopqrst".charAt(Math.floor(n / 10) % 10)}`
    )
    const tables = words.map((name, n): TestTable => ({
      name,
      key: ["id"],
      columns: { id: numbers(50), [`${words[(n + 1) % words.length]}_id`]: numbers(50), amount: numbers(50) }
    }))
    const { probes } = atOnce(inference(described(tables)))
    const looked = probes.reduce((sum, { pairs }) => sum + pairs.length, 0)
    expect(looked).toBeGreaterThanOrEqual(tables.length)
    expect(looked).toBeLessThan(10 * tables.length)
  })

  it("and, where no name points anywhere, in the keys that its values fit best", () => {
    const tables = numbers(100).map((n): TestTable => ({
      name: `t${n}`,
      key: ["a"],
      columns: {
        a: numbers(40 + 5 * n),
        b: picked(numbers(40 + 5 * (1 + ((n * 7) % 100))), 400),
        c: numbers(40 + 5 * n)
      }
    }))
    const { probes } = atOnce(inference(described(tables)))
    const pairs = probes.flatMap(({ pairs }) => pairs).map(ends)
    expect(pairs.length).toBeLessThan(25 * 3 * tables.length)
    for (const n of numbers(100)) expect(pairs).toContain(`t${n}(b) t${1 + ((n * 7) % 100)}(a)`)
  })

  it("sees a self-reference where a word says so, and none where nothing does", () => {
    const ids = numbers(40, 100, 3)
    const employees = (column: string): TestTable => ({
      name: "employees",
      key: ["id"],
      columns: { id: ids, [column]: [null, ...picked(ids.slice(0, 8), 39)] }
    })
    expect(of(infer([employees("reports_to")]), "accepted")).toEqual(["employees(reports_to) employees(id)"])
    expect(of(infer([employees("desk")]), "accepted")).toEqual([])
  })

  it("bears some orphans, and counts them", () => {
    const withOrphans = { ...ORDERS.columns, customer_id: [1, 2, 3, ...picked(customerIds, 197)] }
    const found = infer([CUSTOMERS, ADDRESSES, { ...ORDERS, columns: withOrphans }])
    expect(of(found, "accepted")).toEqual(SHOP_RELATIONSHIPS)
    expect(found.find((each) => ends(each) === SHOP_RELATIONSHIPS[1])?.evidence.inclusion).toMatchObject({
      rows: 200,
      orphanRows: 3,
      orphans: ["1", "2", "3"]
    })
  })

  it("accepts declared keys whatever the data say, and leaves what is not declared to a person unless it is sure", () => {
    const target = { schema: "public", table: "customers", columns: ["id"] }
    const declared = { ...ORDERS, foreignKeys: [{ columns: ["customer_id"], target }] }
    const found = infer([CUSTOMERS, ADDRESSES, declared])
    expect(found.find((each) => ends(each) === "orders(customer_id) customers(id)")).toMatchObject({
      status: "accepted",
      confidence: 1,
      method: "foreign_key"
    })
    const points = (all: ReadonlyArray<Relationship>) =>
      all
        .find((each) => ends(each) === "orders(shipping_address_id) addresses(id)")
        ?.evidence.lines?.reduce((sum, { points }) => sum + points, 0)
    expect(points(found)).toBeLessThan(points(infer(SHOP)) ?? 0)
  })

  it("believes an undeclared reference that name and values agree on, though the schema declares others", () => {
    const target = { schema: "public", table: "customers", columns: ["id"] }
    const shopIds = numbers(8)
    const shops: TestTable = { name: "shops", key: ["id"], columns: { id: shopIds } }
    const rentals: TestTable = {
      name: "rentals",
      key: ["id"],
      foreignKeys: [{ columns: ["customer_id"], target }],
      columns: {
        id: orderIds,
        customer_id: picked(customerIds, 200),
        pickup_shop: picked(shopIds, 200),
        days: picked(shopIds, 200)
      }
    }
    const found = infer([CUSTOMERS, shops, rentals])
    expect(of(found, "accepted")).toEqual(["rentals(customer_id) customers(id)", "rentals(pickup_shop) shops(id)"])
    const pickup = found.find((each) => ends(each) === "rentals(pickup_shop) shops(id)")
    expect(pickup?.evidence.reasons).toContain("all its 8 values are in shops.id")
  })

  it("knows that who does something, or did it, is somebody", () => {
    const staffIds = numbers(30, 100, 4)
    const people: TestTable = {
      name: "personnel",
      key: ["id"],
      columns: {
        id: staffIds,
        first_name: staffIds.map((id) => `First ${id}`),
        last_name: staffIds.map((id) => `Last ${id}`)
      }
    }
    const repairs: TestTable = {
      name: "repairs",
      key: ["id"],
      columns: { id: orderIds, mechanic_id: picked(staffIds, 200), approved_by: picked(staffIds, 200) }
    }
    expect(of(infer([people, repairs, CUSTOMERS]), "accepted")).toEqual([
      "repairs(approved_by) personnel(id)",
      "repairs(mechanic_id) personnel(id)"
    ])
  })

  it("does not take numbers that say how many for references", () => {
    const players: TestTable = { name: "players", key: ["id"], columns: { id: numbers(12) } }
    const games = (column: string): TestTable => ({
      name: "games",
      key: ["id"],
      columns: { id: orderIds, [column]: picked(numbers(4), 200) }
    })
    const confidence = (column: string) =>
      infer([players, games(column)]).find(({ from }) => from.columns[0] === column)?.confidence ?? 0
    expect(confidence("players")).toBeLessThan(confidence("player") / 2)
  })

  it("finds a named reference whose few orphan rows have many values", () => {
    const colours: TestTable = { name: "colours", key: ["id"], columns: { id: numbers(9) } }
    const colour = [...picked(numbers(9), 760), ...numbers(40, 1000)]
    const things: TestTable = {
      name: "things",
      key: ["id"],
      columns: { id: numbers(800, 50, 3), colour_id: colour }
    }
    expect(of(infer([colours, things, ...SHOP]), "accepted")).toContain("things(colour_id) colours(id)")
  })

  it("takes columns that refer together as one composite reference", () => {
    const lines = orderIds.flatMap((order, i) => numbers(1 + (i % 3)).map((line) => ({ order, line })))
    const tables: ReadonlyArray<TestTable> = [
      { name: "orders", key: ["id"], columns: { id: orderIds } },
      {
        name: "order_lines",
        key: ["order_id", "line_no"],
        columns: { order_id: lines.map(({ order }) => order), line_no: lines.map(({ line }) => line) }
      },
      {
        name: "deliveries",
        key: ["id"],
        columns: {
          id: numbers(100, 7, 5),
          order_id: lines.slice(0, 100).map(({ order }) => order),
          line_no: lines.slice(0, 100).map(({ line }) => line)
        }
      }
    ]
    const together = "deliveries(order_id,line_no) order_lines(order_id,line_no)"
    const accepted = of(infer(tables), "accepted")
    expect(accepted).toContain(together)
    expect(accepted).toContain("order_lines(order_id) orders(id)")
    // Its name says orders in full: that is true as well, whatever follows from the other.
    expect(accepted).toContain("deliveries(order_id) orders(id)")

    const undeclared = tables.map(withoutKey)
    const found = new Map([["public.order_lines", ["order_id", "line_no"]]])
    expect(of(infer(undeclared, found), "accepted")).toContain(together)
  })

  it("sees that a table with the same key is a kind of another, by the end of its name", () => {
    const pairs = numbers(60).map((i) => ({ group: `g${i % 11}`, called: `t${i}` }))
    const triggers = (name: string, some: typeof pairs): TestTable => ({
      name,
      key: ["trigger_name", "trigger_group"],
      columns: {
        trigger_name: some.map(({ called }) => called),
        trigger_group: some.map(({ group }) => group),
        note: some.map((_, i) => `${name} ${i}`)
      }
    })
    const some = pairs.filter((_, i) => i % 2 === 0)
    expect(of(infer([triggers("triggers", pairs), triggers("cron_triggers", some)]), "accepted")).toContain(
      "cron_triggers(trigger_name,trigger_group) triggers(trigger_name,trigger_group)"
    )
  })

  it("sees both sides of a link table, whose references lie inside its key", () => {
    const links: TestTable = {
      name: "customers_addresses",
      key: ["customer_id", "address_id"],
      columns: { customer_id: picked(customerIds, 60), address_id: picked(addressIds, 60) }
    }
    expect(of(infer([CUSTOMERS, ADDRESSES, links]), "accepted")).toEqual([
      "addresses(customer_id) customers(id)",
      "customers_addresses(address_id) addresses(id)",
      "customers_addresses(customer_id) customers(id)"
    ])
  })

  it("sees a subtype, whose key is the key of what it is a kind of", () => {
    const persons: TestTable = {
      name: "persons",
      key: ["person_id"],
      columns: { person_id: customerIds, name: customerIds.map((id) => `Name ${id}`) }
    }
    const pilots: TestTable = {
      name: "pilots",
      key: ["person_id"],
      columns: { person_id: customerIds.slice(5, 30), licence: numbers(25).map((id) => `L${id}`) }
    }
    const found = infer([persons, pilots])
    expect(of(found, "accepted")).toEqual(["pilots(person_id) persons(person_id)"])
    expect(found.find(({ status }) => status === "accepted")?.cardinality).toBe("1:1")
  })

  it("leaves what only names say about empty tables to a person", () => {
    const empty: TestTable = { name: "returns", key: ["id"], columns: { id: [], customer_id: [], order_id: [] } }
    const found = infer([...SHOP, empty])
    expect(of(found, "accepted")).toEqual(SHOP_RELATIONSHIPS)
    expect(of(found, "needs_review")).toEqual(
      expect.arrayContaining(["returns(customer_id) customers(id)", "returns(order_id) orders(id)"])
    )
  })

  it("means the table of its own schema, where every schema has one of that name, however others of its name refer", () => {
    const roles = (schema: string, count: number): TestTable => ({
      schema,
      name: "role",
      key: ["id"],
      columns: { id: numbers(count), title: numbers(count).map((id) => `${schema} ${id}`) }
    })
    const members = (schema: string, name: string, count: number): TestTable => ({
      schema,
      name,
      key: ["id"],
      columns: { id: numbers(60, 1000), role_id: picked(numbers(count), 60) }
    })
    const found = infer([
      roles("choir", 6),
      members("choir", "singer", 6),
      members("choir", "guest", 5),
      roles("band", 5),
      members("band", "fiddler", 5)
    ]).filter(({ status }) => status === "accepted")
    expect(found.map(({ from, to }) => `${from.schema}.${from.table} ${to.schema}.${to.table}`)).toEqual([
      "band.fiddler band.role",
      "choir.guest choir.role",
      "choir.singer choir.role"
    ])
  })

  it("does not take what a table inherits for a reference to where it comes from", () => {
    const changes: TestTable = {
      name: "change",
      columns: { change_id: numbers(90, 500, 3), customer_id: picked(customerIds, 90) }
    }
    const renames: TestTable = {
      name: "rename_change",
      key: ["change_id"],
      columns: { change_id: numbers(40, 500, 3), customer_id: picked(customerIds, 40), former: numbers(40).map(String) }
    }
    const { catalog, ...rest } = described([CUSTOMERS, changes, renames])
    const inheriting = (isPart: boolean) => ({
      ...rest,
      catalog: {
        ...catalog,
        tables: catalog.tables.map((table) =>
          table.table === "change" && isPart
            ? { ...table, parts: [{ schema: "public", table: "rename_change" }] }
            : table
        )
      }
    })
    const looked = (isPart: boolean) =>
      atOnce(inference(inheriting(isPart)))
        .probes.flatMap(({ pairs }) => pairs.map(ends))
        .filter((each) => each.startsWith("rename_change"))
    expect(looked(false)).toContain("rename_change(change_id) change(change_id)")
    expect(looked(true)).toEqual(["rename_change(customer_id) customers(id)"])
  })

  it("looks across schemas", () => {
    const elsewhere = { ...ORDERS, schema: "sales" }
    const found = infer([CUSTOMERS, ADDRESSES, elsewhere])
    expect(of(found, "accepted")).toHaveLength(3)
    expect(found.find(({ from }) => from.schema === "sales")?.to.schema).toBe("public")
  })

  it("finds a key of texts that are whole numbers, padded or not, in numbers", () => {
    const padded = (width: number) => customerIds.map((id) => String(id).padStart(width, "0"))
    for (const width of [0, 7]) {
      const customers = { name: "customer", key: ["code"], columns: { code: padded(width), label: padded(9) } }
      const orders = {
        name: "orders",
        key: ["id"],
        columns: { id: numbers(150), customer_code: picked(width === 0 ? customerIds : padded(width).map(Number), 150) }
      }
      // The tables of this test are compared as texts: only the name and the kind of the comparison are tested with padding.
      const found = infer([customers, orders]).find((each) => ends(each) === "orders(customer_code) customer(code)")
      expect(found).toMatchObject({ compared: "key as whole numbers" })
    }
  })

  it("finds keys of texts and numbers in arrays that are called as the table, its key, or both", () => {
    const slugs = numbers(40).map((n) => `tag-${(n * 7919) % 1000}`)
    const list = (name: string, elements: "text" | "number", values: ReadonlyArray<string | number>): TestTable => ({
      name: "article",
      key: ["id"],
      also: { [name]: { type: "other[]", typeClass: "other", elements } },
      columns: { id: numbers(90, 3000, 7), [name]: picked(values, 90) }
    })
    const tags: TestTable = { name: "tag", key: ["slug"], columns: { slug: slugs, colour: picked(["red"], 40) } }
    for (const name of ["tags", "slugs", "tag_slugs"])
      expect(of(infer([tags, list(name, "text", slugs)]), "accepted")).toEqual([`article(${name}) tag(slug)`])
    const named = { ...tags, key: ["id"], uniques: [["slug"]], columns: { id: numbers(40), ...tags.columns } }
    expect(of(infer([named, list("tags", "text", slugs)]), "accepted")).toEqual(["article(tags) tag(slug)"])
    const accounts = numbers(40, 4_000_000, 7919)
    const account: TestTable = { name: "account", key: ["number"], columns: { number: accounts, note: slugs } }
    expect(of(infer([account, list("account_numbers", "number", accounts)]), "accepted")).toEqual([
      "article(account_numbers) account(number)"
    ])
  })

  it("finds the key of a calendar by name, and takes no other day for a reference", () => {
    const days = numbers(400).map((n) => new Date(Date.UTC(2020, 0, n)).toISOString().slice(0, 10))
    const day = { type: "date", typeClass: "time" } as const
    const calendar: TestTable = {
      name: "dt",
      key: ["day"],
      also: { day },
      columns: { day: days, is_holiday: picked(["f", "t"], 400) }
    }
    const sales: TestTable = {
      name: "sale",
      key: ["id"],
      also: { day, paid_on: day },
      columns: { id: numbers(300, 7000, 3), day: picked(days, 300), paid_on: picked(days, 300) }
    }
    expect(of(infer([calendar, sales]), "accepted")).toEqual(["sale(day) dt(day)"])
  })

  it("takes keys that both just count up for no reference, where neither is named after its table", () => {
    const values = (name: string): TestTable => ({
      name,
      key: ["value_id"],
      columns: {
        value_id: numbers(200),
        product_id: picked(numbers(60, 1000, 3), 200),
        said: numbers(200).map((n) => `s ${n}`)
      }
    })
    const products: TestTable = {
      name: "product",
      key: ["id"],
      columns: { id: numbers(60, 1000, 3), title: numbers(60).map((n) => `p ${n}`) }
    }
    expect(of(infer([products, values("product_text"), values("product_note")]), "accepted")).toEqual([
      "product_note(product_id) product(id)",
      "product_text(product_id) product(id)"
    ])
  })

  it("finds both ends of the paths of a closure table", () => {
    const ids = numbers(50, 300, 7)
    const tables: ReadonlyArray<TestTable> = [
      { name: "category", key: ["id"], columns: { id: ids, title: ids.map((id) => `c ${id}`) } },
      {
        name: "category_closure",
        key: ["ancestor", "descendant"],
        columns: {
          ancestor: picked(ids, 300),
          descendant: picked(ids.toReversed(), 300),
          depth: picked(numbers(4), 300)
        }
      }
    ]
    expect(of(infer(tables), "accepted")).toEqual([
      "category_closure(ancestor) category(id)",
      "category_closure(descendant) category(id)"
    ])
  })

  it("refers to a parent by inheritance, whose children may repeat its key", () => {
    const { catalog, ...rest } = described([
      { name: "vehicle", columns: { id: [...numbers(60), ...numbers(30)], plate: numbers(90).map((n) => `p ${n}`) } },
      { name: "service", key: ["no"], columns: { no: numbers(200, 900, 3), vehicle_id: picked(numbers(60), 200) } }
    ])
    const looked = (parentKey: ReadonlyArray<string>) =>
      atOnce(
        inference({
          ...rest,
          catalog: {
            ...catalog,
            tables: catalog.tables.map((table) => (table.table === "vehicle" ? { ...table, parentKey } : table))
          }
        })
      ).probes.flatMap(({ pairs }) => pairs.map(ends))
    expect(looked([])).not.toContain("service(vehicle_id) vehicle(id)")
    expect(looked(["id"])).toContain("service(vehicle_id) vehicle(id)")
  })

  it("needs no names where values are telling", () => {
    const texts = numbers(80).map((i) => `${((i * 2654435761) % 99991).toString(36)}-${i}`)
    const tables: ReadonlyArray<TestTable> = [
      { name: "t1", key: ["a"], columns: { a: texts, b: numbers(80) } },
      { name: "t2", key: ["c"], columns: { c: numbers(300, 9000, 17), d: picked(texts, 300) }, indexes: [["d"]] }
    ]
    expect(of(infer(tables), "accepted")).toEqual(["t2(d) t1(a)"])
  })

  it("takes the farther of two tables that have the same values, where one refers to the other and no name says which", () => {
    const people = numbers(60)
    const tables: ReadonlyArray<TestTable> = [
      { name: "kx", key: ["z"], columns: { z: people } },
      { name: "ax", key: ["y"], columns: { y: people, v: picked(people, 60) } },
      { name: "bx", key: ["q"], columns: { q: numbers(300, 9000, 3), w: picked(people, 300) } },
      { name: "cx", key: ["r"], columns: { r: numbers(400, 70_000, 5), u: picked(people, 400) } }
    ]
    const found = infer(tables)
    expect(of(found, "accepted")).toEqual(["ax(v) kx(z)", "bx(w) kx(z)", "cx(u) kx(z)"])
    expect(found.find((each) => ends(each) === "bx(w) ax(y)")?.evidence.reasons).toContain(
      "but kx has all its values, too, and ax refers to it"
    )
  })

  it("says the same to the byte, in whatever order tables come", () => {
    const expected = JSON.stringify(infer(SHOP))
    fc.assert(
      fc.property(fc.shuffledSubarray(SHOP, { minLength: SHOP.length }), (tables) => {
        expect(JSON.stringify(infer(tables))).toBe(expected)
      }),
      { numRuns: 6 }
    )
  })

  it("gives a column one accepted target at most, whatever the data", () => {
    const name = fc.constantFrom("id", "a_id", "b_id", "c_id", "a", "parent_id", "code")
    const values = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 6, maxLength: 6 })
    const table = (called: string) =>
      fc
        .dictionary(name, values, { minKeys: 1, maxKeys: 4 })
        .map((columns): TestTable => ({ name: called, columns: { ...columns, id: numbers(6) } }))
    fc.assert(
      fc.property(fc.tuple(table("a"), table("b"), table("c")), (tables) => {
        const accepted = infer(tables).filter(({ status }) => status === "accepted")
        const sources = accepted.map(({ from }) => JSON.stringify(from))
        expect(new Set(sources).size).toBe(sources.length)
        for (const { confidence } of accepted) expect(confidence).toBeGreaterThanOrEqual(0.5)
      }),
      { numRuns: 60 }
    )
  })
})
