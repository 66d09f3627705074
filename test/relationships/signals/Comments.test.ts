import { describe, expect, it } from "@effect/vitest"
import { infer, numbers, picked, type TestTable } from "../schema.ts"

const regionIds = numbers(40, 300, 3)
const REGIONS: TestTable = {
  name: "Regions",
  key: ["region_no"],
  columns: { region_no: regionIds, title: regionIds.map((id) => `Region ${id}`) }
}
const area = (comment: string, values: ReadonlyArray<number> = picked(regionIds, 200)): TestTable => ({
  name: "shops",
  key: ["id"],
  columns: { id: numbers(values.length), area: values },
  comments: { area: comment }
})
const found = (...tables: ReadonlyArray<TestTable>) =>
  infer(tables).filter(({ from, status }) => from.columns[0] === "area" && status === "accepted")

describe("a comment that says what a column refers to", () => {
  it.each([
    "Foreign key to Regions.region_no",
    "foreign key to public.regions.region_no, or null",
    "FK regions",
    "FK -> regions(region_no)",
    "The area. References `regions`.`region_no`.",
    'see table "Regions"',
    "Refers to the table regions",
    "Fremdschlüssel auf Regions.region_no",
    "-> regions.region_no",
    "NOT NULL FK to regions",
    "not enforced foreign key to regions.region_no",
    "Without a cascade. References regions",
    "(FK: Regions)"
  ])("is believed: %s", (comment) => {
    const [one, ...more] = found(REGIONS, area(comment))
    expect(more).toEqual([])
    expect(one).toMatchObject({ to: { table: "Regions", columns: ["region_no"] }, cardinality: "N:1" })
    expect(one?.evidence.reasons[0]).toContain("its comment says")
  })

  it("is believed where there are no rows", () => {
    expect(found(REGIONS, area("Foreign key to Regions.region_no", []))).toHaveLength(1)
  })

  it("is not where the values contradict it, nor where it names nothing that is there", () => {
    expect(found(REGIONS, area("Foreign key to Regions.region_no", numbers(200, 5000)))).toEqual([])
    expect(found(REGIONS, area("Foreign key to provinces.id", numbers(200, 5000)))).toEqual([])
    expect(found(REGIONS, area("see the manual", numbers(200, 5000)))).toEqual([])
  })

  it("is not what a comment denies", () => {
    for (const comment of [
      "Not a foreign key to Regions.region_no, just a number",
      "No reference to regions",
      "kein Fremdschlüssel auf Regions.region_no"
    ])
      expect([comment, found(REGIONS, area(comment))]).toEqual([comment, []])
  })

  it("counts more than a name that says another table, as long as its values do not contradict it", () => {
    const areas: TestTable = { ...REGIONS, name: "areas", key: ["area"], columns: { area: regionIds } }
    expect(found(areas, REGIONS, area("Foreign key to Regions.region_no")).map(({ to }) => to.table)).toEqual([
      "Regions"
    ])
    const far = { ...REGIONS, columns: { ...REGIONS.columns, region_no: numbers(40, 9000) } }
    expect(found(areas, far, area("Foreign key to Regions.region_no")).map(({ to }) => to.table)).toEqual(["areas"])
  })

  it("means the table of its own schema, where several have it", () => {
    const other = { ...REGIONS, schema: "archive" }
    expect(found(other, REGIONS, area("FK to regions")).map(({ to }) => to.schema)).toEqual(["public"])
  })
})
