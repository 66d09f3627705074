import { describe, expect, it } from "@effect/vitest"
import type { Findings } from "../../src/findings/Findings.ts"
import * as Summary from "../../src/cli/Summary.ts"
import { ansi, plain, widthOf, withoutColours } from "../../src/cli/Text.ts"
import { entity, relationship } from "./findings.ts"
import { besideCount } from "../../src/language/Describing.ts"
import { buildOntology } from "../../src/ontology/Build.ts"
import type { Question } from "../../src/ontology/Ontology.ts"
import { questionsToMarkdown } from "../../src/ontology/QuestionsMarkdown.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import type { Relationship } from "../../src/relationships/Relationship.ts"
import { shop } from "../ontology/shop.ts"

const render = (findings: Findings, options: Summary.SummaryOptions) => atOnce(Summary.render(findings, options))

const small: Findings = {
  database: "bike_shop",
  entities: [
    entity("customers", "entity", { name: "Customer", rows: 4_200, description: "Somebody who rents bikes." }),
    entity("rentals", "entity", {
      name: "Rental",
      rows: 8_420,
      description: "Bikes taken from one shop and brought back."
    }),
    entity("countries", "lookup", { name: "Country", rows: 10, description: "A country and its currency." }),
    entity("import_log", "log", { rows: 840, reason: "its rows are events that nothing refers to" })
  ],
  relationships: [
    relationship("rentals.pickup_shop -> shops.shop_id", {
      evidence: { inclusion: null, reasons: ["the name says shop"] }
    }),
    relationship("rentals.customer_id -> customers.customer_id", {
      method: "foreign_key",
      confidence: 1,
      evidence: { inclusion: null, reasons: ["it is declared as a foreign key"] }
    }),
    relationship("web_orders.customer_id -> customers.customer_id", {}, 31),
    relationship("payments.source_id -> rentals.rental_id", { status: "needs_review", confidence: 0.41 }),
    relationship("rentals.rental_id -> shops.shop_id", { status: "rejected", confidence: 0.02 })
  ],
  ontology: null,
  copies: [],
  skipped: [],
  notes: [],
  profiles: [],
  catalog: { database: "shop", serverVersion: "18", tables: [], skipped: [] },
  changes: null,
  unchanged: null,
  withoutEffect: []
}

const files = [
  { path: "out/report.html", content: "all of it to look at" },
  { path: "out/ontology.md", content: "the ontology, to read" },
  { path: "out/questions.md", content: "what only the owner knows" }
]
const lines = (findings: Findings, width = 100) =>
  render(findings, { width, style: plain, elapsedMillis: 6_300, files }).split("\n")

describe("The summary", () => {
  it("says what the database is about, how it hangs together, what is to be decided and where the files are", () => {
    expect(lines(small)).toEqual([
      "bike_shop  4 tables, 13,470 rows, read in 6.3 s",
      "",
      "Entities  2 and 1 lookup list, with their rows",
      "  Rental    8,420  rentals    Bikes taken from one shop and brought back.",
      "  Customer  4,200  customers  Somebody who rents bikes.",
      "  Country      10  countries  A country and its currency.",
      "",
      "Not entities  1",
      "  log: import_log",
      "",
      "Relationships  1 found in the data, the least sure first; 1 by name or comment; 1 declared",
      "  rentals.pickup_shop     → shops.shop_id          N:1  93 %",
      "  web_orders.customer_id  → customers.customer_id  N:1  93 %",
      "",
      "Is that so?  1 relationship that the data alone do not settle",
      "  payments.source_id  → rentals.rental_id  N:1  41 %",
      "",
      "Orphans  1 relationship with rows that refer to nothing",
      "  web_orders.customer_id: 31 of 3,400 rows point to nothing in customers (7001, 7002, 7003, …)",
      "",
      "Files",
      "  out/report.html: all of it to look at",
      "  out/ontology.md, out/questions.md"
    ])
  })

  it("counts the questions that questions.md asks, whatever they are about", () => {
    const ontology = buildOntology(shop)
    const ask = (n: number): ReadonlyArray<Question> =>
      Array.from({ length: n }, (_, i) => ({
        id: `${i}`,
        category: i % 2 === 0 ? "orphans" : "values",
        priority: "high",
        question: `What is ${i}?`,
        why: "Nobody says.",
        affects: []
      }))
    for (const [open, asked] of [
      [4, 4],
      [12, 10]
    ] as const) {
      const built = { ...ontology, questions: ask(open) }
      expect(lines({ ...small, ontology: built })).toContain(`Questions for the owner  ${asked}`)
      expect(questionsToMarkdown(built).match(/^## /gm)).toHaveLength(asked)
    }
  })

  it("describes entities as the ontology does, where there is one", () => {
    const ontology = buildOntology(shop)
    const [first] = ontology.entities
    const entities = small.entities.map((each, i) =>
      i === 0 && first !== undefined ? { ...each, schema: first.schema, table: first.table } : each
    )
    expect(lines({ ...small, entities, ontology }, 140).join("\n")).toContain(
      besideCount(first?.description ?? "").slice(0, 20)
    )
  })

  it("leaves out what there is nothing to say about", () => {
    const text = lines({ ...small, relationships: null, entities: small.entities.slice(0, 1) }).join("\n")
    expect(text).not.toMatch(/Relationships|Is that so|Orphans|Not entities|Not read|Questions/)
  })

  it("only names entities without rows, where there are several", () => {
    const empty = ["a", "b", "c"].map((table) => entity(table, "entity", { name: `The ${table}`, rows: 0 }))
    const text = lines({ ...small, entities: [...small.entities, ...empty] })
    expect(text.slice(2, 7)).toEqual([
      "Entities  5 and 1 lookup list, with their rows",
      "  Rental    8,420  rentals    Bikes taken from one shop and brought back.",
      "  Customer  4,200  customers  Somebody who rents bikes.",
      "  Country      10  countries  A country and its currency.",
      "  3 without rows: The a, The b, The c"
    ])
    expect(lines({ ...small, entities: [...small.entities, ...empty.slice(1)] }).join("\n")).not.toContain(
      "without rows"
    )
  })

  it("says of all rows that they are all, and which value it is where there is one", () => {
    const rows = { rows: 3_400, orphanRows: 3_400, orphans: ["0"], maxFrom: 9, maxTo: 1 }
    const inclusion = { ...rows, distinct: 1, matched: 0, targetDistinct: 120, sampled: false }
    const all = relationship("a.b_id -> b.id", { evidence: { inclusion, reasons: [] } })
    const text = lines({ ...small, relationships: [all] })
    expect(text).toContain("  a.b_id: all 3,400 rows point to nothing in b (only 0)")
  })

  it("gives names that are too long for one line two of them", () => {
    const key = `${"a".repeat(30)}.bees_id -> ${"b".repeat(20)}.id`
    expect(lines({ ...small, relationships: [relationship(key)] }, 60).join("\n")).toContain(
      `\n  ${"a".repeat(30)}.bees_id\n    → ${"b".repeat(20)}.id  N:1  93 %\n`
    )
  })

  it("names schemas only where there are several", () => {
    const elsewhere = entity("people", "entity", { schema: "crm", name: "Person" })
    expect(lines(small).join("\n")).not.toContain("public.")
    expect(lines({ ...small, entities: [...small.entities, elsewhere] }).join("\n")).toMatch(
      /crm\.people[^]*public\.rentals\.pickup_shop/
    )
  })

  it("counts what only names speak for, and calls nothing certain that is not", () => {
    const untested = { inclusion: null, reasons: ["the name says so"] }
    const text = lines({
      ...small,
      relationships: [
        relationship("a.b_id -> b.id", { confidence: 0.9999 }),
        relationship("a.c_id -> c.id", { confidence: 0.2, status: "needs_review" }),
        relationship("a.f_id -> f.id", { confidence: 0.002, status: "needs_review" }),
        relationship("a.d_id -> d.id", { status: "needs_review", evidence: untested }),
        relationship("a.e_id -> e.id", { status: "needs_review", evidence: untested })
      ]
    })
    expect(text.filter((line) => /a\.|without values/.test(line))).toEqual([
      "  a.b_id  → b.id  N:1  99 %",
      "  a.c_id  → c.id  N:1  20 %",
      "  2 without values to see it by, where only names speak"
    ])
    // As many as people are asked about.
    expect(text).toContain("Is that so?  1 relationship that the data alone do not settle")
    expect(text).toContain("  1 that is hardly so")
    const unlikely = relationship("a.c_id -> c.id", { confidence: 0.07, status: "needs_review" })
    expect(lines({ ...small, relationships: [unlikely] })).toContain("Is that so?  1 that is hardly so; see the report")
    const named = relationship("a.d_id -> d.id", { status: "needs_review", evidence: untested })
    expect(lines({ ...small, relationships: [named] })).toContain(
      "Is that so?  1 without values to see it by, where only names speak; see the report"
    )
    // No join was made, though both tables have rows.
    const full = ["a", "d"].map((table) => entity(table, "entity"))
    const unjoined = { ...named, confidence: 0.03 }
    expect(lines({ ...small, entities: [...small.entities, ...full], relationships: [unjoined] })).toContain(
      "Is that so?  1 that is hardly so; see the report"
    )
  })

  it("calls nothing found in the data of which no row has a counterpart", () => {
    const found = relationship("a.b_id -> b.id")
    const { inclusion } = found.evidence
    if (inclusion === null) throw new Error("no join")
    const none = {
      ...found,
      evidence: { ...found.evidence, inclusion: { ...inclusion, matched: 0, orphanRows: 3_400 } }
    }
    expect(lines({ ...small, relationships: [none] })).toContain(
      "Relationships  0 found in the data, the least sure first; 1 by name or comment; 0 declared"
    )
  })

  it("only counts relationships of tables that stand for nothing, which are not in the report", () => {
    const staging = entity("staging", "technical", { reason: "its name says so" })
    const of = relationship("staging.customer_id -> customers.customer_id", {}, 31)
    const shown = (relationships: ReadonlyArray<Relationship>) =>
      lines({ ...small, entities: [...small.entities, staging], relationships }).join("\n")
    expect(shown([of])).not.toContain("staging.customer_id")
    expect(shown([of])).toContain("Relationships  0 found in the data; 0 declared\n  1 more of technical tables\n")
    expect(shown([of, ...(small.relationships ?? [])])).toContain("\n  1 more of technical tables\n")
    expect(shown([])).toContain("No relationships found")
  })

  it("fits one screen for hundreds of tables: what is left out is counted", () => {
    const many: Findings = {
      ...small,
      entities: Array.from({ length: 300 }, (_, n) => entity(`table_${n}`, n < 250 ? "entity" : "log", { rows: n })),
      relationships: Array.from({ length: 500 }, (_, n) =>
        relationship(`table_${n}.other_id -> table_${n % 7}.id`, { status: n < 400 ? "accepted" : "needs_review" })
      )
    }
    const all = lines(many)
    expect(all.length).toBeLessThanOrEqual(40)
    expect(all).toContain("  … 243 more in the report")
    expect(all).toContain("  … 395 more in the report")
    expect(all).toContain("Entities  250, with their rows")
  })

  it("fits the terminal at any width, coloured or not, whatever the names", () => {
    const hostile: Findings = {
      ...small,
      database: "x\u001b[31m".repeat(3),
      entities: [entity("a".repeat(63), "entity", { name: "顧客".repeat(40), description: "long words ".repeat(40) })],
      relationships: [
        relationship(`${"b".repeat(63)}.${"c".repeat(63)},${"d".repeat(63)} -> ${"e".repeat(63)}.x,y`, {}, 9)
      ],
      skipped: [{ schema: "public", table: "f".repeat(63), reason: "permission denied\nfor table" }]
    }
    for (const width of [60, 80, 100, 139, 140])
      for (const style of [plain, ansi])
        for (const findings of [small, hostile]) {
          const options = { width, elapsedMillis: 1, files }
          const text = render(findings, { ...options, style })
          expect(text.split("\n").filter((line) => widthOf(line) > width)).toEqual([])
          expect(withoutColours(text)).toBe(render(findings, { ...options, style: plain }))
        }
  })

  it("says what must be known before counting, and never that a table which was not read has no rows", () => {
    const shown = lines({
      ...small,
      entities: ["orders", "bills"].map((table) =>
        entity(table, "entity", { name: table === "orders" ? "Order" : "Bill", rows: 0, sampled: true })
      ),
      relationships: [],
      skipped: [{ schema: "public", table: "orders", reason: "locked" }],
      notes: [{ schema: "public", table: "customers", notes: ["Row-level security applies here.", "And more."] }]
    })
    expect(shown.find((line) => line.includes("Order "))).toMatch(/Order {2}not read {2}orders/)
    expect(shown.join("\n")).toContain(
      "Not read  2\n  orders: locked\n  bills: this login sees no row of it, which is not to say that it has none\n\nTo know before you count  1\n  customers: Row-level security applies here. And more.\n"
    )
  })
})

describe("Copies in the summary", () => {
  it("are named in one place, and left out everywhere else", () => {
    const copied = entity("orders", "technical", { schema: "b", rows: 5 })
    const shown = lines({
      ...small,
      entities: [...small.entities, copied],
      copies: [
        {
          of: { schema: "public", prefix: "" },
          copies: [
            { schema: "b", prefix: "", tables: ["orders"], rows: 5, differs: [] },
            { schema: "c", prefix: "", tables: ["orders"], rows: 7, differs: ["without the table notes"] }
          ]
        }
      ]
    })
    const at = shown.indexOf("Copies  2 of tables that are described elsewhere")
    expect(shown.slice(at, at + 4)).toEqual([
      "Copies  2 of tables that are described elsewhere",
      "  public is described, and 2 copies are not",
      "    the same: b (5 rows)",
      "    c (7 rows): without the table notes"
    ])
    expect(shown.filter((line) => line.includes("b.orders"))).toEqual([])
  })

  it("have no line for a reference that they share with what is described, and one for what only they have", () => {
    const tables = ["a", "b", "c"].map((schema) => entity("tasks", schema === "a" ? "entity" : "technical", { schema }))
    const keys = [...tables, entity("notes", "entity", { schema: "c" })].flatMap(({ schema, table }) =>
      [relationship(`${table}.plan_id -> plans.plan_id`), relationship(`${table}.region_id -> regions.region_id`)].map(
        (each) => ({ ...each, from: { ...each.from, schema } })
      )
    )
    const own = keys.filter(({ from }) => !(from.schema === "a" && from.columns[0] === "region_id"))
    const shown = lines({
      ...small,
      entities: [...small.entities, ...tables],
      relationships: own,
      copies: [
        {
          of: { schema: "a", prefix: "" },
          copies: ["b", "c"].map((schema) => ({ schema, prefix: "", tables: ["tasks"], rows: 5, differs: [] }))
        }
      ]
    })
    expect(
      shown.filter((line) => line.includes("→")).map((line) => line.trim().split(/ +/).slice(0, 3).join(" "))
    ).toEqual([
      "a.tasks.plan_id → public.plans.plan_id",
      "b.tasks.region_id → public.regions.region_id",
      "c.notes.plan_id → public.plans.plan_id",
      "c.notes.region_id → public.regions.region_id"
    ])
  })
})
