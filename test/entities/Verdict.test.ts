import { describe, expect, it } from "@effect/vitest"
import { identify } from "../../src/entities/Identification.ts"
import { foreignKeyOf, sketch, type TableSketch } from "./schema.ts"
import { type JudgedTable, VERDICTS } from "./verdicts.ts"
import type { Reference } from "../../src/entities/References.ts"
import { atOnce } from "../../src/steps/Steps.ts"

const people: TableSketch = { columns: ["person_id serial", "name text"], key: ["person_id"] }
const clubs: TableSketch = { columns: ["club_id serial", "name text"], key: ["club_id"] }

/** Verdict and reason on one table, beside people and clubs. */
const judged = (table: string, one: TableSketch, others: Record<string, TableSketch> = {}) => {
  const all = sketch({ people, clubs, ...others, [table]: one })
  const found = atOnce(identify(all)).find((each) => each.table === table)
  return { verdict: found?.verdict, reason: found?.reason }
}
const verdict = (...of: Parameters<typeof judged>) => judged(...of).verdict

const both = ["person_id -> people.person_id", "club_id -> clubs.club_id"]

describe("a table that joins others", () => {
  it("is a link with a period and a remark, where it is called after what it joins", () => {
    const columns = ["person_id int", "club_id int", "valid_from timestamp", "valid_to timestamp", "end_reason text"]
    const one = { columns: columns.slice(0, 4), key: ["person_id", "club_id"], references: both }
    expect(judged("person_clubs", one)).toEqual({
      verdict: "link",
      reason: "Besides references (to Club and Person) it only holds valid_from and valid_to."
    })
    expect(verdict("club_of_person", one)).toBe("link")
    expect(verdict("contracts", one)).toBe("entity")
    expect(verdict("person_clubs", { ...one, columns: [...columns.slice(0, 4), "status_reason text"] })).toBe("link")
  })

  it("is many to many, unless a key of any kind lets one of them be there once", () => {
    const one = { columns: ["link_id serial", "person_id int", "club_id int"], key: ["link_id"], references: both }
    const reason = (...keys: ReadonlyArray<ReadonlyArray<string>>) => {
      const { catalog, ...rest } = sketch({ people, clubs, person_clubs: one })
      const tables = catalog.tables.map((table) => ({
        ...table,
        keys: [
          ...table.keys,
          ...(table.table === "person_clubs" ? keys : []).map((columns) => ({ name: "u", columns, primary: false }))
        ]
      }))
      return atOnce(identify({ ...rest, catalog: { ...catalog, tables } })).find(
        ({ table }) => table === "person_clubs"
      )?.reason
    }
    expect(reason()).toContain("many to many")
    expect(reason(["person_id", "club_id"])).toContain("many to many")
    expect(reason(["person_id"])).not.toContain("many to many")
  })

  it("is a thing where it has figures of its own", () => {
    const one = { columns: ["person_id int", "club_id int", "fee numeric"], key: ["person_id", "club_id"] }
    expect(verdict("person_clubs", { ...one, references: both })).toBe("entity")
  })

  it("is a link where its name says that it maps", () => {
    const columns = ["old_code text", "person_id int", "club_id int", "since timestamp", "old_description text"]
    expect(verdict("old_to_new_map", { columns, references: both })).toBe("link")
    expect(verdict("site_map", { columns: ["map_id serial", ...columns], key: ["map_id"], references: both })).toBe(
      "entity"
    )
  })

  it("is a link where the rest only says which one of something unknown", () => {
    const columns = ["person_id int", "club_id int", "subject_id int"]
    const one = { columns, key: ["person_id", "club_id", "subject_id"], references: both }
    expect(verdict("participation", one)).toBe("link")
    expect(verdict("participation", { ...one, columns: [...columns, "shares int"] })).toBe("entity")
  })

  it("is a link where it says how far apart two rows of one table are", () => {
    const one = {
      columns: ["ancestor_id int", "descendant_id int", "min_depth int", "max_depth int"],
      references: ["ancestor_id -> people.person_id", "descendant_id -> people.person_id"]
    }
    expect(verdict("lineage", one)).toBe("link")
    expect(verdict("lineage", { ...one, columns: [...one.columns, "certainty numeric"] })).toBe("entity")
  })

  it("is a link by its names where it has no rows, and numbers are no part of them", () => {
    const columns = ["person_id_1 int", "person_id_2 int", "since timestamp"]
    expect(judged("person_relations", { columns, rows: 0 }).reason).toBe(
      "Besides what seem to be references (to Person) it only holds since."
    )
  })

  it("is a thing where it has no rows, only names say what it joins, and its own says nothing of that", () => {
    const columns = ["errand_id serial", "person_id int", "club_id int"]
    const one = { columns, key: ["errand_id"], rows: 0, comment: "Who does what." }
    expect(verdict("errands", one)).toBe("entity")
    expect(verdict("errands", { ...one, references: both })).toBe("link")
    expect(verdict("person_clubs", one)).toBe("link")
  })

  it("is no link because its key is called as that of a table without rows", () => {
    const columns = ["person_ref2_id serial", "person_id int"]
    const one = { columns, key: ["person_ref2_id"], references: both.slice(0, 1) }
    const empty = { person_refs2: { columns: ["person_ref2_id serial", "who int"], key: ["person_ref2_id"], rows: 0 } }
    expect(verdict("person_marks", one, empty)).toBe("entity")
  })

  it("is a link where its key is what it joins, and the rest is since when", () => {
    const one = { columns: ["person_id int", "club_id int", "followed_at timestamp"], references: both }
    expect(verdict("follows", { ...one, key: ["person_id", "club_id"] })).toBe("link")
    expect(verdict("visits", { ...one, key: ["person_id", "club_id", "followed_at"] })).toBe("entity")
  })

  it("is a link where one side may be a row of any of several tables", () => {
    const columns = ["id serial", "person_id int", "watchable_type text", "watchable_id int"]
    const one = { columns, key: ["id"], references: both.slice(0, 1) }
    expect(judged("watchers", one)).toEqual({
      verdict: "link",
      reason:
        "All it holds are references (to Person, and to what watchable_type says): many to many, a row says that they belong together."
    })
    expect(verdict("comments", { ...one, columns: [...columns, "body text"] })).toBe("entity")
  })

  it("is a link where it lists members, and when they joined, as a time or as a number", () => {
    for (const column of ["joined timestamp", "timeadded int", "date_added int"])
      expect([
        column,
        verdict("club_members", {
          columns: ["id serial", "person_id int", "club_id int", column],
          key: ["id"],
          references: both
        })
      ]).toEqual([column, "link"])
  })

  it("is no link where its own rows refer to each other", () => {
    const one = {
      columns: ["id serial", "person_id int", "previous_id int"],
      key: ["id"],
      references: ["person_id -> people.person_id", "previous_id -> turns.id"]
    }
    expect(verdict("turns", one)).toBe("entity")
  })
})

describe("a table about the database or its program", () => {
  it("is technical where it holds a name and a value each", () => {
    const columns = ["id serial", "name text", "value text"]
    for (const table of ["system_settings", "config", "app_parameters", "metadata"]) {
      expect(verdict(table, { columns, key: ["id"] })).toBe("technical")
    }
    expect(verdict("person_settings", { columns, key: ["id"] })).toBe("entity")
    expect(verdict("variables", { columns: ["id serial", "label text", "unit text"], key: ["id"] })).toBe("entity")
  })

  it("is technical where its only row says a version", () => {
    const one = { columns: ["product text", "release_version text", "released timestamp"] }
    expect(verdict("about", { ...one, rows: 1 })).toBe("technical")
    expect(verdict("about", { ...one, rows: 12 })).toBe("entity")
    expect(verdict("about", { ...one, columns: ["person_id int", ...one.columns], rows: 1 })).toBe("entity")
  })

  it("is technical where a program keeps in it what it needs while it runs", () => {
    const key = ["id"]
    expect(verdict("sessions", { columns: ["id text", "payload text", "expires_at timestamp"], key })).toBe("technical")
    expect(verdict("failed_jobs", { columns: ["id serial", "payload text", "exception text"], key })).toBe("technical")
    expect(verdict("training_sessions", { columns: ["id serial", "title text", "starts_at timestamp"], key })).toBe(
      "entity"
    )
    expect(verdict("print_jobs", { columns: ["id serial", "pages int", "paper text"], key })).toBe("entity")
  })

  it("is technical where a framework calls it so, also if others of it refer to it", () => {
    const columns = ["content_type_id int", "name text"]
    const permissions = { columns, references: ["content_type_id -> django_content_type.id"] }
    const one = { columns: ["id serial", "model text"], key: ["id"], rows: 20 }
    expect(verdict("django_content_type", one, { permissions })).toBe("technical")
  })

  it("is technical where it is another table once more, in whatever language its name says so", () => {
    const columns = ["person_id int", "name text"]
    for (const table of ["people_old", "people_kopie", "people_copia", "people_sauvegarde"])
      expect(verdict(table, { columns })).toBe("technical")
  })

  it("is no copy of a table whose column refers elsewhere, whatever its name says", () => {
    const columns = ["order_id serial", "person_id int"]
    const orders = { orders: { columns, key: ["order_id"], references: ["person_id -> people.person_id"] } }
    const same = { columns, key: ["order_id"], references: ["person_id -> people.person_id"] }
    expect(verdict("orders2", same, orders)).toBe("technical")
    expect(verdict("orders2", { ...same, references: ["person_id -> clubs.club_id"] }, orders)).not.toBe("technical")
  })
})

/** Share of the verdicts, and of the names, that have to be right. */
const RIGHT = 0.95

/** What the data show to be a foreign key, as the discovery of relationships decides it. */
const decided = (tables: Readonly<Record<string, JudgedTable>>): ReadonlyArray<Reference> =>
  Object.entries(tables).flatMap(([table, { references = [], undeclared = [] }]) =>
    [references, undeclared].flatMap((all, i) =>
      all.map(foreignKeyOf).map(({ columns, target }) => ({
        from: { schema: "public", table, columns },
        to: target,
        confidence: i === 0 ? 1 : 0.97
      }))
    )
  )

const judgements = (known: boolean) =>
  Object.entries(VERDICTS).flatMap(([kind, tables]) =>
    atOnce(identify({ ...sketch(tables), ...(known ? { references: decided(tables) } : {}) })).flatMap((found) => {
      const right = tables[found.table]
      return right === undefined ? [] : [{ kind, found, right }]
    })
  )

const before = judgements(false)
const after = judgements(true)
const may = Math.floor((1 - RIGHT) * after.length)

const misjudged = (all: typeof after) =>
  all
    .filter(({ found, right }) => found.verdict !== right.verdict)
    .map(
      ({ found, kind, right }) => `${kind}: ${found.table} is ${found.verdict}, not ${right.verdict}: ${found.reason}`
    )

describe("tables that programs everywhere have", () => {
  it("are many, of many kinds of programs", () => {
    expect(after.length).toBeGreaterThan(150)
    expect(Object.keys(VERDICTS).length).toBeGreaterThanOrEqual(10)
  })

  it("stand for what a person who knows them says, where it is known what refers to what", () => {
    const wrong = misjudged(after)
    expect(wrong.length > may ? wrong : []).toEqual([])
  })

  it("stand for that also where only names say what refers to what", () => {
    const wrong = misjudged(before)
    expect(wrong.length > may ? wrong : []).toEqual([])
  })

  it("are called as a person calls them", () => {
    const wrong = after
      .filter(({ found, right }) => found.name !== right.name)
      .map(({ found, kind, right }) => `${kind}: ${found.table} is ${found.name}, not ${right.name}`)
    expect(wrong.length > may ? wrong : []).toEqual([])
  })

  it("have names of which no schema has one twice", () => {
    const names = after.map(({ found, kind }) => `${kind}: ${found.name}`)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })
})
