import { describe, expect, it } from "@effect/vitest"
import type { Store } from "n3"
import { buildOntology } from "../../../src/ontology/Build.ts"
import { toTurtle } from "../../../src/ontology/export/Turtle.ts"
import type { Ontology } from "../../../src/ontology/Ontology.ts"
import { hostileOntology } from "../hostile.ts"
import { made, type MadeReference, shop } from "../shop.ts"
import { readTurtle } from "./ownTools.ts"
import { asWritten, textOf } from "./source.ts"

const RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
const RDFS = "http://www.w3.org/2000/01/rdf-schema#"
const OWL = "http://www.w3.org/2002/07/owl#"
const SKOS = "http://www.w3.org/2004/02/skos/core#"
const DCTERMS = "http://purl.org/dc/terms/"

const read = (ontology: Ontology, baseIri?: string) => readTurtle(textOf(toTurtle(ontology, { baseIri })))

/** What is declared as something, our own only. */
const typed = (store: Store, type: string, base = "urn:database:") =>
  store
    .getSubjects(`${RDF}type`, type, null)
    .map(({ value }) => value)
    .filter((value) => value.startsWith(base))

describe("Turtle", () => {
  it("has a class per table, a property per column, and per relationship with its inverse", () => {
    const store = read(buildOntology(shop))
    expect(typed(store, `${OWL}Class`)).toHaveLength(6)
    expect(typed(store, `${OWL}DatatypeProperty`)).toHaveLength(27)
    // Two for each relationship, and one for what the link joins.
    expect(typed(store, `${OWL}ObjectProperty`)).toHaveLength(11)
    expect(store.getQuads(null, `${OWL}inverseOf`, null, null)).toHaveLength(5)
    const [ontology] = store.getSubjects(`${RDF}type`, `${OWL}Ontology`, null)
    expect(ontology?.value).toBe("urn:database:shop")
    expect(store.getObjects(ontology ?? null, `${DCTERMS}title`, null).map(({ value }) => value)).toEqual(["shop"])
  })

  it("has only datatypes that OWL 2 has, so that reasoners take it", () => {
    const ranges = read(buildOntology(shop))
      .getObjects(null, `${RDFS}range`, null)
      .map(({ value }) => value)
      .filter((value) => !value.startsWith("urn:database:"))
    expect([...new Set(ranges)].toSorted()).toEqual([
      `${RDFS}Literal`,
      "http://www.w3.org/2001/XMLSchema#boolean",
      "http://www.w3.org/2001/XMLSchema#dateTime",
      "http://www.w3.org/2001/XMLSchema#decimal",
      "http://www.w3.org/2001/XMLSchema#integer",
      "http://www.w3.org/2001/XMLSchema#string"
    ])
  })

  it("has a concept scheme per enumeration, with what each value means", () => {
    const store = read(buildOntology(shop))
    const status = "urn:database:shop#public.orders/status/values"
    expect(typed(store, `${SKOS}ConceptScheme`)).toContain(status)
    const concepts = store.getSubjects(`${SKOS}inScheme`, status, null)
    expect(
      concepts.flatMap((concept) => store.getObjects(concept, `${SKOS}notation`, null)).map(({ value }) => value)
    ).toEqual(["paid", "open", "cancelled"])
  })

  it("has a subclass where a table's key is another's, and only there", () => {
    const found = made(
      [
        { table: "people", name: "Person", rows: 90, columns: [{ name: "id", type: "integer" }] },
        { table: "students", name: "Student", rows: 40, columns: [{ name: "id", type: "integer" }] },
        {
          table: "grades",
          name: "Grade",
          rows: 40,
          columns: [
            { name: "id", type: "integer" },
            { name: "student_id", type: "integer" }
          ]
        }
      ],
      [
        { from: ["students", "id"], to: ["people", "id"] },
        { from: ["grades", "student_id"], to: ["students", "id"] }
      ]
    )
    const [shared, ...rest] = found.relationships
    const relationships = shared === undefined ? [] : [{ ...shared, cardinality: "1:1" as const }, ...rest]
    const quads = read(buildOntology({ ...found, relationships })).getQuads(null, `${RDFS}subClassOf`, null, null)
    expect(quads.map(({ object, subject }) => [subject.value, object.value])).toEqual([
      ["urn:database:shop#public.students", "urn:database:shop#public.people"]
    ])
  })

  it("has IRIs below the base that is set", () => {
    for (const base of ["https://example.org/shop", "https://example.org/shop#", "https://example.org/shop/"]) {
      const store = read(buildOntology(shop), base)
      const stem = base.endsWith("shop") ? `${base}#` : base
      expect(typed(store, `${OWL}Class`, "https://")).toContain(`${stem}public.orders`)
      expect(store.getSubjects(`${RDF}type`, `${OWL}Ontology`, null).map(({ value }) => value)).toEqual([
        base.replace(/#$/, "")
      ])
    }
  })

  it.prop("reads back the names that the database has", [hostileOntology], ([ontology]) => {
    const store = read(ontology)
    expect(typed(store, `${OWL}Class`)).toHaveLength(2)
    const names = store
      .getSubjects(`${RDF}type`, `${OWL}DatatypeProperty`, null)
      .flatMap((property) => store.getObjects(property, `${DCTERMS}source`, null))
      .map(({ value }) => value)
    expect(names).toEqual(ontology.entities.flatMap(({ columns }) => columns.map(({ name }) => asWritten(name))))
    const values = store.getObjects(null, `${SKOS}notation`, null).map(({ value }) => value)
    const told = ontology.entities.flatMap(({ columns }) => columns.flatMap((column) => column.values ?? []))
    expect(values.toSorted()).toEqual(told.map(({ value }) => asWritten(value)).toSorted())
  })
})

describe("a key in Turtle", () => {
  const keyed = (keyDeclared: boolean, ...references: ReadonlyArray<MadeReference>) => {
    const found = made(
      [
        { table: "a", name: "A", rows: 9, columns: [{ name: "id", type: "integer" }] },
        { table: "b", name: "B", rows: 9, columns: ["id", "a_id"].map((name) => ({ name, type: "integer" })) }
      ],
      references
    )
    const entities = found.entities.map((entity) => ({ ...entity, keyDeclared }))
    return textOf(toTurtle(buildOntology({ ...found, entities })))
  }

  it("is one that is declared, or that what is accepted refers to; of others it is said where they come from", () => {
    expect(keyed(true).match(/owl:hasKey/g)).toHaveLength(2)
    expect(keyed(true)).not.toContain("found in the data")
    expect(keyed(false)).not.toContain("owl:hasKey")
    expect(keyed(false).match(/Key found in the data: id\./g)).toHaveLength(2)
    const accepted = keyed(false, { from: ["b", "a_id"], to: ["a", "id"] })
    expect(accepted.match(/owl:hasKey \( <[^>]*#public\.a\/id> \)/g)).toHaveLength(1)
    expect(accepted.match(/owl:hasKey/g)).toHaveLength(1)
    expect(keyed(false, { from: ["b", "a_id"], to: ["a", "id"], status: "needs_review" })).not.toContain("owl:hasKey")
  })
})
