import { describe, expect, it } from "@effect/vitest"
import { buildOntology } from "../../src/ontology/Build.ts"
import { made, type MadeTable } from "./shop.ts"

const table = (name: string, verdict: MadeTable["verdict"] = "entity"): MadeTable => ({
  table: name,
  name,
  rows: 100,
  verdict,
  columns: [
    { name: "id", type: "integer" },
    { name: `${name.replace(/^t\d_/, "")}_no`, type: "integer" }
  ]
})

describe("a copy that differs from what is described", () => {
  const names = ["bike", "client", "order", "visit"]
  const found = buildOntology(
    made(
      [
        ...[...names, "part", "repair"].map((name) => table(`t1_${name}`)),
        ...names.map((name) => table(`t2_${name}`, "technical")),
        table("t2_note")
      ],
      [
        { from: ["t1_order", "order_no"], to: ["t1_client", "id"], status: "needs_review" },
        { from: ["t2_order", "order_no"], to: ["t2_client", "id"], status: "needs_review" },
        { from: ["t2_note", "note_no"], to: ["t2_order", "id"], status: "needs_review" }
      ]
    )
  )

  it("is counted as one without a difference is: only what it has alone", () => {
    expect(found.copies).toMatchObject([{ of: { prefix: "t1_" }, copies: [{ prefix: "t2_", differs: { length: 3 } }] }])
    expect(found.domain.summary).toContain("has 7 tables with 700 rows: 7 entities.")
    expect(found.otherTables).toEqual([])
  })

  it("is asked about where it is alone", () => {
    const asked = found.questions.filter(({ category }) => category === "relationship").map(({ question }) => question)
    expect(asked.map((question) => question.split(" ")[1]).toSorted()).toEqual(["t1_order.order_no", "t2_note.note_no"])
  })
})

describe("the time that a database covers", () => {
  const summary = (minimum: string, maximum: string) => {
    const columns = [
      { name: "id", type: "integer" },
      { name: "person_id", type: "integer" },
      { name: "placed_on", type: "date", profile: { minimum, maximum } }
    ]
    return buildOntology(
      made(
        [
          { table: "orders", name: "Order", rows: 100, columns },
          { table: "people", name: "Person", rows: 10, columns: [{ name: "id", type: "integer" }] }
        ],
        [{ from: ["orders", "person_id"], to: ["people", "id"] }]
      )
    )
  }

  it("is not said where one of its ends stands for no day", () => {
    expect(summary("2024-01-03", "2025-02-01").domain.summary).toContain("run from 2024-01-03 to 2025-02-01")
    expect(summary("1900-01-01", "2025-02-01").domain.summary).not.toContain("dated")
    expect(summary("2024-01-03", "9999-12-31").domain.summary).not.toContain("dated")
    expect(summary("1970-01-01", "2025-02-01").entities[0]?.description).not.toContain("dated")
  })
})
