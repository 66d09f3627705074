import { describe, expect, it } from "@effect/vitest"
import { buildOntology } from "../../src/ontology/Build.ts"
import { made, type MadeReference, type MadeTable, shop, values } from "./shop.ts"

const id = { name: "id", type: "integer" }
const questions = (tables: ReadonlyArray<MadeTable>, references: ReadonlyArray<MadeReference> = []) =>
  buildOntology(made(tables, references)).questions

describe("the owner is asked", () => {
  it("about a relationship that the data leaves open, with the reasons for it", () => {
    const [question] = questions(
      [
        { table: "a", name: "A", rows: 5, columns: [id, { name: "b_id", type: "integer" }] },
        { table: "b", name: "B", rows: 5, columns: [id] }
      ],
      [{ from: ["a", "b_id"], to: ["b", "id"], status: "needs_review" }]
    )
    expect(question).toMatchObject({
      id: "relationship:public.a(b_id)->public.b(id)",
      category: "relationship",
      priority: "high",
      question: "Does a.b_id refer to B (b.id)?",
      why: "The evidence is not conclusive: the name says so."
    })
    expect(question?.affects).toEqual([
      { schema: "public", table: "a", column: "b_id" },
      { schema: "public", table: "b", column: "id" }
    ])
  })
  it("not about a second table that has a column's values, where the first is known", () => {
    const asked = questions(
      [
        { table: "a", name: "A", rows: 5, columns: [id, { name: "b_id", type: "integer" }] },
        { table: "b", name: "B", rows: 5, columns: [id] },
        { table: "c", name: "C", rows: 5, columns: [id] }
      ],
      [
        { from: ["a", "b_id"], to: ["b", "id"] },
        { from: ["a", "b_id"], to: ["c", "id"], status: "needs_review" }
      ]
    )
    expect(asked.filter(({ category }) => category === "relationship")).toEqual([])
  })
  it("not what units, initials or columns without values mean, nor whether a table stands alone of which another question asks", () => {
    const letters = Object.fromEntries([..."ABCDEFGHIJ"].map((letter) => [letter, 10]))
    const columns = [
      id,
      { name: "dose_unit", type: "text", profile: values({ mg: 60, g: 40 }) },
      { name: "size_code", type: "text", profile: values({ XL: 60, S: 40 }) },
      { name: "middle_code", type: "text", profile: values(letters) },
      { name: "price", type: "numeric(8,2)", nullable: true, profile: { nulls: 100, distinct: 0 } }
    ]
    const asked = questions([{ table: "a", name: "A", rows: 100, columns }])
    expect(asked.map((each) => each.id)).toEqual(["values:public.a.size_code"])
    const open = questions(
      [
        { table: "a", name: "A", rows: 5, columns: [id, { name: "b_id", type: "integer" }] },
        { table: "b", name: "B", rows: 5, columns: [id] }
      ],
      [{ from: ["a", "b_id"], to: ["b", "id"], status: "needs_review" }]
    )
    expect(open.map(({ category }) => category)).toEqual(["relationship"])
  })
  it("about rows without a counterpart, and how many there are", () => {
    const orphans = buildOntology(shop).questions.find(({ category }) => category === "orphans")
    expect(orphans).toMatchObject({ priority: "high" })
    expect(orphans?.why).toContain("300 of 30,000 rows (1 %) have no counterpart in products, for example 4711")
  })
  it("once where many references to one table have such rows, not once for each", () => {
    const from = ["a", "b", "c", "d"]
    const asked = questions(
      [
        { table: "t", name: "T", rows: 100, columns: [id, ...from.map((name) => ({ name, type: "integer" }))] },
        { table: "thing", name: "Thing", rows: 10, columns: [id] }
      ],
      from.map((name) => ({ from: ["t", name], to: ["thing", "id"], orphanRows: 50 }))
    )
    const orphans = asked.filter(({ category }) => category === "orphans")
    expect(orphans.map((each) => each.id)).toEqual(["orphans:public.thing"])
    expect(orphans[0]?.affects).toHaveLength(4)
  })
  it("what a code means, unless a comment says it", () => {
    const coded = (comment?: string, counts: Readonly<Record<string, number>> = { A: 60, B: 40 }): MadeTable => ({
      table: "t",
      name: "T",
      rows: 100,
      columns: [
        id,
        {
          name: "status",
          type: "text",
          profile: values(counts),
          ...(comment === undefined ? {} : { comment })
        }
      ]
    })
    expect(questions([coded()]).map((each) => each.question)).toContain(
      'What do the values of t.status mean: "A", "B"?'
    )
    expect(questions([coded("A: on, B: off")]).map(({ category }) => category)).not.toContain("values")
    expect(questions([coded("A: on, B: off", { A: 50, B: 30, C: 20 })]).map((each) => each.question)).toContain(
      'What does the value "C" of t.status mean?'
    )
  })
  it("what tells rows apart where nothing does", () => {
    const asked = questions([{ table: "t", name: "T", rows: 9, key: [], columns: [{ name: "x", type: "text" }] }])
    expect(asked.map(({ category }) => category)).toContain("key")
  })
  it("how a table is related to others, where there are others", () => {
    const table = (table: string, name: string) => ({
      table,
      name,
      rows: 9,
      columns: [{ name: "id", type: "integer" }]
    })
    const about = (...tables: ReadonlyArray<MadeTable>) =>
      questions(tables).filter(({ category }) => category === "connection").length
    expect(about(table("rooms", "Room"))).toBe(0)
    expect(about(table("rooms", "Room"), table("guests", "Guest"))).toBe(2)
  })
  it("not about one that a foreign key joins whose columns this login may not read", () => {
    const things = (...names: ReadonlyArray<string>) =>
      made(names.map((name) => ({ table: name, name, rows: 9, columns: [{ name: `${name}_no`, type: "integer" }] })))
    const found = things("ladders", "sheds", "kites")
    const key = { name: "fk", columns: ["shed"], target: { schema: "public", table: "sheds", columns: ["shut"] } }
    const tables = found.catalog.tables.map((table) =>
      table.table === "ladders" ? { ...table, hiddenForeignKeys: [key] } : table
    )
    const asked = buildOntology({ ...found, catalog: { ...found.catalog, tables } }).questions.filter(
      ({ category }) => category === "connection"
    )
    expect(asked.map((question) => question.id)).toEqual(["connection:public.kites"])
  })

  it("which of two tables with the same columns is the right one", () => {
    const columns = ["a", "b", "c", "d"].map((name) => ({ name, type: "text" }))
    const asked = questions([
      { table: "customer", name: "Customer", rows: 9, columns },
      { table: "client", name: "Client", rows: 9, columns }
    ])
    expect(asked.find(({ category }) => category === "duplicate")?.why).toBe(
      "4 of their 4 own columns have the same names."
    )
  })
  it("which of several dates counts, and in which currency amounts are", () => {
    const asked = buildOntology(shop).questions
    expect(asked.find(({ category }) => category === "time")?.question).toBe(
      "Which date counts for figures about Orders: ordered_at or shipped_at?"
    )
    expect(asked.find(({ category }) => category === "unit")?.question).toBe(
      "In which currency are order_lines.unit_price and orders.total_amount, and is it the same for all?"
    )
  })
  it("whether a date at the end of time means that there is no end", () => {
    const asked = questions([
      {
        table: "t",
        name: "T",
        rows: 9,
        columns: [id, { name: "until", type: "date", profile: { minimum: "2020-01-01", maximum: "9999-12-31" } }]
      }
    ])
    expect(asked.map((each) => each.question)).toContain('Does 9999-12-31 in t.until mean "no end yet"?')
  })
})

describe("answers", () => {
  it("what has been answered is not asked again, and is part of the ontology", () => {
    const before = buildOntology(shop)
    const [question] = before.questions
    if (question === undefined) throw new Error("nothing is asked")
    const knowledge = [
      { questionId: question.id, question: question.question, answer: "Deleted products.", affects: question.affects }
    ]
    const after = buildOntology({ ...shop, knowledge })
    expect(after.questions).toEqual(before.questions.slice(1))
    expect(after.knowledge).toEqual(knowledge)
  })
})
