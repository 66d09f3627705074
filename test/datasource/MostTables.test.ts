import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { tableId } from "../../src/datasource/Catalog.ts"
import { hierarchies } from "../../src/datasource/Hierarchy.ts"
import { largest, type Most } from "../../src/datasource/MostTables.ts"
import type { RelationRow } from "../../src/datasource/SchemaRows.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { datasourceOf } from "./datasourceOf.ts"

const rows = (table: string, count: number) =>
  `CREATE TABLE ${table} AS SELECT n AS id FROM generate_series(1, ${count}) n;`

const SCHEMAS = `CREATE SCHEMA small; CREATE SCHEMA large;
  ${rows("small.a", 3)} ${rows("small.b", 30)} ${rows("small.c", 3)}
  ${rows("large.a", 1)} ${rows("large.b", 50)} CREATE TABLE large.empty (id int);
  CREATE TABLE large.log (id int, at int) PARTITION BY RANGE (at);
  CREATE TABLE large.log_1 PARTITION OF large.log FOR VALUES FROM (0) TO (10);
  INSERT INTO large.log SELECT n, n % 10 FROM generate_series(1, 40) n; ANALYZE`

/** A table of 30 columns. */
const table = (id: number, rows: number): RelationRow => ({
  id,
  schema: "public",
  name: `t${id}`,
  kind: "r",
  parents: [],
  partition: false,
  selected: true,
  excluded: false,
  width: 30,
  ownColumns: true,
  rows,
  readable: true,
  reachable: true,
  rowSecurity: false,
  populated: true
})

describe("a database with more tables than are read", () => {
  it.scopedLive(
    "is read by whole schemas, those with the most rows first; only of a schema that is too large by itself, a part",
    () =>
      Effect.gen(function* () {
        const { datasource } = yield* datasourceOf(SCHEMAS)
        const read = (mostTables?: number) =>
          Effect.map(datasource.catalog(mostTables === undefined ? {} : { mostTables }), ({ skipped, tables }) => ({
            tables: tables.map(tableId),
            skipped: skipped.map(tableId),
            reasons: new Set(skipped.map(({ reason }) => reason))
          }))
        const whole = ["large.a", "large.b", "large.empty", "large.log"]
        const small = ["small.a", "small.b", "small.c"]
        for (const most of [4, 5, 6])
          expect(yield* read(most)).toEqual({
            tables: whole,
            skipped: small,
            reasons: new Set(["of 7 tables 4 are read (--schema, --exclude and --most-tables choose)"])
          })
        // One schema is too large, and what room there is goes to the next.
        expect((yield* read(2)).tables).toEqual(["large.b", "large.log"])
        expect((yield* read(3)).tables).toEqual(["large.a", "large.b", "large.log"])
        expect(yield* read(7)).toEqual({
          tables: [...whole, "small.a", "small.b", "small.c"],
          skipped: [],
          reasons: new Set()
        })
        expect(yield* read()).toEqual(yield* read(7))
      })
  )

  it("is bounded in columns, too: of one schema with more, the tables with the most rows are read", () => {
    const all = atOnce(hierarchies([table(1, 5), table(2, 50), table(3, 500), table(4, 0)], { foreign: false }))
    const read = (most: Most) => {
      const { leftOut, tables: kept } = atOnce(largest(all, most))
      return { kept: kept.map(({ relation: { id } }) => id), reasons: new Set(leftOut.map(({ reason }) => reason)) }
    }
    expect(read({ tables: 4, columns: 119 })).toEqual({
      kept: [1, 2, 3],
      reasons: new Set(["of 4 tables with 120 columns 3 are read (--schema, --exclude and --most-tables choose)"])
    })
    expect(read({ tables: 4, columns: 61 }).kept).toEqual([2, 3])
    expect(read({ tables: 4, columns: 120 })).toEqual({ kept: [1, 2, 3, 4], reasons: new Set() })
  })

  it.scopedLive("keeps no foreign key to a table that is not read, and counts the chosen schemas only", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`CREATE TABLE countries (id int PRIMARY KEY);
        CREATE TABLE cities (id int, country int REFERENCES countries); CREATE SCHEMA other; ${rows("other.big", 90)}
        INSERT INTO countries VALUES (1); INSERT INTO cities SELECT n, 1 FROM generate_series(1, 9) n; ANALYZE`)
      const [cities] = (yield* datasource.catalog({ schemas: ["public"], mostTables: 1 })).tables
      expect(cities).toMatchObject({ table: "cities", foreignKeys: [] })
      const both = yield* datasource.catalog({ schemas: ["public"], mostTables: 2 })
      expect(both.tables.map(({ foreignKeys, table }) => [table, foreignKeys.length])).toEqual([
        ["cities", 1],
        ["countries", 0]
      ])
    })
  )
})
