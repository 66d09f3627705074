import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { made, values } from "../shop.ts"
import { textOf } from "./textOf.ts"

const days = (write: (day: string, month: string) => string) =>
  Array.from({ length: 50 }, (_, n) =>
    write(String(1 + (n % 28)).padStart(2, "0"), String(1 + (n % 12)).padStart(2, "0"))
  )

const lineOf = (all: ReadonlyArray<string>, type = "text") => {
  const sorted = [...all].sort()
  return textOf(
    made([
      {
        table: "visits",
        name: "Visit",
        rows: 200,
        columns: [
          { name: "id", type: "integer" },
          {
            name: "x",
            type,
            profile: {
              ...values({}),
              distinct: 200,
              sample: all,
              minimum: sorted[0] ?? null,
              maximum: sorted.at(-1) ?? null,
              minimumLength: Math.min(...all.map(({ length }) => length)),
              maximumLength: Math.max(...all.map(({ length }) => length))
            }
          }
        ]
      }
    ])
  ).pipe(Effect.map((text) => text.split("\n").find((line) => /^ {2}(?:x |\+.*\bx )/.test(line))))
}

describe("texts that hold days and times", () => {
  it.live("say in which form", () =>
    Effect.gen(function* () {
      expect(yield* lineOf(days((day, month) => `${day}.${month}.2023`))).toBe(
        "  x text; as DD.MM.YYYY, e.g. '01.01.2023'"
      )
      expect(yield* lineOf(days((day, month) => `${month}/${day}/2023`))).toContain("as MM/DD/YYYY")
      expect(yield* lineOf(days((day, month) => `2023${month}${day}`))).toBe(
        "  x text '20230101'…'20231224'; as YYYYMMDD"
      )
      expect(yield* lineOf(days((_, month) => `2023-${month}`))).toBe("  x text '2023-01'…'2023-12'; as YYYY-MM")
      expect(yield* lineOf(days((day) => `${day}:30:00`))).toBe("  x text '01:30:00'…'28:30:00'; as HH:MM:SS")
    })
  )

  it.live("are not seen in quarters, numbers and codes", () =>
    Effect.gen(function* () {
      expect(yield* lineOf(["2023-01", "2023-02", "2023-03", "2023-04"])).not.toContain("as YYYY")
      expect(yield* lineOf(["20231301", "20230102", "20230103"])).not.toContain("as YYYY")
      expect(yield* lineOf(["12.5", "1.2.2023", "x"])).not.toContain("as DD")
    })
  )
})
