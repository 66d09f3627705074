import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { plural, singular, titleCase } from "../../src/language/Words.ts"

const PAIRS = [
  ["customer", "customers"],
  ["category", "categories"],
  ["address", "addresses"],
  ["status", "statuses"],
  ["box", "boxes"],
  ["branch", "branches"],
  ["house", "houses"],
  ["case", "cases"],
  ["move", "moves"],
  ["day", "days"],
  ["person", "people"],
  ["child", "children"],
  ["movie", "movies"],
  ["analysis", "analyses"],
  ["leaf", "leaves"],
  ["hero", "heroes"],
  ["species", "species"],
  ["id", "ids"],
  ["bus", "buses"],
  ["cache", "caches"],
  ["axis", "axes"],
  ["index", "indices"],
  ["diagnosis", "diagnoses"],
  ["hypothesis", "hypotheses"],
  ["metastasis", "metastases"],
  ["phase", "phases"],
  ["license", "licenses"],
  ["course", "courses"],
  ["nurse", "nurses"],
  ["purchase", "purchases"],
  ["dose", "doses"],
  ["virus", "viruses"],
  ["cause", "causes"],
  ["headquarters", "headquarters"],
  ["demographics", "demographics"],
  ["topic", "topics"],
  ["salesman", "salesmen"],
  ["specimen", "specimens"],
  ["shoe", "shoes"],
  ["photo", "photos"],
  ["tie", "ties"],
  ["sky", "skies"],
  ["selfie", "selfies"],
  ["valve", "valves"],
  ["criterion", "criteria"],
  ["corpus", "corpora"],
  ["series", "series"],
  ["data", "data"],
  ["media", "media"],
  ["news", "news"],
  ["lens", "lenses"],
  ["quiz", "quizzes"],
  ["menu", "menus"],
  ["rechnung", "rechnungen"],
  ["auftragsbestätigung", "auftragsbestätigungen"],
  ["mannschaft", "mannschaften"],
  ["krankenkasse", "krankenkassen"],
  ["ziffer", "ziffern"],
  ["hausarzt", "hausärzte"],
  ["lung", "lungs"]
] as const

describe("Words", () => {
  for (const [one, many] of PAIRS) {
    it(`one ${one}, many ${many}`, () => {
      expect(singular(many)).toBe(one)
      expect(plural(one)).toBe(many)
      expect(singular(one)).toBe(one)
      expect(plural(many)).toBe(many)
    })
  }

  it("words of other languages stay words", () => {
    const words = [
      "adressen",
      "themen",
      "unternehmen",
      "preis",
      "kurs",
      "status",
      "prijs",
      "adres",
      "pays",
      "prix",
      "ordini"
    ]
    for (const word of words) expect(singular(word)).toBe(word)
    for (const [many, one] of [
      ["personnes", "personne"],
      ["patienten", "patient"],
      ["mandanten", "mandant"],
      ["aerzte", "arzt"],
      ["rechnungspos", "rechnungspos"],
      ["adresses", "adresse"],
      ["catégories", "catégorie"],
      ["ciudades", "ciudad"],
      ["direcciones", "direccion"],
      ["proveedores", "proveedor"]
    ] as const) {
      expect(singular(many)).toBe(one)
    }
  })

  it("German words of business have their own plurals, and those in -kurs and -preis none", () => {
    expect(["kunde", "auftrag", "artikel", "lieferant"].map(plural)).toEqual([
      "kunden",
      "aufträge",
      "artikel",
      "lieferanten"
    ])
    expect(["kunden", "aufträge", "wechselkurs", "einzelpreis", "verzeichnis"].map(singular)).toEqual([
      "kunde",
      "auftrag",
      "wechselkurs",
      "einzelpreis",
      "verzeichnis"
    ])
  })

  it("a title capitalises words, leaves small ones small and writes acronyms in capitals", () => {
    expect(titleCase(["invoice", "line"])).toBe("Invoice Line")
    expect(titleCase(["date", "of", "birth"])).toBe("Date of Birth")
    expect(titleCase(["the", "customer", "id"])).toBe("The Customer ID")
    expect(titleCase(["sign", "in"])).toBe("Sign In")
    expect(titleCase(["hr", "contract"])).toBe("HR Contract")
    expect(titleCase([])).toBe("")
  })

  it("the singular of the plural of a word that ends in a consonant is the word again", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."abdegikloprtuvw"), minLength: 2, maxLength: 10 })
    fc.assert(
      fc.property(letters, (word) => {
        const one = `${word}nt`
        expect(singular(plural(one))).toBe(one)
      })
    )
  })
})
