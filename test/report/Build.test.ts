import { expect, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { build } from "../../src/report/Build.ts"
import { toHtml } from "../../src/report/Html.ts"
import { Placing } from "../../src/report/layout/Placing.ts"
import { Report } from "../../src/report/Report.ts"
import type { Source } from "../../src/report/Source.ts"
import { wholeText } from "../../src/steps/TextSteps.ts"
import { made, type MadeReference, type MadeTable } from "../ontology/shop.ts"
import { hostile, shopSource, sourceOf } from "./source.ts"

const reportOf = build
const htmlOf = (source: Source) => Effect.map(build(source), (report) => wholeText(toHtml(report)))

const id = { name: "id", type: "integer" }
const many = (size: number): ReadonlyArray<MadeTable> =>
  Array.from({ length: size }, (_, n) => ({
    table: `t${n}`,
    name: `T ${n}`,
    rows: 100 + n,
    columns: [id, { name: "parent_id", type: "integer" }, { name: "amount", type: "numeric" }]
  }))
const chain = (size: number): ReadonlyArray<MadeReference> =>
  Array.from({ length: size - 1 }, (_, n) => ({
    from: [`t${n + 1}`, "parent_id"],
    to: [`t${Math.floor(n / 4)}`, "id"]
  }))

layer(Placing.layer, { excludeTestServices: true })("A report", (it) => {
  it.effect("has every table with its columns, and every relationship with its signals", () =>
    Effect.gen(function* () {
      const report = yield* reportOf(shopSource)
      expect(report.tables.map(({ id }) => id)).toEqual(expect.arrayContaining(["customers", "orders", "products"]))
      expect(report.relationships.length).toBeGreaterThan(0)
      for (const { lines, summed } of report.relationships) expect([lines?.length, summed]).toEqual([3, true])
      expect(Schema.is(Report)(report)).toBe(true)
    })
  )

  it.effect("shows of personal data how much there is, and no value", () =>
    Effect.gen(function* () {
      const columns = (yield* reportOf(shopSource)).tables.flatMap(({ columns }) => columns)
      const email = columns.find(({ name }) => name === "email")
      expect(email).toMatchObject({ personal: expect.any(String), distinct: expect.any(Number) })
      expect(columns.filter(({ personal }) => personal !== undefined).length).toBeGreaterThan(1)
      const shown = columns.flatMap(({ histogram, personal, range, values }) =>
        personal === undefined ? [] : [histogram, range, values]
      )
      expect(new Set(shown)).toEqual(new Set([undefined]))
      expect(yield* htmlOf(shopSource)).not.toMatch(/ada@example|1941-03-02/)
    })
  )

  it.effect("draws how numbers and times are spread", () =>
    Effect.gen(function* () {
      const column = (yield* reportOf(shopSource)).tables
        .flatMap(({ columns }) => columns)
        .find(({ name }) => name === "ordered_at")
      expect(column?.histogram).toEqual({ low: "2022-01-01", high: "2023-12-31", rows: [1, 0, 5, 9, 2] })
    })
  )

  it.effect("says what is supposed by a name only, where there are no rows to see it by", () =>
    Effect.gen(function* () {
      const source = sourceOf(made(many(2), [{ from: ["t1", "parent_id"], to: ["t0", "id"], status: "needs_review" }]))
      const untested = source.relationships.map((each) => ({
        ...each,
        evidence: { ...each.evidence, inclusion: null }
      }))
      expect((yield* reportOf(source)).relationships.map(({ standing }) => standing)).toEqual(["review"])
      expect(
        (yield* reportOf({ ...source, relationships: untested })).relationships.map(({ standing }) => standing)
      ).toEqual(["named"])
    })
  )

  it.effect("gives the same bytes for the same findings", () =>
    Effect.gen(function* () {
      expect(yield* htmlOf(shopSource)).toBe(yield* htmlOf(shopSource))
    })
  )

  it.effect("has no picture whose boxes overlap, nor a line that ends beside its boxes", () =>
    Effect.gen(function* () {
      const report = yield* reportOf(sourceOf(made(many(60), chain(60))))
      const pictures = [...report.domains, ...(yield* reportOf(shopSource)).domains].flatMap(
        ({ diagram, overview }) => [diagram, overview]
      )
      for (const { boxes, height, lines, width } of pictures) {
        boxes.forEach(({ at: [left, top, wide, high] }, place) => {
          expect(Math.min(left, top)).toBeGreaterThanOrEqual(0)
          expect(left + wide).toBeLessThanOrEqual(width)
          expect(top + high).toBeLessThanOrEqual(height)
          for (const { at } of boxes.slice(place + 1)) {
            const apart = left + wide <= at[0] || at[0] + at[2] <= left || top + high <= at[1] || at[1] + at[3] <= top
            expect(apart).toBe(true)
          }
        })
        for (const { ends, points } of lines) {
          if (ends[0] === ends[1]) continue
          const touches = (box: number, x: number | undefined, y: number | undefined) => {
            const [left = 0, top = 0, wide = 0, high = 0] = boxes[box]?.at ?? []
            return (
              x !== undefined &&
              y !== undefined &&
              (Math.abs(x - left) < 0.2 || Math.abs(x - left - wide) < 0.2) &&
              y >= top &&
              y <= top + high
            )
          }
          expect(touches(ends[0], points[0], points[1])).toBe(true)
          expect(touches(ends[1], points.at(-2), points.at(-1))).toBe(true)
        }
      }
    })
  )

  it.effect("keeps pictures of many tables small: neighbours of a domain share a box", () =>
    Effect.gen(function* () {
      const report = yield* reportOf(sourceOf(made(many(200), chain(200))))
      for (const { diagram, tables } of report.domains) {
        const near = diagram.boxes.filter(({ kind }) => kind !== "own").length
        expect(near).toBeLessThanOrEqual(Math.max(24 - tables.length, report.domains.length))
      }
    })
  )

  it.effect("holds no markup of the database's: nothing ends the data, and there is one script", () =>
    Effect.gen(function* () {
      const html = yield* htmlOf(hostile)
      expect(html.match(/<script/g)).toHaveLength(2)
      expect(html).not.toContain("<img")
      expect(html).toMatch(/Content-Security-Policy" content="default-src 'none'; script-src 'sha256-/)
      expect(html).not.toMatch(/unsafe|https?:\/\/(?!www\.w3\.org)/)
    })
  )
})
