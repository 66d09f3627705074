import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { buildOntology } from "../../src/ontology/Build.ts"
import type { Discovered } from "../../src/ontology/Discovered.ts"
import { toMarkdown } from "../../src/ontology/Markdown.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { textOf } from "./context/textOf.ts"
import { changed, made, type MadeReference } from "./shop.ts"

const commented = (comment: string, references: ReadonlyArray<MadeReference> = [], users = 100, type = "integer") =>
  made(
    [
      { table: "users", name: "User", rows: users, columns: [{ name: "user_id", type: "integer" }], key: ["user_id"] },
      { table: "tags", name: "Tag", rows: 100, columns: [{ name: "id", type: "integer" }] },
      {
        table: "marks",
        name: "Mark",
        rows: 300,
        columns: [
          { name: "id", type: "integer" },
          { name: "who", type, comment }
        ]
      }
    ],
    references
  )
const saidOf = (discovered: Discovered) =>
  buildOntology(discovered)
    .entities.find(({ table }) => table === "marks")
    ?.columns.find(({ name }) => name === "who")?.disputed

const says = "Foreign key to users.user_id"
const contradicted = "The comment says that it refers to users.user_id, but its values do not bear that out."
const reference: MadeReference = { from: ["marks", "who"], to: ["users", "user_id"] }

describe("a comment that says what a column refers to", () => {
  it.live("is contradicted in every file where its values are not there", () =>
    Effect.gen(function* () {
      const found = commented(says)
      expect(saidOf(found)).toBe(contradicted)
      expect(atOnce(toMarkdown(buildOntology(found)))).toContain(`${says}. ${contradicted}`)
      const text = yield* textOf(found)
      expect(text).toContain(`  who int 1…300; "${contradicted}"`)
      expect(text).not.toContain(`"${says}"`)
    })
  )

  it("is contradicted by what the values or a person say", () => {
    expect(saidOf(commented("FK users"))).toContain("refers to users, but its values do not bear that out")
    expect(saidOf(commented("Fremdschlüssel: Users.User_ID"))).toContain("but its values do not bear that out")
    const rejected = commented(says, [{ ...reference, status: "rejected", orphanRows: 290 }])
    expect(saidOf(rejected)).toContain("but 290 of 300 rows have no counterpart there.")
    const byPerson = {
      ...rejected,
      relationships: rejected.relationships.map((each) => ({ ...each, decidedBy: "person" as const }))
    }
    expect(saidOf(byPerson)).toContain("but a person has decided that it does not.")
    expect(saidOf(commented(says, [{ from: ["marks", "who"], to: ["tags", "id"] }]))).toContain(
      "but what was found is that it refers to tags.id."
    )
    expect(saidOf(commented(says, [], 0))).toContain("but users has no rows.")
  })

  it("is contradicted where there is no such table or column", () => {
    expect(saidOf(commented("Foreign key to nowhere.id"))).toBe(
      "The comment says that it refers to nowhere.id, but there is none among the tables that were looked at."
    )
    expect(saidOf(commented("references Users(nr)"))).toContain("but users has no column of that name.")
  })

  it("is not contradicted where it is right, is asked about, denies it, is prose, or nothing is there to see it by", () => {
    expect(saidOf(commented(says, [reference]))).toBeUndefined()
    expect(saidOf(commented(says, [{ ...reference, status: "needs_review" }]))).toBeUndefined()
    expect(saidOf(commented(`Not a ${says.toLowerCase()}`))).toBeUndefined()
    expect(saidOf(commented("Refers to whoever wrote it. See above."))).toBeUndefined()
    expect(saidOf(commented("How many of them"))).toBeUndefined()
    expect(saidOf(commented("Foreign key to nowhere.id", [reference]))).toBeUndefined()
    expect(saidOf(commented("FK to users.nr", [reference]))).toBeUndefined()
    expect(saidOf(commented(says, [], 100, "date"))).toBeUndefined()
    const empty = changed(commented(says), "marks", { entity: { rows: 0 } })
    expect(saidOf(empty)).toBeUndefined()
    expect(saidOf(changed(commented(says), "users", { entity: { rows: 0, sampled: true } }))).toBeUndefined()
    expect(saidOf(changed(commented(says), "users", { catalog: { rowSecurity: true } }))).toBeUndefined()
    const skipped = {
      ...commented("FK to hidden.id"),
      skipped: [{ schema: "public", table: "hidden", reason: "denied" }]
    }
    expect(saidOf(skipped)).toBeUndefined()
  })
})
