import { describe, expect, it } from "@effect/vitest"
import { identify } from "../../src/entities/Identification.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { sketch } from "./schema.ts"
import { VERDICTS } from "./verdicts.ts"

/** Share of the verdicts, and of the names, that have to be right. */
const RIGHT = 0.95

const schemas = Object.entries(VERDICTS).map(([kind, tables]) => ({
  kind,
  judged: atOnce(identify(sketch(tables))).flatMap(({ name, reason, table, verdict }) => {
    const right = tables[table]
    return right === undefined ? [] : [{ table, verdict, name, reason, right }]
  })
}))

const all = schemas.flatMap(({ judged, kind }) => judged.map((each) => ({ kind, ...each })))
const may = Math.floor((1 - RIGHT) * all.length)

describe("tables that programs everywhere have", () => {
  it("stand for what a person who knows them says", () => {
    expect(all.length).toBeGreaterThan(150)
    expect(schemas.length).toBeGreaterThanOrEqual(10)
    const wrong = all
      .filter(({ right, verdict }) => verdict !== right.verdict)
      .map(
        ({ kind, reason, right, table, verdict }) => `${kind}: ${table} is ${verdict}, not ${right.verdict}: ${reason}`
      )
    expect(wrong.length, wrong.join("\n")).toBeLessThanOrEqual(may)
  })

  it("are called as a person calls them", () => {
    const wrong = all
      .filter(({ name, right }) => name !== right.name)
      .map(({ kind, name, right, table }) => `${kind}: ${table} is ${name}, not ${right.name}`)
    expect(wrong.length, wrong.join("\n")).toBeLessThanOrEqual(may)
  })

  it("have names of which no schema has one twice", () => {
    for (const { judged, kind } of schemas) {
      const names = judged.map(({ name }) => name)
      expect(
        names.filter((name, i) => names.indexOf(name) !== i),
        kind
      ).toEqual([])
    }
  })
})
