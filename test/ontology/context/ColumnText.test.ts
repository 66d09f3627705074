import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Column } from "../../../src/datasource/Catalog.ts"
import type { ColumnProfile } from "../../../src/datasource/TableProfile.ts"
import { changed, made, values } from "../shop.ts"
import { textOf } from "./textOf.ts"

const lineOf = (type: string, profile: Partial<ColumnProfile>, column: Partial<Column> = {}, rows = 100) =>
  textOf(
    changed(
      made([
        {
          table: "readings",
          name: "Reading",
          rows,
          columns: [
            { name: "id", type: "integer" },
            { name: "x", type, profile }
          ]
        }
      ]),
      "readings",
      { columns: { x: column } }
    )
  ).pipe(Effect.map((text) => text.split("\n").find((line) => line.startsWith("  x "))))

const labels = (count: number) => ["open", "paid", ...Array.from({ length: count - 2 }, (_, n) => `state ${n}`)]
const used = values({ open: 60, paid: 40 })

describe("a column of the context page", () => {
  it.live("says how many values are infinite or no numbers: its range leaves them out", () =>
    Effect.gen(function* () {
      const notFinite = { infinity: 5, minusInfinity: 0, notANumber: 7 }
      expect(yield* lineOf("numeric", { distinct: 40, minimum: "3", maximum: "49", notFinite })).toBe(
        "  x numeric 3…49; with 5 × infinity and 7 × NaN, not a number"
      )
      expect(
        yield* lineOf("date", { distinct: 40, minimum: "2024-01-03", maximum: "2024-02-19", notFinite })
      ).toContain("2024-01-03…2024-02-19; with 5 × infinity")
      const none = { ...notFinite, infinity: 0 }
      expect(yield* lineOf("numeric", { ...values({ 1: 93 }), distinct: 2, notFinite: none })).toContain("7 × NaN")
    })
  )

  it.live("says that a time is before Christ, and from what a column is computed", () =>
    Effect.gen(function* () {
      const times = { distinct: 40, minimum: "0044-03-15 10:00:00 BC", maximum: "2024-02-19 10:00:00" }
      expect(yield* lineOf("timestamp without time zone", times)).toContain("0044-03-15 BC…2024-02-19")
      const figures = { distinct: 40, minimum: "3", maximum: "49" }
      expect(yield* lineOf("numeric", figures, { computedFrom: ["net", "VAT"] })).toContain('computed from net, "VAT"')
    })
  )

  it.live("lists the labels of a long enum that are in use, and counts the others", () =>
    Effect.gen(function* () {
      expect(yield* lineOf("state", used, { enumLabels: labels(200) })).toBe(
        "  x state 'open' (60), 'paid' (40); also allowed: at least 198 more"
      )
      expect(yield* lineOf("state", used, { enumLabels: labels(50) })).toContain("; also allowed: 48 more")
      expect(yield* lineOf("state", used, { enumLabels: labels(3) })).toBe(
        "  x state 'open' (60), 'paid' (40), 'state 0' (0)"
      )
      expect(yield* lineOf("state", {}, { enumLabels: labels(50) }, 0)).toMatch(/'state 37'; also allowed: 10 more$/)
      const elements = { allowed: { by: "elements" as const, values: labels(200) } }
      expect(yield* lineOf("state[]", { distinct: 40 }, elements)).toMatch(/elements: 'open', .*, at least 193 more/)
    })
  )

  it.live("says what true and false stand for where its comment says it of 1 and 0", () =>
    Effect.gen(function* () {
      const comment = "0 = Placed by staff. 1 = Placed online by the customer."
      expect(yield* lineOf("boolean", values({ t: 60, f: 40 }), { comment })).toBe(
        '  x bool false = "Placed by staff", true = "Placed online by the customer"'
      )
    })
  )

  it.live("leaves out a comment that says of a reference that it is one", () =>
    Effect.gen(function* () {
      const referring = (comment: string) =>
        textOf(
          made(
            [
              { table: "users", name: "User", rows: 9, columns: [{ name: "id", type: "integer" }] },
              {
                table: "marks",
                name: "Mark",
                rows: 90,
                columns: [
                  { name: "id", type: "integer", comment: "Primary key of the marks, surrogate." },
                  { name: "user_id", type: "integer", comment }
                ]
              }
            ],
            [{ from: ["marks", "user_id"], to: ["users", "id"] }]
          )
        )
      expect(yield* referring("FK to the table of users")).not.toMatch(/surrogate|FK to/)
      expect(yield* referring("Who has set it")).toContain('"Who has set it"')
    })
  )

  it.live("says what a CHECK or a domain allows and no row has", () =>
    Effect.gen(function* () {
      for (const by of ["check", "domain"] as const) {
        const column = { allowed: { by, values: ["p", "q"] } }
        expect(yield* lineOf("text", values({ p: 100 }), column)).toBe("  x text always 'p'; also allowed: 'q'")
        expect(yield* lineOf("text", { ...values({ p: 60 }), nulls: 40 }, column)).toContain(
          "only 'p'; also allowed: 'q'"
        )
        expect(yield* lineOf("text", values({ p: 60, q: 40 }), column)).not.toContain("allowed")
      }
    })
  )
})

it.live("a secret column of the context page says what it is joined to, and none of its values", () =>
  Effect.gen(function* () {
    const token = { name: "token_hash", type: "text", profile: { sample: ["zzHASH1"], minimum: "zzHASH1" } }
    const text = yield* textOf(
      made(
        [
          { table: "sessions", name: "Session", rows: 40, key: ["token_hash"], columns: [token] },
          { table: "visits", name: "Visit", rows: 200, columns: [{ name: "id", type: "integer" }, token] }
        ],
        [{ from: ["visits", "token_hash"], to: ["sessions", "token_hash"], orphanRows: 10 }]
      )
    )
    expect(text).toContain("  token_hash -> sessions.token_hash; orphans 5 %: LEFT JOIN; secret\n")
    expect(text).not.toContain("zzHASH1")
  })
)

describe("a table of which a sample was read", () => {
  const sampled = (profile: Partial<ColumnProfile>, type = "text") =>
    textOf(
      changed(
        made([
          {
            table: "facts",
            name: "Fact",
            rows: 800_000,
            columns: [
              { name: "id", type: "integer" },
              { name: "x", type, profile }
            ]
          }
        ]),
        "facts",
        { entity: { sampled: true } }
      )
    )

  it.live("never has a column without values: those of other rows were not read", () =>
    Effect.gen(function* () {
      const text = yield* sampled({ nulls: 800_000, distinct: 0, minimum: null, maximum: null })
      expect(text).toContain("x text NULL in all rows that were read")
      expect(text).not.toMatch(/always NULL|Never filled/)
      expect(yield* sampled({ ...values({ "": 800_000 }), maximumLength: 0 })).not.toContain("always ''")
    })
  )

  it.live("says that its values and ranges are of the sample", () =>
    Effect.gen(function* () {
      const text = yield* sampled({ distinct: 1000, minimum: "8440", maximum: "792199" }, "numeric")
      expect(text).toContain("facts (about 800000; values and ranges from a sample)")
    })
  )

  it.live("says that a percentage between 0 and 1 is a share, and of a larger one its unit", () =>
    Effect.gen(function* () {
      const rate = (name: string, maximum: string) =>
        textOf(
          made([
            {
              table: "readings",
              name: "Reading",
              rows: 100,
              columns: [
                { name: "id", type: "integer" },
                { name, type: "numeric(4,2)", profile: { minimum: "0.1", maximum, distinct: 40 } }
              ]
            }
          ])
        )
      expect(yield* rate("commission_pct", "0.4")).toContain("0.1…0.4; a share by its range: 1 = 100 %\n")
      expect(yield* rate("humidity_percent", "0.9")).toContain("0.1…0.9; a share by its range: 1 = 100 %\n")
      expect(yield* rate("commission_pct", "40")).toContain("0.1…40; percent\n")
    })
  )

  it.live("takes the date of what goes on for now, unless people have joined since", () =>
    Effect.gen(function* () {
      const dated = (table: string, rows: number, column: string, maximum: string) => ({
        table,
        name: table,
        rows,
        columns: [
          { name: "id", type: "integer" },
          { name: column, type: "date", profile: { minimum: "2001-01-01", maximum, distinct: 9 } }
        ]
      })
      const text = (sold: string) =>
        textOf(made([dated("employee", 50, "hire_date", "2020-05-01"), dated("sale", 20, "sold_on", sold)]))
      expect(yield* text("2020-09-14")).toContain('"Now" is 2020-09-14, the last sale.sold_on')
      expect(yield* text("2017-01-01")).toContain('"Now" is 2020-05-01, the last employee.hire_date')
    })
  )
})
