import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Datasource from "../../src/datasource/Datasource.ts"
import { joinCondition } from "../../src/ontology/Sql.ts"
import { inference } from "../../src/relationships/inference/Inference.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { datasourceOf } from "../datasource/datasourceOf.ts"

describe("a foreign key with PERIOD", () => {
  it.scopedLive("compares periods by overlap, so that no row of it is an orphan", () =>
    Effect.gen(function* () {
      const { url } = yield* datasourceOf(`
        CREATE TABLE price (article int4range, valid daterange, PRIMARY KEY (article, valid WITHOUT OVERLAPS));
        CREATE TABLE sale (article int4range, during daterange, FOREIGN KEY (article, PERIOD during) REFERENCES price (article, PERIOD valid));
        INSERT INTO price VALUES ('[1,2)', '[2024-01-01,2024-02-01)'), ('[1,2)', '[2024-02-01,2024-03-01)');
        INSERT INTO sale VALUES ('[1,2)', '[2024-01-20,2024-02-10)')`)
      const datasource = yield* Datasource.make({ url })
      const catalog = yield* datasource.catalog()
      const profiles = yield* Effect.forEach(catalog.tables, (table) => datasource.profile(table))
      const from = { schema: "public", table: "sale", columns: ["article", "during"] }
      const to = { schema: "public", table: "price", columns: ["article", "valid"] }
      const inclusion = yield* datasource.inclusion(from, to)
      const { conclude } = atOnce(inference({ catalog, profiles, foundKeys: new Map() }))
      const [found] = atOnce(conclude([{ from, to, probe: null, inclusion }]))
      expect(found).toMatchObject({ status: "accepted", cardinality: "N:M", compared: "by overlapping periods" })
      expect(found?.evidence).toEqual({ inclusion: null, reasons: ["it is declared as a foreign key"] })
      expect(found === undefined ? "" : joinCondition({ ...found, when: undefined }, "s", "p")).toBe(
        's."article" = p."article" AND s."during" && p."valid"'
      )
    })
  )
})
