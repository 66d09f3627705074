import { describe, expect, it } from "@effect/vitest"
import type { Candidate } from "../../src/relationships/Candidate.ts"
import { chains } from "../../src/relationships/signals/Chains.ts"
import { inference } from "../../src/relationships/inference/Inference.ts"
import { findKeys } from "../../src/schema/Keys.ts"
import { matchNames } from "../../src/relationships/signals/Names.ts"
import { panel, type Standing } from "../../src/relationships/signals/Panel.ts"
import { schemaModel } from "../../src/schema/SchemaModel.ts"
import { atOnce, type Steps } from "../../src/steps/Steps.ts"
import { described, numbers, picked, type TestTable } from "./schema.ts"

/** How many steps a computation takes, and its result. */
const counted = <A>(steps: Steps<A>): { readonly value: A; readonly taken: number } => {
  let step = steps.next()
  let taken = 1
  for (; step.done !== true; taken++) step = steps.next()
  return { value: step.value, taken }
}

/** The steps of a whole inference in which every value that is looked up is there, and what it looks up. */
const work = (tables: ReadonlyArray<TestTable>) => {
  const prepared = counted(inference(described(tables)))
  const pairs = prepared.value.probes.flatMap((group) => group.pairs)
  const kept = pairs.flatMap(({ from, to, values }): ReadonlyArray<Candidate> => {
    const probe = { tried: values.length, found: values.length }
    return prepared.value.keeps({ from, to }, probe) ? [{ from, to, probe, inclusion: null }] : []
  })
  const joins = counted(prepared.value.joins(kept))
  const concluded = counted(prepared.value.conclude(kept))
  const joined = joins.value.flatMap((group) => group.pairs)
  return {
    steps: prepared.taken + joins.taken + concluded.taken,
    probes: pairs.length,
    joins: joined.length,
    joined: joined.map(({ from, to }) => `${from.schema}.${from.table}.${from.columns[0]} ${to.schema}.${to.table}`)
  }
}

const ROWS = 20
const keys = numbers(ROWS)
const values = (name: string) => keys.map((n) => `${name} ${n}`)

/** A name for each number, another in each syllable but the first. */
const title = (n: number): string =>
  [n, n >> 4, n >> 8].map((part, place) => `${"bdfgklmn"[(part + place) % 8]}${"aiou"[(part >> 1) % 4]}r`).join("") + n

/** Names that end in one of two words. */
const ofKind = (n: number): string => `${title(n)}_${n % 2 === 0 ? "ledger" : "permit"}`

/** Two tables in a schema of their own, with columns of their own. */
const ordered = (n: number, own: string): ReadonlyArray<TestTable> => {
  const columns = { [own]: values(`${n}`), [`${own}_extra`]: values(`extra ${n}`) }
  return [
    { schema: `tenant_${n}`, name: "orders", key: ["id"], columns: { id: keys, ...columns } },
    {
      schema: `tenant_${n}`,
      name: "order_lines",
      key: ["id"],
      columns: { id: keys, order_id: picked(keys, ROWS), ...columns }
    }
  ]
}

const schemas: Readonly<Record<string, (tables: number) => ReadonlyArray<TestTable>>> = {
  "tables keyed id with telling names": (tables) =>
    numbers(tables, 0).map((n) => ({
      name: title(n),
      key: ["id"],
      columns: {
        id: keys,
        label: values(title(n)),
        ...(n % 4 === 0 ? {} : { [`${title((n * 7 + 3) % tables)}_id`]: picked(keys, ROWS) })
      }
    })),
  "tables keyed by tenant and id": (tables) =>
    numbers(tables, 0).map((n) => ({
      name: title(n),
      key: ["tenant_id", "id"],
      columns: {
        tenant_id: picked(keys, ROWS),
        id: keys,
        [`${title((n * 7 + 3) % tables)}_id`]: picked(keys, ROWS),
        owner_id: picked(keys, ROWS)
      }
    })),
  "tables whose names share their last words": (tables) =>
    numbers(tables, 0).map((n) => ({
      name: ofKind(n),
      key: ["id"],
      columns: { id: keys, [`${ofKind((n * 7 + 3) % tables)}_id`]: picked(keys, ROWS), label: values(title(n)) }
    })),
  "kinds of one thing, all keyed by its key's name": (tables) =>
    numbers(tables, 0).map((n) => ({
      name: n === 0 ? "object" : title(n),
      key: ["object_id"],
      columns: { object_id: keys.slice(0, n === 0 ? ROWS : ROWS - 2), label: values(title(n)).slice(0, ROWS - 2) }
    })),
  "copies of the same tables": (tables) => numbers(tables / 2, 0).flatMap((n) => ordered(n, "note")),
  "schemas whose tables are called alike": (tables) => numbers(tables / 2, 0).flatMap((n) => ordered(n, title(n)))
}

/** More than twice as much for twice as many: a logarithm, and the few tables that all share. */
const TWICE = 2.5

describe("twice as many tables", () => {
  for (const [name, schema] of Object.entries(schemas)) {
    it(`take about twice as many steps, probes and joins: ${name}`, () => {
      const [once, twice] = [work(schema(200)), work(schema(400))]
      expect(twice.steps / once.steps).toBeLessThan(TWICE)
      expect(twice.probes).toBeLessThanOrEqual(TWICE * once.probes)
      expect(twice.joins).toBeLessThanOrEqual(TWICE * once.joins)
    })
  }
})

describe("a name that many tables' keys have", () => {
  it("means the key of its own schema's table", () => {
    const { joined } = work(schemas["schemas whose tables are called alike"]?.(100) ?? [])
    const ofLines = joined.filter((pair) => pair.includes("order_id"))
    expect(ofLines).toHaveLength(50)
    for (const pair of ofLines) {
      const [from = "", to = ""] = pair.split(" ")
      expect(to).toBe(`${from.split(".")[0]}.orders`)
    }
  })

  it("means the key of the table that is called so", () => {
    const { joined } = work(schemas["kinds of one thing, all keyed by its key's name"]?.(100) ?? [])
    const ofKinds = joined.filter((pair) => pair.includes("object_id") && !pair.startsWith("public.object."))
    expect(ofKinds).toHaveLength(99)
    for (const pair of ofKinds) expect(pair).toMatch(/ public\.object$/)
  })
})

describe("a name that says a table in full, and others by a word", () => {
  it("is tested against that table, and few others, once values have said so, too", () => {
    const { joined } = work(schemas["tables whose names share their last words"]?.(100) ?? [])
    for (const n of numbers(100, 0)) {
      const target = ofKind((n * 7 + 3) % 100)
      expect(joined).toContain(`public.${ofKind(n)}.${target}_id public.${target}`)
    }
    expect(joined.length).toBeLessThan(150)
  })
})

describe("chains of references", () => {
  /** How often somebody asks how likely a candidate is, where each of so many keys may come from each other one. */
  const asked = (tables: number): number => {
    const { catalog, profiles } = described(
      numbers(tables, 0).map((n) => ({ name: title(n), key: ["thing_code"], columns: { thing_code: keys.slice(n) } }))
    )
    const model = atOnce(schemaModel({ catalog, profiles }))
    const { targets } = atOnce(findKeys(model))
    const evidence = { probe: { tried: 1, found: 1 }, inclusion: null }
    const pairs = targets.flatMap((key, i) =>
      targets.flatMap((other, j) => (i === j ? [] : [{ from: key.column, key: other }]))
    )
    const standing = pairs.map(({ from, key }, place): Standing => {
      const names = { ...matchNames(model, from, key, true), strong: true }
      return { from, key, isOwnKey: true, names, evidence, points: 0, card: () => [], place }
    })
    let count = 0
    const say = atOnce(
      chains(atOnce(panel(standing)), ({ place }) => {
        count++
        return 1 / (2 + ((place * 7919) % 97))
      })
    )
    const { from } = standing[0] ?? {}
    for (const each of standing) if (each.from === from) say(each, () => {})
    return count
  }

  it("are looked at once for each pair of a column's targets, and few ways by a third key", () => {
    expect(asked(80) / asked(40)).toBeLessThan(6)
  })
})
