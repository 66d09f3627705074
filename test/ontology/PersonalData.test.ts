import { describe, expect, it } from "@effect/vitest"
import { buildOntology } from "../../src/ontology/Build.ts"
import { type Subject, discovery } from "../../src/ontology/Discovered.ts"
import { personalData } from "../../src/ontology/PersonalData.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { made, type MadeColumn, values } from "./shop.ts"

const flagged = (name: string, ...columns: ReadonlyArray<MadeColumn>) => {
  const table = { table: name.toLowerCase(), name, rows: 100, columns: [{ name: "id", type: "integer" }, ...columns] }
  const [entity] = buildOntology(made([table])).entities
  return Object.fromEntries(
    (entity?.columns ?? []).flatMap((column) => (column.personalData ? [[column.name, column.personalDataReason]] : []))
  )
}
const few = (name: string): MadeColumn => ({ name, type: "text", profile: values({ red: 50, green: 50 }) })

describe("personal data", () => {
  it("is what a table of people says, and what others continue it with", () => {
    for (const name of ["Customer", "Person (people)", "Sales Employee", "Patient Identifier", "Staging Customer 2023"])
      expect([name, flagged(name, few("city"))]).toEqual([name, { city: "part of a person's address" }])
    expect(flagged("Shop", few("city"), few("name"))).toEqual({})
    expect(flagged("Person Attribute", few("value"), few("kind"))).toEqual({ value: "what is said about somebody" })
    expect(flagged("Product Attribute", few("value"))).toEqual({})
    expect(flagged("Address", few("street"))).toEqual({ street: "a person's address" })
  })

  it("is who receives, owns or is called in need, and where a person is at home, in the eyes of the law", () => {
    expect(flagged("Parcel", few("consignee_name"), few("owner_name"), few("carrier_name"))).toEqual({
      consignee_name: "a person's name",
      owner_name: "a person's name"
    })
    expect(
      Object.keys(
        flagged(
          "Employee",
          few("next_of_kin"),
          few("emergency_contact"),
          few("marital_status"),
          few("nationality"),
          few("shift_status")
        )
      )
    ).toEqual(["next_of_kin", "emergency_contact", "marital_status", "nationality"])
  })

  it("is whom to ask for at a firm, and the name of no firm, whatever language says so", () => {
    expect(Object.keys(flagged("Supplier", few("contact"), few("city")))).toEqual(["contact"])
    expect(Object.keys(flagged("Cliente", few("razon_social"), few("contacto"), few("poblacion")))).toEqual([
      "contacto"
    ])
    expect(flagged("Socket", few("contact"))).toEqual({})
    expect(flagged("Company", few("legal_name"))).toEqual({})
  })

  it("is told of tables in other languages, with accents and without", () => {
    for (const name of ["Huésped", "Huesped", "Schüler", "Schueler", "Patiënt", "Aluno", "Kursteilnehmer"])
      expect([name, Object.keys(flagged(name, few("name")))]).toEqual([name, ["name"]])
    const born: MadeColumn = { name: "geb_am", type: "date" }
    expect(Object.keys(flagged("Eintrag", born, few("wohnort"), few("name")))).toEqual(["geb_am", "wohnort", "name"])
  })

  it("is no number of a thing that has the digits of a phone's or a card's", () => {
    const like = (name: string, ...sample: ReadonlyArray<string>): MadeColumn => ({
      name,
      type: "text",
      profile: { sample }
    })
    expect(
      flagged("Drug", like("ndc", "0002-1433-80", "0002-7510-01"), like("ean", "4006381333931", "5901234123457"))
    ).toEqual({})
    expect(Object.keys(flagged("Drug", like("line", "0002-1433-80", "0002-7510-01")))).toEqual(["line"])
  })

  it("is a secret where a value shows it, but for an identifier without its dashes", () => {
    const hex = { sample: ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"] }
    expect(flagged("Shop", { name: "mark", type: "text", profile: hex })).toEqual({ mark: "a secret" })
    expect(flagged("Shop", { name: "uuid", type: "text", profile: hex })).toEqual({})
  })

  it("takes work in proportion to the columns of a table", () => {
    const columns = Array.from({ length: 400 }, (_, at) => ({ name: `m${at}`, type: "real" }))
    const [subject] = atOnce(discovery(made([{ table: "t", name: "T", rows: 9, columns }]))).subjects
    let reads = 0
    const counting = subject?.columns.map((column) =>
      Object.defineProperty({ ...column }, "said", { get: () => (reads++, column.said) })
    )
    const wide: Subject | undefined = subject && { ...subject, columns: counting ?? [] }
    for (const column of wide?.columns ?? [])
      if (wide !== undefined) personalData(wide, column, "number", { foreignKey: false, primaryKey: false })
    expect(reads).toBeGreaterThanOrEqual(400)
    expect(reads).toBeLessThan(20 * 400)
  })

  it("is asked about nowhere", () => {
    const table = {
      table: "members",
      name: "Member",
      rows: 100,
      columns: [{ name: "id", type: "integer" }, few("iban"), few("otp"), few("town"), few("level")]
    }
    const { domain } = buildOntology(made([table]))
    expect(domain.sampleQuestions.map(({ question }) => question)).toEqual(["How many Members are there per level?"])
  })

  it("is told by values where no word of its language is known: names beside numbers, days of birth, sexes, codes beside streets", () => {
    const said = (name: string, sample: ReadonlyArray<string>): MadeColumn => ({
      name,
      type: "text",
      profile: { sample, distinct: 100, minimumLength: 4, maximumLength: 4 }
    })
    const day = (name: string, minimum: string, maximum: string): MadeColumn => ({
      name,
      type: "date",
      profile: { minimum, maximum }
    })
    const people = [
      said("qx", ["Nagy László", "Tóth Erzsébet", "Szabó István"]),
      said("qy", ["06-30-123-4567", "06-20-987-6543", "06-70-555-1212"])
    ]
    const more = [
      day("qz", "1949-09-09", "2001-05-21"),
      day("qw", "2015-03-01", "2024-06-01"),
      { name: "qv", type: "text", profile: values({ F: 40, N: 60 }) },
      said("qu", ["Kossuth utca 12.", "Petőfi tér 3.", "Rákóczi út 45."]),
      said("qt", ["1051", "6720", "4025"])
    ]
    expect(flagged("Qq", ...people, ...more)).toEqual({
      qx: "a person's name",
      qy: "a phone number",
      qz: "a date or place of birth or death",
      qv: "gender",
      qu: "a person's address",
      qt: "part of a person's address"
    })
    expect(flagged("Qq", ...more)).toEqual({})
  })

  it("is no pay of a post, and no secret: a login, or shapes on a map as hexadecimal digits", () => {
    const pay = (name: string): MadeColumn => ({ name, type: "integer" })
    expect(flagged("Job", pay("min_salary"), pay("max_salary"))).toEqual({})
    expect(Object.keys(flagged("Employee", pay("salary"), pay("min_salary")))).toEqual(["salary", "min_salary"])
    expect(flagged("Employee", few("login_id"))).toEqual({ login_id: "a person's name" })
    const shape = (tail: string) => `E6100000010C${tail}BCE4474067A89189898A5EC0`
    const sample = ["AE8BFC28", "DAD7C8BA", "03B1D2C4"].map(shape)
    expect(flagged("Place", { name: "spot", type: "text", profile: { sample } })).toEqual({})
  })
})
