import { describe, expect, it } from "@effect/vitest"
import { identify } from "../../src/entities/Identification.ts"
import { sketch, type TableSketch } from "./schema.ts"
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
})

it("a list that is referred to is counted in words", () => {
  const countries = { columns: ["code text", "name text"], key: ["code"], rows: 1 }
  const places = { columns: ["id serial", "country_code text"], references: ["country_code -> countries.code"] }
  expect(judged("countries", countries, { places }).reason).toBe(
    "It is a short list (1 row) of named values that Place refers to."
  )
})
