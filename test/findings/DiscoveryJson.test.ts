import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { toJson, toJsonSchema } from "../../src/findings/DiscoveryJson.ts"
import type { Findings } from "../../src/findings/Findings.ts"
import { buildOntology } from "../../src/ontology/Build.ts"
import { Ontology } from "../../src/ontology/Ontology.ts"
import { wholeText } from "../../src/steps/TextSteps.ts"
import { hostileDiscovered } from "../ontology/hostile.ts"
import { shop } from "../ontology/shop.ts"
import { errorsBy } from "../ontology/export/schemas.ts"
import { shopSource, sourceOf } from "../report/source.ts"
import { entity, relationship } from "../cli/findings.ts"

describe("The JSON result", () => {
  const findings = {
    database: "shop",
    entities: [entity("customers", "entity"), entity("import_log", "log", { keyColumns: ["id", "batch"] })],
    relationships: [relationship("a.x,y -> b.x,y")],
    ontology: null,
    copies: [],
    skipped: [],
    notes: [],
    profiles: [],
    changes: null,
    unchanged: null,
    withoutEffect: [],
    catalog: { database: "shop", serverVersion: "18", tables: [], skipped: [] }
  }

  it("has every table, whatever it stands for, with its key", () => {
    expect(JSON.parse(wholeText(toJson(findings)))).toMatchObject({
      entities: [
        { schema: "public", table: "customers", verdict: "entity", keyColumns: ["id"], occurrences: [] },
        { schema: "public", table: "import_log", verdict: "log", keyColumns: ["id", "batch"] }
      ],
      ontology: null
    })
  })

  it("has no row count of a table that was not read", () => {
    const { entities } = JSON.parse(
      wholeText(
        toJson({
          ...findings,
          entities: [entity("seen", "entity"), entity("unseen", "entity", { rows: 0, sampled: true })]
        })
      )
    )
    expect(entities.map(({ rows }: { rows: unknown }) => rows)).toEqual([10, null])
  })

  it("is an ontology again when it is read, with the tables that were not", () => {
    const ontology = buildOntology(shop)
    const entities = ontology.entities.map((each) => ({ ...each, rows: 0, sampled: true }))
    const written = JSON.parse(wholeText(toJson({ ...findings, ontology: { ...ontology, entities } })))
    expect(written.ontology.entities[0].rows).toBeNull()
    expect(Schema.decodeUnknownSync(Ontology)(written.ontology).entities).toEqual(entities)
  })

  it("has relationships from the referencing side, with evidence", () => {
    expect(JSON.parse(wholeText(toJson(findings))).relationships).toMatchObject([
      {
        from: { schema: "public", table: "a", columns: ["x", "y"] },
        to: { schema: "public", table: "b", columns: ["x", "y"] },
        status: "accepted",
        cardinality: "N:1",
        method: "inferred",
        evidence: { inclusion: { rows: 3_400 }, reasons: ["the name says so", "every value is there"] }
      }
    ])
  })

  it("has an empty list where nobody asked for relationships", () => {
    expect(JSON.parse(wholeText(toJson({ ...findings, relationships: null }))).relationships).toEqual([])
  })
})

describe("The JSON result's schema", () => {
  const errors = errorsBy(JSON.parse(wholeText(toJsonSchema())))
  const written = (findings: Findings) => JSON.parse(wholeText(toJson(findings)))
  const rest = { copies: [], skipped: [], notes: [], changes: null, unchanged: null, withoutEffect: [] }

  it("describes what is written, with its version, and nothing else", () => {
    const result = written({ ...shopSource, ...rest, catalog: shop.catalog })
    expect(result.version).toBe(1)
    expect(errors(result)).toEqual([])
    expect(errors({ ...result, more: 1 })).not.toEqual([])
    expect(errors({ ...result, version: 2 })).not.toEqual([])
    expect(
      errors(written({ ...shopSource, ...rest, catalog: shop.catalog, ontology: null, relationships: null }))
    ).toEqual([])
  })

  it("has the signals of every relationship of the ontology", () => {
    const { relationships } = written({ ...shopSource, ...rest, catalog: shop.catalog }).ontology.domain
    expect(relationships).toHaveLength(5)
    for (const { signals } of relationships)
      expect(signals).toMatchObject([{ signal: "name.key", points: 3.4 }, {}, {}])
  })

  it.prop("describes it whatever the database calls things", [hostileDiscovered], ([discovered]) => {
    expect(errors(written({ ...sourceOf(discovered), ...rest, catalog: discovered.catalog }))).toEqual([])
  })
})
