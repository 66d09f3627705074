import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { changed, made, values } from "../shop.ts"
import { textOf } from "./textOf.ts"

const id = { name: "id", type: "integer" } as const

/** Books and their loans, of which some books have none. */
const library = made(
  [
    { table: "books", name: "Book", rows: 100, columns: [id] },
    { table: "loans", name: "Loan", rows: 900, columns: [id, { name: "book_id", type: "integer" }] }
  ],
  [{ from: ["loans", "book_id"], to: ["books", "id"], unmatched: 40 }]
)
const part = { schema: "public", table: "books_1990", reason: "the server does not answer" }

describe("a join of the context page", () => {
  it.live("to a table that may hide rows loses what refers to them", () =>
    Effect.gen(function* () {
      expect(yield* textOf(library)).toContain("  book_id -> books.id (0…9)\n")
      expect(yield* textOf(changed(library, "books", { catalog: { rowSecurity: true } }))).toContain(
        "  book_id -> books.id; row-level security may hide rows of books: LEFT JOIN\n"
      )
      expect(yield* textOf(changed(library, "books", { catalog: { partsNotRead: [part] } }))).toContain(
        "  book_id -> books.id; not all was read of books: LEFT JOIN\n"
      )
    })
  )

  it.live("of texts with numbers casts them to what holds the numbers", () =>
    Effect.gen(function* () {
      const compared = (type: string) => {
        const found = changed(library, "books", { columns: { id: { type } } })
        const relationships = found.relationships.map((each) => ({ ...each, compared: "as whole numbers" as const }))
        return textOf({ ...found, relationships })
      }
      expect(yield* compared("integer")).toContain("  book_id ::bigint -> books.id")
      expect(yield* compared("bigint")).toContain("  book_id ::bigint -> books.id")
      expect(yield* compared("numeric(30,0)")).toContain("  book_id ::numeric -> books.id")
    })
  )

  it.live("of numbers with a key of texts casts the key", () =>
    Effect.gen(function* () {
      const compared = (how: "key as whole numbers" | "key as whole numbers, where they are some") =>
        textOf({ ...library, relationships: library.relationships.map((each) => ({ ...each, compared: how })) })
      expect(yield* compared("key as whole numbers")).toContain("  book_id -> books.id ::bigint")
      expect(yield* compared("key as whole numbers, where they are some")).toContain(
        "  book_id -> books.id where it is a number ::bigint"
      )
    })
  )

  it.live("says of no table that rows lack what may be hidden", () =>
    Effect.gen(function* () {
      expect(yield* textOf(library)).toContain("40 of 100 books have no loans")
      for (const table of ["books", "loans"]) {
        for (const catalog of [{ rowSecurity: true }, { partsNotRead: [part] }]) {
          expect(yield* textOf(changed(library, table, { catalog }))).not.toContain("have no")
        }
      }
    })
  )

  it.live("that the values leave open is said as such, and so is what a role may be besides", () =>
    Effect.gen(function* () {
      const open = { from: ["loans", "book_id"], to: ["books", "id"], status: "needs_review", orphanRows: 90 } as const
      const tables = [
        { table: "books", name: "Book", rows: 100, columns: [id] },
        { table: "loans", name: "Loan", rows: 900, columns: [id, { name: "book_id", type: "integer" }] }
      ]
      expect(yield* textOf(made(tables, [open]))).toContain("perhaps -> books.id, 10 % have none there")
      expect(yield* textOf(made(tables, [{ ...open, status: "rejected" }]))).not.toContain("perhaps")

      const kind = { type: "integer", profile: values({ 0: 500, 1: 400 }) }
      const transfers = (role: string) =>
        textOf(
          made(
            [
              { table: "users", name: "User", rows: 100, columns: [id] },
              {
                table: "transfers",
                name: "Transfer",
                rows: 900,
                columns: [id, { name: `${role}_id`, type: "integer" }, { name: `${role}_type`, ...kind }]
              }
            ],
            [{ from: ["transfers", `${role}_id`], to: ["users", "id"] }]
          )
        )
      expect(yield* transfers("receiver")).toContain("-> users.id; may be of another table, by receiver_type\n")
      expect(yield* transfers("holder")).toContain("; may be of another table, by holder_type\n")
      expect(yield* transfers("user")).toContain("-> users.id\n")
    })
  )
})
