import { NodeContext } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Meaning, meanings, useOf } from "../fixtures/Meanings.ts"
import { buildOntology } from "../../src/ontology/Build.ts"
import { made, type MadeColumn, values } from "./shop.ts"

/** 2 TP / (2 TP + FP + FN), over semantic types. */
const f1 = (judged: ReadonlyArray<Meaning>, what?: string) => {
  let [right, missed, wrong] = [0, 0, 0]
  for (const { right: truth, said } of judged) {
    const isRight = truth.types.includes(said.semanticType)
    const is = isRight ? said.semanticType : truth.types[0]
    if (isRight && (what === undefined || is === what)) right++
    if (!isRight && (what === undefined || is === what)) missed++
    if (!isRight && (what === undefined || said.semanticType === what)) wrong++
  }
  return (2 * right) / (2 * right + missed + wrong)
}

/** The type of each column of one table, and how it is summed up. */
const read = (columns: ReadonlyArray<MadeColumn>, name = "Thing", rows = 1000) => {
  const [entity] = buildOntology(made([{ table: "things", name, rows, key: [], columns }])).entities
  return Object.fromEntries(
    (entity?.columns ?? []).map((column) => [column.name, [column.semanticType, column.aggregation ?? column.role]])
  )
}

describe("the columns that a person judged", () => {
  it.effect("semantic types: F1 of at least .92 over all columns, and on average over the types", () =>
    Effect.gen(function* () {
      const judged = yield* meanings
      expect(judged.length).toBeGreaterThan(400)
      expect(f1(judged)).toBeGreaterThanOrEqual(0.92)
      const types = new Set(
        judged.map(({ right, said }) => (right.types.includes(said.semanticType) ? said.semanticType : right.types[0]))
      )
      const each = [...types].map((type) => f1(judged, type))
      expect(each.reduce((sum, one) => sum + one, 0) / each.length).toBeGreaterThanOrEqual(0.92)
    }).pipe(Effect.provide(NodeContext.layer))
  )
  it.effect("personal data: at least 97 % found, at least 92 % of what is found right", () =>
    Effect.gen(function* () {
      const judged = (yield* meanings).filter(({ right }) => right.personal !== null)
      const count = (truth: boolean, said: boolean) =>
        judged.filter(({ right, said: { personalData } }) => right.personal === truth && personalData === said).length
      expect(count(true, true) / (count(true, true) + count(true, false))).toBeGreaterThanOrEqual(0.97)
      expect(count(true, true) / (count(true, true) + count(false, true))).toBeGreaterThanOrEqual(0.92)
    }).pipe(Effect.provide(NodeContext.layer))
  )
  it.effect("identifiers, sums and averages: at least 92 % right; units: all", () =>
    Effect.gen(function* () {
      const judged = yield* meanings
      const right = judged.filter(({ right, said }) => right.uses.includes(useOf(said)))
      expect(right.length / judged.length).toBeGreaterThanOrEqual(0.92)
      expect(judged.filter(({ right, said }) => (right.unit ?? null) !== said.unit).map(({ id }) => id)).toEqual([])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("numbers", () => {
  it("decimals after 'num' are a quantity of what they name; a list's fees, and the unit of another column, do not add up", () => {
    expect(
      read([
        { name: "num_sales", type: "numeric(5,2)", profile: { distinct: 400 } },
        { name: "copay", type: "numeric(8,2)", profile: { distinct: 80 } },
        { name: "kwh", type: "numeric(12,3)", profile: { distinct: 800 } },
        { name: "house_number", type: "integer", profile: { distinct: 400 } },
        { name: "dose", type: "numeric", profile: { distinct: 400 } },
        { name: "dose_units", type: "integer", profile: { distinct: 20 } }
      ])
    ).toMatchObject({
      num_sales: ["quantity", "sum"],
      copay: ["money", "sum"],
      kwh: ["number", "sum"],
      house_number: ["code", "attribute"],
      dose_units: ["category", "dimension"]
    })
    const lists = made([
      {
        table: "fee_kinds",
        name: "Fee Kind",
        rows: 4,
        verdict: "lookup",
        columns: [
          { name: "id", type: "integer" },
          { name: "fee", type: "numeric(8,2)", profile: { distinct: 4 } }
        ]
      }
    ])
    expect(buildOntology(lists).entities[0]?.columns[1]).toMatchObject({
      semanticType: "money",
      aggregation: "average"
    })
  })
  it("the last word that says something decides: a credit score and a price band are no money, a fee type is a kind", () => {
    expect(
      read([
        { name: "credit_score", type: "integer", profile: { distinct: 300 } },
        { name: "price_band", type: "smallint", profile: values({ 1: 500, 2: 300, 3: 200 }) },
        { name: "fee_type", type: "integer", profile: values({ 1: 600, 2: 400 }) },
        { name: "payment_count", type: "integer", profile: { distinct: 40 } },
        { name: "price_per_unit", type: "numeric(10,2)" },
        { name: "outstanding_balance", type: "numeric(12,2)" }
      ])
    ).toEqual({
      credit_score: ["number", "average"],
      price_band: ["category", "dimension"],
      fee_type: ["category", "dimension"],
      payment_count: ["quantity", "sum"],
      price_per_unit: ["money", "average"],
      outstanding_balance: ["money", "sum"]
    })
  })
  it("rates and shares do not add up; a discount of at most 1 is a share, a larger one money", () => {
    expect(
      read([
        { name: "interest_rate", type: "numeric(6,4)", profile: { minimum: "0.01", maximum: "0.2" } },
        { name: "hourly_rate", type: "numeric(8,2)" },
        { name: "heart_rate", type: "integer", profile: { distinct: 120 } },
        { name: "discount", type: "real", profile: { minimum: "0", maximum: "0.25" } },
        { name: "discount_amount", type: "numeric(8,2)", profile: { minimum: "0", maximum: "80.5" } },
        { name: "occupancy_pct", type: "numeric(5,2)" }
      ])
    ).toEqual({
      interest_rate: ["percentage", "average"],
      hourly_rate: ["money", "average"],
      heart_rate: ["number", "average"],
      discount: ["percentage", "average"],
      discount_amount: ["money", "sum"],
      occupancy_pct: ["percentage", "average"]
    })
  })
  it("how often, tariffs, last prices, terms of discounts and what is a percentage in some rows do not add up", () => {
    const kinds = values({ percentage: 600, fixed_amount: 400 })
    expect(
      read([
        { name: "freq_hrs", type: "integer", profile: { distinct: 30 } },
        { name: "backup_interval_minutes", type: "integer", profile: { distinct: 30 } },
        { name: "work_hours", type: "integer", profile: { distinct: 30 } },
        { name: "last_receipt_cost", type: "numeric(10,2)" },
        { name: "last_year_cost", type: "numeric(10,2)", profile: { maximum: "90000" } },
        { name: "member_cost", type: "numeric(10,2)" },
        { name: "guest_cost", type: "numeric(10,2)" },
        { name: "discount_value", type: "numeric(10,2)", profile: { maximum: "50" } },
        { name: "discount_type", type: "text", profile: kinds },
        { name: "startingpos", type: "integer", profile: { distinct: 30 } },
        { name: "epochms", type: "bigint", profile: { minimum: "1680336000000", maximum: "1795808347089" } }
      ])
    ).toEqual({
      freq_hrs: ["duration", "average"],
      backup_interval_minutes: ["duration", "average"],
      work_hours: ["duration", "sum"],
      last_receipt_cost: ["money", "average"],
      last_year_cost: ["money", "sum"],
      member_cost: ["money", "average"],
      guest_cost: ["money", "average"],
      discount_value: ["number", "average"],
      discount_type: ["category", "dimension"],
      startingpos: ["number", "average"],
      epochms: ["number", "average"]
    })
    const balance = { name: "balance", type: "numeric(10,2)" }
    expect(read([balance], "Account")).toEqual({ balance: ["money", "sum"] })
    expect(read([balance], "Account Balance Daily")).toEqual({ balance: ["money", "average"] })
    const day = { name: "day", type: "date" }
    const kept = made([{ table: "levels", name: "Level", rows: 9, key: ["day"], columns: [day, balance] }])
    expect(buildOntology(kept).entities[0]?.columns[1]?.aggregation).toBe("average")
    expect(read([{ name: "discount", type: "numeric(4,2)", profile: { maximum: "10.5" } }], "Discount")).toEqual({
      discount: ["money", "average"]
    })
  })
  it("things in the plural are counted, and add up; their largest and least do not", () => {
    expect(
      read([
        { name: "goals", type: "integer", profile: { distinct: 9, minimum: "0", maximum: "8" } },
        { name: "units_in_stock", type: "integer", profile: { distinct: 90 } },
        { name: "lead_time_days", type: "integer", profile: { distinct: 20 } },
        { name: "minutes_played", type: "integer", profile: { distinct: 90 } },
        { name: "num_refills", type: "integer", profile: { distinct: 5 } },
        { name: "max_hits", type: "integer", profile: { distinct: 5, minimum: "1" } }
      ])
    ).toEqual({
      goals: ["quantity", "sum"],
      units_in_stock: ["quantity", "sum"],
      lead_time_days: ["duration", "average"],
      minutes_played: ["duration", "sum"],
      num_refills: ["quantity", "sum"],
      max_hits: ["quantity", "average"]
    })
  })
  it("a domain is what it is made of", () => {
    const discovered = made([
      {
        table: "fees",
        name: "Fee",
        rows: 90,
        columns: [
          { name: "amount", type: "public.euro" },
          { name: "due", type: "public.day" }
        ]
      }
    ])
    const tables = discovered.catalog.tables.map((table) => ({
      ...table,
      columns: table.columns.map((column) =>
        column.name === "amount"
          ? { ...column, typeClass: "number" as const, baseType: "numeric(12,2)" }
          : { ...column, typeClass: "time" as const, baseType: "date" }
      )
    }))
    const [fees] = buildOntology({ ...discovered, catalog: { ...discovered.catalog, tables } }).entities
    expect(fees?.columns.map(({ baseType, semanticType, type }) => [type, baseType, semanticType])).toEqual([
      ["public.euro", "numeric(12,2)", "money"],
      ["public.day", "date", "date"]
    ])
  })
})
