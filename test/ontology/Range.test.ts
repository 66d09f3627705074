import { describe, expect, it } from "@effect/vitest"
import type { SemanticType } from "../../src/ontology/Ontology.ts"
import { rangeText } from "../../src/ontology/Range.ts"
import type { NotFinite } from "../../src/datasource/TableProfile.ts"

const range = (
  minimum: string | null,
  maximum: string | null,
  semanticType: SemanticType = "number",
  unit: string | null = null,
  notFinite?: NotFinite
) =>
  rangeText({
    semanticType,
    unit,
    profile: {
      ...{ column: "c", nulls: 0, distinct: 9, minimum, maximum, minimumLength: 1, maximumLength: 9 },
      ...{ averageLength: 3, sample: [], common: [] },
      ...(notFinite === undefined ? {} : { notFinite })
    }
  })

describe("a range", () => {
  it("is written as a person writes it", () => {
    expect(range("1.5", "90", "money")).toBe("from 1.50 to 90.00")
    expect(range("1.00", "90", "money")).toBe("from 1 to 90")
    expect(range("$1.50", "$90.00", "money")).toBe("from $1.50 to $90.00")
    expect(range("-1234567.8901", "2", "number")).toBe("from -1,234,567.8901 to 2")
    expect(range("2", "60.50", "percentage", "percent")).toBe("from 2 % to 60.5 %")
    expect(range("1999", "2024", "year")).toBe("from 1999 to 2024")
    expect(range("0044-03-15 BC", "2020-01-01", "date")).toBe("from 0044-03-15 BC to 2020-01-01")
    expect(range("2020-01-01 08:00:00", "2020-01-01 09:30:00", "timestamp")).toBe(
      "from 2020-01-01 08:00:00 to 2020-01-01 09:30:00"
    )
  })

  it("ends where values do, and says apart what is none", () => {
    const beyond = { infinity: 2, minusInfinity: 0, notANumber: 1 }
    expect(range("3", "20", "number", null, beyond)).toBe(
      "from 3 to 20, besides 2 × infinity and 1 × NaN, not a number"
    )
    expect(range(null, null, "number", null, beyond)).toBe("only 2 × infinity and 1 × NaN, not a number")
    expect(range(null, null)).toBeUndefined()
  })
})
