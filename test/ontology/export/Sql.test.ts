import { describe, expect, it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import { quoteIdentifier } from "../../../src/datasource/Identifier.ts"
import { toComments } from "../../../src/ontology/export/Comments.ts"
import { toForeignKeys } from "../../../src/ontology/export/ForeignKeys.ts"
import type { Relationship } from "../../../src/relationships/Relationship.ts"
import * as TestDatabase from "../../fixtures/TestDatabase.ts"
import { hostile } from "../hostile.ts"
import { made } from "../shop.ts"
import { modelOf, textOf } from "./source.ts"

/** Names that PostgreSQL takes: up to 63 bytes, no NUL. */
const names = FastCheck.uniqueArray(
  hostile.filter((name) => name !== "" && Buffer.byteLength(name) <= 63 && !/\0|\p{Cs}/u.test(name)),
  { minLength: 5, maxLength: 5 }
)

/** Two tables, one of which refers to the other, and has a column beside. */
const database = ([parent = "", child = "", key = "", reference = "", beside = ""]: ReadonlyArray<string>) => ({
  parent,
  child,
  key,
  reference,
  beside,
  found: made(
    [
      { table: parent, name: parent, rows: 9, key: [key], columns: [{ name: key, type: "integer" }] },
      {
        table: child,
        name: `It's "${child}" \\`,
        rows: 40,
        key: [key],
        columns: [
          { name: key, type: "integer" },
          { name: reference, type: "integer" },
          { name: beside, type: "text", nullable: true, comment: "said already" }
        ]
      }
    ],
    [{ from: [child, reference], to: [parent, key] }]
  )
})

const create = ({ beside, child, key, parent, reference }: ReturnType<typeof database>) => {
  const [p, c, k, r, b] = [parent, child, key, reference, beside].map(quoteIdentifier)
  return `CREATE TABLE ${p} (${k} int PRIMARY KEY); CREATE TABLE ${c} (${k} int PRIMARY KEY, ${r} int NOT NULL, ${b} text);
    COMMENT ON COLUMN ${c}.${b} IS 'said already';`
}

const foreignKeys = `SELECT c.conname AS name, c.convalidated AS validated, f.relname AS "from", t.relname AS "to",
    (SELECT attname FROM pg_attribute WHERE attrelid = c.conrelid AND attnum = c.conkey[1]) AS column
  FROM pg_constraint c JOIN pg_class f ON f.oid = c.conrelid JOIN pg_class t ON t.oid = c.confrelid
  WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace`

const comments = `SELECT c.relname AS table, a.attname AS column, d.description FROM pg_description d
  JOIN pg_class c ON c.oid = d.objoid AND c.relnamespace = 'public'::regnamespace
  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
  WHERE d.classoid = 'pg_class'::regclass ORDER BY c.relname, d.objsubid`

describe("foreign-keys.sql and comments.sql", () => {
  it.scopedLive("run as they are, whatever the database calls things, and a rollback leaves nothing of them", () =>
    Effect.gen(function* () {
      const sql = yield* Effect.flatMap(TestDatabase.connect(yield* TestDatabase.create), (client) => client.reserve)
      const run = (text: string) => sql.executeUnprepared(text, [], undefined)
      for (const each of FastCheck.sample(names, 60).map(database)) {
        const model = modelOf(each.found)
        yield* run(`BEGIN; ${create(each)}`)
        yield* run(textOf(toForeignKeys(model)))
        yield* run(textOf(toComments(model)))
        const keys = yield* run(foreignKeys)
        expect(keys).toMatchObject([{ from: each.child, to: each.parent, column: each.reference, validated: false }])
        const said = yield* run(comments)
        const columns = model.tables.flatMap((table) =>
          table.columns.map(({ commented, meaning, name }) => ({
            table: table.table,
            column: name,
            description: commented ? "said already" : meaning?.description
          }))
        )
        expect(said).toEqual(expect.arrayContaining(columns))
        expect(said).toHaveLength(columns.length + 2)
        yield* run("ROLLBACK")
      }
      expect(yield* run(foreignKeys)).toEqual([])
    })
  )

  it.scopedLive("make the unique keys that foreign keys need, and names of at most 63 bytes", () =>
    Effect.gen(function* () {
      const sql = yield* Effect.flatMap(TestDatabase.connect(yield* TestDatabase.create), (client) => client.reserve)
      const run = (text: string) => sql.executeUnprepared(text, [], undefined)
      const long = "ü".repeat(31)
      const columns = ["id", `${long}a`, `${long}b`].map((name) => ({ name, type: "integer" }))
      const found = made(
        [
          { table: "parents", name: "Parent", rows: 9, key: [], columns: [{ name: "id", type: "bigint" }] },
          { table: `${long}c`, name: "Child", rows: 40, columns }
        ],
        [
          { from: [`${long}c`, `${long}a`], to: ["parents", "id"] },
          { from: [`${long}c`, `${long}b`], to: ["parents", "id"] }
        ]
      )
      yield* run(
        `BEGIN; CREATE TABLE parents (id bigint NOT NULL); CREATE TABLE "${long}c" (id int, "${long}a" int, "${long}b" int)`
      )
      yield* run(textOf(toForeignKeys(modelOf(found))))
      const keys = yield* run(foreignKeys)
      expect(keys).toHaveLength(2)
      expect(new Set(keys.map((key) => Reflect.get(Object(key), "name"))).size).toBe(2)
      yield* run("ROLLBACK")
    })
  )

  it("say what no foreign key can be made of as a comment, with the reason", () => {
    const found = made(
      [
        {
          table: "posts",
          name: "Post",
          rows: 9,
          columns: [
            { name: "id", type: "integer" },
            { name: "code", type: "text" }
          ]
        },
        {
          table: "notes",
          name: "Note",
          rows: 90,
          columns: ["id", "a_id", "b_id", "c_id", "d_id"].map((name) => ({
            name,
            type: name === "d_id" ? "uuid" : "integer"
          }))
        }
      ],
      [
        { from: ["notes", "a_id"], to: ["posts", "id"], orphanRows: 3 },
        { from: ["notes", "b_id"], to: ["posts", "id"] },
        { from: ["notes", "c_id"], to: ["posts", "code"] },
        { from: ["notes", "d_id"], to: ["posts", "id"] }
      ]
    )
    const relationships = found.relationships.map((each): Relationship => {
      if (each.from.columns[0] === "b_id") return { ...each, when: { column: "kind\nx", value: "Post" } }
      if (each.from.columns[0] === "c_id") return { ...each, compared: "as whole numbers" }
      return each
    })
    const text = textOf(toForeignKeys(modelOf({ ...found, relationships })))
    const statements = text.split("\n").filter((line) => line !== "" && !line.startsWith("--"))
    expect(statements).toEqual([])
    expect(text).toContain("No foreign key: 3 of 90 rows refer to nothing (4711, …).\n-- ALTER TABLE")
    expect(text).toContain("No foreign key: kind x says row by row which table it refers to.\n")
    expect(text).toContain("No foreign key: texts are compared with numbers.\n")
    expect(text).toContain("No foreign key: d_id is uuid, and what it refers to is integer.\n")
  })

  it("leave out what is declared, and comment on views as views", () => {
    const found = made(
      [
        { table: "a", name: "A", rows: 9, columns: [{ name: "id", type: "integer" }] },
        { table: "v", name: "V", rows: 9, columns: [{ name: "id", type: "integer" }] }
      ],
      [{ from: ["v", "id"], to: ["a", "id"] }]
    )
    const tables = found.catalog.tables.map((table) =>
      table.table === "v" ? { ...table, kind: "view" as const, comment: "mine" } : table
    )
    const declared = found.relationships.map((each): Relationship => ({ ...each, method: "foreign_key" }))
    const catalog = { ...found.catalog, tables }
    expect(textOf(toForeignKeys(modelOf({ ...found, catalog, relationships: declared })))).not.toContain("ALTER TABLE")
    expect(textOf(toForeignKeys(modelOf({ ...found, catalog })))).toContain("No foreign key: public.v is a view.")
    const text = textOf(toComments(modelOf({ ...found, catalog })))
    expect(text).toContain(`COMMENT ON TABLE "public"."a"`)
    expect(text).not.toContain(`COMMENT ON VIEW`)
    expect(text).toContain(`COMMENT ON COLUMN "public"."v"."id"`)
  })
})
