import { describe, expect, it } from "@effect/vitest"
import type { ColumnProfile } from "../../src/datasource/TableProfile.ts"
import { SECRET } from "../../src/language/SensitiveNames.ts"
import { looksOf } from "../../src/ontology/Looks.ts"
import { atOnce } from "../../src/steps/Steps.ts"

const column = (name: string, sample: ReadonlyArray<string>): ColumnProfile => ({
  column: name,
  nulls: 0,
  distinct: sample.length,
  minimum: null,
  maximum: null,
  minimumLength: null,
  maximumLength: null,
  averageLength: null,
  sample,
  common: []
})

const look = (columns: ReadonlyArray<ColumnProfile>, name: string) => atOnce(looksOf(columns)).get(name)?.sensitive

describe("the look of settings", () => {
  const names = column("name", ["site_title", "smtp_password", "theme"])

  it("is secret where some row of another column names a secret", () => {
    for (const value of ["value", "option_value", "ParamValue", "wert", "значение"])
      expect([value, look([names, column(value, ["Shop", "hunter2", "dark"])], value)]).toEqual([value, SECRET])
    for (const value of ["data", "default", "v", "oldValue", "content"])
      expect([value, look([column("field", ["DB_PASSWORD", "PATH"]), column(value, ["abc", "/bin"])], value)]).toEqual([
        value,
        SECRET
      ])
    expect(look([column("k", ["payment.apiKey"]), column("val", ["abc"])], "val")).toBe(SECRET)
  })

  it("is theirs alone where none does, where they are numbers, and where what is named only tells something about a secret", () => {
    expect(look([column("name", ["site_title", "theme"]), column("value", ["Shop", "dark"])], "value")).toBeNull()
    expect(look([names, column("value", ["1", "2.5", "true"])], "value")).toBeNull()
    expect(look([column("name", ["password_min_length"]), column("value", ["twelve"])], "value")).toBeNull()
    expect(look([names, column("label", ["Shop", "Mail", "Colours"])], "label")).toBeNull()
    expect(look([column("title", ["How to choose a password"]), column("body", ["Long"])], "body")).toBeNull()
  })

  it("is personal where another column names what is personal, and no secret", () => {
    const keys = column("meta_key", ["lang", "phone", "nickname"])
    expect(look([keys, column("meta_value", ["de", "12", "Ada"])], "meta_value")).toBe("a phone number")
    expect(look([keys, names, column("meta_value", ["de", "12", "Ada"])], "meta_value")).toBe(SECRET)
    expect(look([column("attribute", ["colour", "size"]), column("value", ["red", "XL"])], "value")).toBeNull()
  })

  it("stays when the values are gone", () => {
    const value = { ...column("value", []), look: { form: null, sensitive: SECRET } }
    expect(look([{ ...names, sample: [] }, value], "value")).toBe(SECRET)
  })
})
