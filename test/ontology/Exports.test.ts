import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { buildOntology } from "../../src/ontology/Build.ts"
import * as Markdown from "../../src/ontology/Markdown.ts"
import * as Mermaid from "../../src/ontology/export/Mermaid.ts"
import type { Ontology } from "../../src/ontology/Ontology.ts"
import * as Turtle from "../../src/ontology/export/Turtle.ts"
import type { Discovered } from "../../src/ontology/Discovered.ts"
import { hostileOntology } from "./hostile.ts"
import { shop } from "./shop.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { wholeText } from "../../src/steps/TextSteps.ts"

const toMarkdown = (ontology: Ontology) => atOnce(Markdown.toMarkdown(ontology))
const toMermaid = (ontology: Ontology) => atOnce(Mermaid.toMermaid(ontology))
const toTurtle = (ontology: Ontology) => wholeText(Turtle.toTurtle(ontology))

/** Pipes that end a cell: those after an even number of backslashes. */
const cellEnds = (line: string): number =>
  [...line.matchAll(/(\\*)\|/g)].filter(([, before = ""]) => before.length % 2 === 0).length

describe("Markdown", () => {
  it("says each entity with its key, and of its columns where they refer to and what they hold", () => {
    const text = toMarkdown(buildOntology(shop))
    expect(text).toContain("### Order\n\n`orders` · key `id`\n\n9,000 orders, ordered at 2022-01-01 to 2023-12-31")
    expect(text).toContain(
      "| `status` | `text` | status, dimension | Values: `paid` (6,000), `open` (2,500), `cancelled` (500). |"
    )
    expect(text).toMatch(/\| `customer_id` \| `integer` \| identifier \| → `customers\.id`[^|]*\. \|/)
    expect(text).toContain("- `old_backup`: made up as technical")
  })
  it("says each thing once: a join at the referring column, values in their list, the key in the head", () => {
    const text = toMarkdown(buildOntology(shop))
    expect(text.match(/→ `customers\.id`/g)).toHaveLength(1)
    expect(text).not.toMatch(/Identifies one|Refers to|A status\.|Each Order has/)
    const lines = text.split("\n").filter((line) => line.length > 60)
    expect(lines.filter((line, i) => lines.indexOf(line) !== i)).toEqual([])
  })
  it("an answer of the owner's stands before the entities", () => {
    const knowledge = [{ questionId: "q", question: "Which?", answer: "This one.", affects: [] }]
    const text = toMarkdown(buildOntology({ ...shop, knowledge }))
    expect(text).toContain("- Which? **This one.**")
    expect(text.indexOf("**This one.**")).toBeLessThan(text.indexOf("### "))
  })
  it.prop("keeps its headings and tables whatever the database calls things", [hostileOntology], ([ontology]) => {
    const lines = toMarkdown(ontology).split("\n")
    const rows = lines.filter((line) => line.startsWith("|"))
    expect(rows.filter((line) => cellEnds(line) !== 5)).toEqual([])
    expect(rows).toHaveLength(2 * 2 + 4)
    const headings = lines.filter((line) => /^#{1,6} /.test(line))
    expect(headings.filter((line) => line.startsWith("### "))).toHaveLength(2)
    expect(headings.filter((line) => line.startsWith("# "))).toHaveLength(1)
  })
  it.prop("no markup of the database's takes effect", [hostileOntology], ([ontology]) => {
    const prose = toMarkdown(ontology).replace(/(?<!\\)(?:\\\\)*(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, "")
    expect(prose.replace(/\\[\s\S]/g, "")).not.toMatch(/[<`]|\]\(/)
  })
})

describe("every export", () => {
  it("says what was not read, and what must be known of what was", () => {
    const tables = shop.catalog.tables.map((table) =>
      table.table === "orders" ? { ...table, unreadable: ["pin"] } : table
    )
    const skipped = [
      { schema: "public", table: "customers", reason: "it is locked" },
      { schema: "far", table: "away", reason: "permission denied" }
    ]
    const ontology = buildOntology({ ...shop, catalog: { ...shop.catalog, tables }, skipped })
    for (const text of [toMarkdown(ontology), toMermaid(ontology), toTurtle(ontology)]) {
      expect(text).toContain("This login may not read pin.")
      expect(text).toContain("Not read: it is locked.")
      expect(text).toMatch(/far\.away`?: permission denied/)
    }
  })

  const shuffled = <A>(items: ReadonlyArray<A>) => FastCheck.shuffledSubarray([...items], { minLength: items.length })
  it("says of a table that was not read that it was not, and counts it in no sum", () => {
    const discovered: Discovered = {
      ...shop,
      entities: shop.entities.map((entity) =>
        entity.table === "orders" || entity.table === "customers" ? { ...entity, rows: 0, sampled: true } : entity
      ),
      skipped: [{ schema: "public", table: "orders", reason: "locked by somebody" }]
    }
    const ontology = buildOntology(discovered)
    expect(ontology.domain.summary).toMatch(/rows in what was read \(2 tables were not\)/)
    for (const said of [toMarkdown(ontology), toMermaid(ontology), toTurtle(ontology)]) {
      expect(said).toContain("Not read: locked by somebody")
      expect(said).toContain("Not read: this login sees no row of it")
      expect(said).not.toMatch(/\b0 rows|without rows|no rows/)
    }
    expect(toMarkdown(ontology)).toMatch(/`orders` · not read · /)
    // As many as the summary counts.
    expect(toMarkdown(ontology)).toContain(
      "## Not read\n\n- `orders`: locked by somebody\n- `customers`: this login sees no row of it"
    )
  })

  it.prop(
    "is the same to the byte in whatever order things were found",
    [shuffled(shop.catalog.tables), shuffled(shop.profiles), shuffled(shop.entities), shuffled(shop.relationships)],
    ([tables, profiles, entities, relationships]) => {
      const ontology = buildOntology({
        ...shop,
        catalog: { ...shop.catalog, tables },
        profiles,
        entities,
        relationships
      })
      const original = buildOntology(shop)
      expect(JSON.stringify(ontology)).toBe(JSON.stringify(original))
      expect(toMarkdown(ontology)).toBe(toMarkdown(original))
    }
  )
})
