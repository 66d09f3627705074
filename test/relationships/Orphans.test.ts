import { describe, expect, it } from "@effect/vitest"
import type { Catalog, Table, TypeClass } from "../../src/datasource/Catalog.ts"
import { quotableOrphans } from "../../src/relationships/Orphans.ts"

const table = (name: string, column: string, typeClass: TypeClass): Table => ({
  schema: "public",
  table: name,
  kind: "table",
  comment: null,
  estimatedRows: null,
  columns: [
    {
      name: column,
      position: 1,
      type: typeClass,
      typeClass,
      nullable: true,
      sequence: false,
      enumLabels: null,
      comment: null
    }
  ],
  keys: [],
  foreignKeys: [],
  indexes: []
})

const kept = (typeClass: TypeClass, column: string, orphans: ReadonlyArray<string>) => {
  const tables = [table("a", column, typeClass), table("b", column, typeClass)]
  const catalog: Catalog = { database: "shop", serverVersion: "18", tables, skipped: [] }
  const at = (name: string) => ({ schema: "public", table: name, columns: [column] })
  const inclusion = {
    rows: 9,
    orphanRows: 9,
    distinct: 9,
    matched: 0,
    targetDistinct: 1,
    maxFrom: 1,
    maxTo: 1,
    sampled: false
  }
  return quotableOrphans(catalog)({ from: at("a"), to: at("b") }, { ...inclusion, orphans }).orphans
}

describe("orphaned values that are stored", () => {
  it("are short numbers and uuids, and what stands for none", () => {
    expect(kept("integer", "customer_id", ["0", "-1", "4711"])).toEqual(["0", "-1", "4711"])
    const uuid = "0190b3a0-7b7e-7d52-8000-000000000001"
    expect(kept("uuid", "customer_id", [uuid])).toEqual([uuid])
  })

  it("are no texts, nothing that is called sensitive, and no numbers as long as those of cards, accounts and documents", () => {
    expect(kept("text", "customer_id", ["Smith"])).toEqual([])
    expect(kept("integer", "pin", ["1234"])).toEqual([])
    expect(kept("integer", "cc_num", ["4012888888881881", "123456789"])).toEqual([])
    expect(kept("number", "acct_no", ["123456789.00"])).toEqual([])
  })
})
