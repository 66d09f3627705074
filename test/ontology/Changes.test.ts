import { describe, expect, it } from "@effect/vitest"
import { buildOntology } from "../../src/ontology/Build.ts"
import { changesBetween } from "../../src/ontology/Changes.ts"
import type { Ontology } from "../../src/ontology/Ontology.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { shop } from "./shop.ts"

const ontology = buildOntology(shop)
const [first, ...others] = ontology.entities
if (first === undefined) throw new Error("the shop has no entity")
const [column, ...columns] = first.columns
if (column === undefined) throw new Error("its first entity has no column")
const table = `${first.schema}.${first.table}`

const told = (before: Ontology, after: Ontology) =>
  atOnce(changesBetween(before, after)).map(({ detail, how, name, what }) => [what, how, name, detail])

/** The same without the details. */
const named = (before: Ontology, after: Ontology) => told(before, after).map((each) => each.slice(0, 3))

const withFirst = (entity: Partial<typeof first>): Ontology => ({
  ...ontology,
  entities: [{ ...first, ...entity }, ...others]
})

describe("what changed between two versions of an ontology", () => {
  it("is nothing where nothing did, or only the numbers of rows", () => {
    expect(told(ontology, ontology)).toEqual([])
    expect(told(ontology, buildOntology(shop))).toEqual([])
    expect(told(ontology, withFirst({ rows: first.rows + 1, description: "In other words." }))).toEqual([])
  })

  it("is a comment that came, or is another", () => {
    const commented = (comment: string) =>
      withFirst({ description: `"${comment}": 3 things.`, columns: [{ ...column, comment }, ...columns] })
    const name = `${table}.${column.name}`
    expect(told(commented("A sale"), commented("A sale to somebody"))).toEqual([
      ["meaning", "changed", table, 'comment "A sale to somebody", was comment "A sale"'],
      ["meaning", "changed", name, 'comment "A sale to somebody", was comment "A sale"']
    ])
    expect(told(withFirst({ description: "3 things." }), commented("A sale"))).toContainEqual([
      "meaning",
      "changed",
      table,
      'comment "A sale", was no comment'
    ])
  })

  it("is a table that came, or went", () => {
    const without = { ...ontology, entities: others }
    const detail = `${first.kind} "${first.name}"`
    expect(told(without, ontology)).toEqual([["table", "added", table, detail]])
    expect(told(ontology, without)).toEqual([["table", "gone", table, detail]])
  })

  it("is a column that came, went, or has another type", () => {
    expect(told(withFirst({ columns }), ontology)).toEqual([
      ["column", "added", `${table}.${column.name}`, column.type]
    ])
    expect(told(ontology, withFirst({ columns }))).toEqual([["column", "gone", `${table}.${column.name}`, column.type]])
    const other = withFirst({ columns: [{ ...column, type: "uuid" }, ...columns] })
    expect(told(ontology, other)).toMatchObject([
      ["column", "changed", `${table}.${column.name}`, expect.stringMatching(/^uuid.*, was /)]
    ])
  })

  it("is a table or column that has another name, and nothing else because of it", () => {
    const named = (entity: Partial<typeof first>, relationships = ontology.domain.relationships): Ontology => ({
      ...withFirst(entity),
      domain: { ...ontology.domain, relationships }
    })
    const side = <S extends { readonly table: string }>(set: S, to: string): S =>
      set.table === first.table ? { ...set, table: to } : set
    const joins = ontology.domain.relationships.map((each) => ({
      ...each,
      from: side(each.from, "other"),
      to: side(each.to, "other")
    }))
    expect(told(ontology, named({ table: "other", name: "Other" }, joins))).toEqual([
      ["table", "changed", "public.other", `renamed, was ${table}`]
    ])
    const [, second, ...rest] = first.columns
    if (second === undefined) throw new Error("its first entity has one column")
    const renamed = { ...second, name: "called_so", label: "called so" }
    expect(told(ontology, withFirst({ columns: [column, renamed, ...rest] }))).toEqual([
      ["column", "changed", `${table}.called_so`, `renamed, was ${second.name}`]
    ])
  })

  it("is no other name where a column of another type, or at the end with other values, came", () => {
    const end = (name: string, type: string, value: string) => ({
      ...column,
      name,
      type,
      unique: false,
      primaryKey: false,
      values: [{ value, label: null, count: 1 }]
    })
    const withEnd = (...last: ReadonlyArray<typeof column>) => withFirst({ columns: [...first.columns, ...last] })
    const how = (before: Ontology, after: Ontology) => told(before, after).map(([, how_, name]) => `${how_} ${name}`)
    const was = withEnd(end("old", "text", "a"))
    expect(how(was, withEnd(end("new", "uuid", "a")))).toEqual([`added ${table}.new`, `gone ${table}.old`])
    expect(how(was, withEnd(end("new", "text", "b")))).toEqual([`added ${table}.new`, `gone ${table}.old`])
    expect(how(was, withEnd(end("new", "text", "a")))).toEqual([`changed ${table}.new`])
    const two = withEnd(end("new", "text", "a"), end("newer", "text", "a"))
    expect(how(was, two)).toEqual([`added ${table}.new`, `added ${table}.newer`, `gone ${table}.old`])
  })

  it("is a relationship that came, went, or has another cardinality", () => {
    const [join, ...joins] = ontology.domain.relationships
    if (join === undefined) throw new Error("the shop has no relationship")
    const of = (relationships: Ontology["domain"]["relationships"]): Ontology => ({
      ...ontology,
      domain: { ...ontology.domain, relationships }
    })
    const name = "public.order_lines(order_id) -> public.orders(id)"
    expect(named(of(joins), ontology)).toEqual([["relationship", "added", name]])
    expect(named(ontology, of(joins))).toEqual([["relationship", "gone", name]])
    const other = join.cardinality === "N:M" ? "1:1" : "N:M"
    expect(named(ontology, of([{ ...join, cardinality: other }, ...joins]))).toEqual([
      ["relationship", "changed", name]
    ])
  })

  it("is what a table or column means: name, type, unit, and the values that are listed", () => {
    expect(told(ontology, withFirst({ name: "Thing" }))).toEqual([
      ["meaning", "changed", table, `${first.kind} "Thing", was ${first.kind} "${first.name}"`]
    ])
    const unit = withFirst({ columns: [{ ...column, unit: "miles" }, ...columns] })
    expect(named(ontology, unit)).toEqual([["meaning", "changed", `${table}.${column.name}`]])
    const value = (text: string) => ({ value: text, label: null, count: 1 })
    const listed = (...texts: ReadonlyArray<string>) =>
      withFirst({ columns: [{ ...column, values: texts.map(value) }, ...columns] })
    expect(told(listed("a", "b"), listed("b", "c"))).toEqual([
      ["meaning", "changed", `${table}.${column.name}`, "new values: c; values that are gone: a"]
    ])
    const explained = withFirst({
      columns: [{ ...column, values: [{ value: "a", label: "open", count: 1 }, value("b")] }, ...columns]
    })
    expect(told(listed("a", "b"), explained)).toEqual([
      ["meaning", "changed", `${table}.${column.name}`, "meanings: a = open"]
    ])
  })

  it("is a key that is no longer declared, or another one", () => {
    expect(named(ontology, withFirst({ keyDeclared: !first.keyDeclared }))).toEqual([["table", "changed", table]])
    expect(told(withFirst({ keyColumns: ["id"], keyDeclared: true }), withFirst({ keyColumns: [] }))).toEqual([
      ["table", "changed", table, "no key, was key id declared"]
    ])
  })

  it("is nothing that rests on rows of a table that one of the two could not read", () => {
    const found = ontology.domain.relationships.find(({ declared }) => !declared)
    if (found === undefined) throw new Error("the shop has no reference that was found")
    const { schema, table: name } = found.to
    const target = ontology.entities.find((entity) => entity.table === name)
    const source = ontology.entities.find((entity) => entity.table === found.from.table)
    if (target === undefined || source === undefined) throw new Error("it refers to no entity")
    const without: Ontology = {
      ...ontology,
      domain: { ...ontology.domain, relationships: ontology.domain.relationships.filter((each) => each !== found) },
      entities: ontology.entities.map((entity) => ({
        ...entity,
        domain: "Others",
        columns: entity.columns.map((each) =>
          (entity === source && found.from.columns.includes(each.name)) || entity === target
            ? { ...each, references: null, role: "attribute" as const, semanticType: "other" as const }
            : each
        )
      }))
    }
    const locked = { ...without, notRead: [{ schema, table: name, reason: "locked" }] }
    expect(told(ontology, without).length).toBeGreaterThan(3)
    expect([told(ontology, locked), told(locked, ontology)]).toEqual([[], []])
    // What both could not read hides nothing.
    const never = { ...ontology, notRead: [{ schema, table: "archive", reason: "denied" }] }
    expect(named(never, { ...without, notRead: never.notRead })).toEqual(named(ontology, without))
  })
})
