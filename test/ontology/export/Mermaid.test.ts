import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import mermaid from "mermaid"
import { buildOntology } from "../../../src/ontology/Build.ts"
import { toMermaid as steps, toMermaidByDomain } from "../../../src/ontology/export/Mermaid.ts"
import type { Ontology } from "../../../src/ontology/Ontology.ts"
import { hostileOntology } from "../hostile.ts"
import { made, shop } from "../shop.ts"
import { diagramsOf } from "./ownTools.ts"
import { textOf } from "./source.ts"

const toMermaid = (ontology: Ontology) => textOf(steps(ontology))

const BOX = /^ {4}([A-Za-z]\w*)\["[^"]+"\]( \{)?$/
const ATTRIBUTE = /^ {8}[A-Za-z]\w* [A-Za-z]\w*( (PK|FK|UK)(, (PK|FK|UK))*)?( "[^"]+")?$/
const LINE = /^ {4}([A-Za-z]\w*) (\|\||\|o|\}o|\}\|)--(o\||o\{) ([A-Za-z]\w*) : "[^"]+"$/

/** Reads a diagram by the grammar above; throws at the first line that is not in it. */
const readMermaid = (text: string) => {
  const [head, ...lines] = text.trimEnd().split("\n")
  if (head !== "erDiagram") throw new Error(`starts with ${head}`)
  const boxes: Array<string> = []
  const relations: Array<string> = []
  let inside = false
  for (const line of lines) {
    const box = BOX.exec(line)
    const relation = LINE.exec(line)
    if (inside) {
      if (line === "    }") inside = false
      else if (!ATTRIBUTE.test(line)) throw new Error(`not an attribute: ${line}`)
    } else if (box !== null) {
      boxes.push(box[1] ?? "")
      inside = box[2] !== undefined
    } else if (relation !== null) {
      for (const end of [relation[1], relation[4]]) if (!boxes.includes(end ?? "")) throw new Error(`no box ${end}`)
      relations.push(`${relation[1]} ${relation[2]}--${relation[3]} ${relation[4]}`)
    } else if (!line.startsWith("    %% ")) throw new Error(`not a line: ${line}`)
  }
  if (inside) throw new Error("a box is not closed")
  return { boxes, relations }
}

describe("Mermaid", () => {
  it("shows every table, link tables too, and every relationship with its cardinality", () => {
    const { boxes, relations } = readMermaid(toMermaid(buildOntology(shop)))
    expect(boxes.toSorted()).toEqual(["customers", "order_lines", "orders", "product_tags", "products", "tags"])
    expect(relations.toSorted()).toEqual([
      "customers ||--o{ orders",
      "orders ||--o{ order_lines",
      "products |o--o{ order_lines",
      "products ||--o{ product_tags",
      "tags ||--o{ product_tags"
    ])
  })
  it("spells words of the diagram's own language another way", () => {
    const columns = ["pk", "fk", "UK"].map((name) => ({ name, type: "integer" }))
    const text = toMermaid(
      buildOntology(made([{ table: "subgraph", name: "Part", rows: 9, key: ["pk"], columns }], []))
    )
    expect(readMermaid(text).boxes).toEqual(["subgraph_"])
    expect(text).toContain('integer pk_ PK "pk"\n        integer fk_ "fk"\n        integer UK_ "UK"')
  })
  it.prop("is a diagram whatever the database calls things", [hostileOntology], ([ontology]) => {
    const { boxes, relations } = readMermaid(toMermaid(ontology))
    expect(new Set(boxes).size).toBe(2)
    expect(relations).toHaveLength(1)
  })
})

describe("Mermaid's own parser", () => {
  it("reads the diagram of the whole, and of each business domain with its neighbours", async () => {
    const ontology = buildOntology(shop)
    expect((await mermaid.parse(toMermaid(ontology))).diagramType).toBe("er")
    const diagrams = diagramsOf(textOf(toMermaidByDomain(ontology)))
    expect(diagrams.map(({ name }) => name)).toEqual(ontology.domain.businessDomains.map(({ name }) => name))
    for (const { diagram } of diagrams) expect((await mermaid.parse(diagram)).diagramType).toBe("er")
    expect(new Set(diagrams.flatMap(({ diagram }) => readMermaid(diagram).boxes)).size).toBe(6)
  })

  it("reads both whatever the database calls things", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(hostileOntology, async (ontology) => {
        const diagrams = diagramsOf(textOf(toMermaidByDomain(ontology)))
        expect(diagrams).toHaveLength(ontology.domain.businessDomains.length)
        for (const text of [toMermaid(ontology), ...diagrams.map(({ diagram }) => diagram)])
          expect((await mermaid.parse(text)).diagramType).toBe("er")
      })
    ))
})
