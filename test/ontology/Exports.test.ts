import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { buildOntology } from "../../src/ontology/Build.ts"
import * as Markdown from "../../src/ontology/Markdown.ts"
import * as Mermaid from "../../src/ontology/Mermaid.ts"
import type { Ontology } from "../../src/ontology/Ontology.ts"
import * as Turtle from "../../src/ontology/Turtle.ts"
import type { Discovered } from "../../src/ontology/Discovered.ts"
import { made, type MadeReference, shop, values } from "./shop.ts"
import { atOnce } from "../../src/steps/Steps.ts"

const toMarkdown = (ontology: Ontology) => atOnce(Markdown.toMarkdown(ontology))
const toMermaid = (ontology: Ontology) => atOnce(Mermaid.toMermaid(ontology))
const toTurtle = (ontology: Ontology) => atOnce(Turtle.toTurtle(ontology))

/** Names, values and comments that try to end whatever they stand in. */
const hostile = FastCheck.oneof(
  FastCheck.constantFrom(
    'a"b',
    "a`b",
    "``",
    "a|b",
    "a\\|b",
    "a\\\\|b",
    "|",
    "line\nbreak",
    "# title",
    "- item",
    "1. item",
    "</td><script>alert(1)</script>",
    "<!-- gone",
    "[x](javascript:0)",
    "a]b[c",
    "**bold**",
    "_it_",
    "{curly}",
    "%%{init: {}}%%",
    "; x",
    "title",
    "u",
    "\\",
    '"""',
    '\\"',
    "> quote",
    "| --- |",
    "\u2028\u202e\u0007",
    "Überweisung",
    "注文",
    "\ud800"
  ),
  FastCheck.string({ unit: "binary", maxLength: 12 }),
  FastCheck.string({ unit: "grapheme-ascii", maxLength: 12 })
)

const names = FastCheck.uniqueArray(
  hostile.filter((name) => name !== ""),
  { minLength: 4, maxLength: 4 }
)

/** A database of two tables whose every name, value, comment and answer is hostile. */
const hostileOntology = FastCheck.tuple(names, names, hostile, hostile).map(
  ([tables, columns, text, value]): Ontology => {
    const [parent = "a", child = "b"] = tables
    const [key = "k", reference = "r", code = "c"] = columns
    const facts = made(
      [
        {
          table: parent,
          name: text === "" ? "x" : text,
          rows: 9,
          key: [key],
          columns: [{ name: key, type: "integer" }]
        },
        {
          table: child,
          name: child,
          rows: 40,
          key: [key],
          columns: [
            { name: key, type: "integer", comment: text },
            { name: reference, type: value, comment: value },
            { name: code, type: "text", comment: text, profile: values({ [`${value}1`]: 20, [`${value}2`]: 20 }) }
          ]
        },
        { table: tables[2] ?? "z", name: text === "" ? "x" : text, rows: 0, verdict: "technical", columns: [] }
      ],
      [{ from: [child, reference], to: [parent, key], orphanRows: 2, unmatched: 1 }],
      text
    )
    const knowledge = [{ questionId: "q", question: text, answer: value, affects: [] }]
    const entities = facts.entities.map((entity) => ({ ...entity, description: text, aliases: [value], reason: text }))
    return buildOntology({ ...facts, entities, knowledge })
  }
)

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

const TOKEN =
  /\s+|@prefix\b|<[^\u0000-\u0020<>"{}|^`\\]*>|"(?:[^"\\\u0000-\u001f]|\\["\\nrt]|\\u[0-9a-f]{4})*"|[a-z]+:[A-Za-z]*|\ba\b|[.;,()]/uy

/** Reads Turtle into its tokens; throws where something is none. */
const readTurtle = (text: string): ReadonlyArray<string> => {
  const tokens: Array<string> = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex
    const token = TOKEN.exec(text)?.[0]
    if (token === undefined) throw new Error(`not Turtle: ${text.slice(at, at + 40)}`)
    if (token.trim() !== "") tokens.push(token)
  }
  return tokens
}

/** Pipes that end a cell: those after an even number of backslashes. */
const cellEnds = (line: string): number =>
  [...line.matchAll(/(\\*)\|/g)].filter(([, before = ""]) => before.length % 2 === 0).length

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

describe("Turtle", () => {
  it("has a class per table, a property per column and per relationship", () => {
    const tokens = readTurtle(toTurtle(buildOntology(shop)))
    const count = (token: string) => tokens.filter((each) => each === token).length
    expect(count("owl:Class")).toBe(6)
    expect(count("owl:DatatypeProperty")).toBe(27)
    // One for each relationship, and one for what the link joins.
    expect(count("owl:ObjectProperty")).toBe(6)
  })
  it.prop("is Turtle whatever the database calls things", [hostileOntology], ([ontology]) => {
    const tokens = readTurtle(toTurtle(ontology))
    expect(tokens.filter((token) => token === "owl:Class")).toHaveLength(2)
    expect(tokens.at(-1)).toBe(".")
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
    return toTurtle(buildOntology({ ...found, entities }))
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

describe("Markdown", () => {
  it("says each entity with its key, and of its columns where they refer to and what they hold", () => {
    const text = toMarkdown(buildOntology(shop))
    expect(text).toContain(
      "### Order\n\n`orders` · key `id`\n\n9,000 orders, dated 2022-01-01 to 2023-12-31 (ordered at)"
    )
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
