import { sensitiveByName } from "../language/SensitiveNames.ts"
import { wordSet } from "../language/wordSet.ts"
import type { ColumnKeys } from "./ColumnMeaning.ts"
import type { Subject, SubjectColumn } from "./Discovered.ts"
import { isFlag } from "./Flag.ts"
import type { SemanticType } from "./Ontology.ts"
import { OF_THINGS } from "./PersonalData.ts"
import { distinct, endsIn, says } from "./Said.ts"

/** Average length, in characters, from which text is prose. */
const PROSE_LENGTH = 60
/** Longest value of a column of codes, in characters. */
const CODE_LENGTH = 4
/** The same where all values have one length and hardly any repeats; and from how many values on that is no chance. */
const EVEN_LENGTH = 20
const EVEN_VALUES = 10
const HARDLY_REPEATED = 0.9

/** What the last word of a name says, whatever the values look like. */
const FORMS: ReadonlyArray<readonly [SemanticType, ReadonlySet<string>]> = [
  ["url", wordSet("url uri website homepage")],
  ["email", wordSet("email mail")],
  ["ip_address", wordSet("ip ipv4 ipv6")]
]
/** What the words of a name say; the first that matches counts. */
const WORDS: ReadonlyArray<readonly [SemanticType, ReadonlySet<string>]> = [
  ["phone", wordSet("phone telephone mobile cellphone fax telefon handy téléphone teléfono telefono")],
  ["postal_code", wordSet("postal postcode zip zipcode plz postleitzahl")],
  ["currency", wordSet("currency währung waehrung moneda divisa devise monnaie valuta moeda")],
  ["language", wordSet("language locale sprache idioma langue lingua taal språk")],
  ["country", wordSet("country nationality pays país pais paese land nacionalidad nationalité")],
  ["region", wordSet("region province county district prefecture canton oblast continent bundesland")],
  ["city", wordSet("city town ort stadt ville ciudad cidade città")],
  ["address", wordSet("address street straße strasse calle rue rua")],
  ["status", wordSet("status stage phase statut situación situacion situação zustand")]
]
const LAST_WORDS: ReadonlyArray<readonly [SemanticType, ReadonlySet<string>]> = [
  [
    "text",
    wordSet(
      "description comment note notes remark remarks text body summary message content biography bio abstract memo password secret token hash"
    )
  ],
  ["name", wordSet("name title label surname")],
  [
    "code",
    wordSet("code abbreviation abbr symbol sku iso isbn key number serial barcode vin ssn iban bic swift ean upc gtin")
  ],
  ["category", wordSet("type kind category class group genre gender sex")]
]
/** Codes that are of something more telling. */
const OF_SOMETHING = wordSet("postal zip country currency language phone telephone mobile fax telefon")
/** In front of or behind a "name": the name is the thing's own, in some form of it. */
const NAME_FORM = /^name (?:first|last|given|middle|full|short|long)$/

/** What the texts of a column are. */
export const textMeaning = (
  subject: Subject,
  column: SubjectColumn,
  keys: ColumnKeys,
  enumerated: boolean
): SemanticType => {
  const form = column.look.form ?? FORMS.find(([, words]) => endsIn(column, words))?.[0]
  if (form !== undefined) return form
  if (isFlag(column)) return "flag"
  if ((column.profile.averageLength ?? 0) >= PROSE_LENGTH) return "text"
  if (endsIn(column, wordSet("id uuid guid"))) return "identifier"
  const lastWord = LAST_WORDS.find(([, words]) => endsIn(column, words))?.[0]
  if (lastWord === "text" || lastWord === "category") return lastWord
  if (says(column, wordSet("gender sex"))) return "category"
  if (lastWord === "code" && !says(column, OF_SOMETHING)) return "code"
  const word = WORDS.find(([, words]) => says(column, words))?.[0]
  const isOfAJob = subject.isAboutPeople() || says(column, wordSet("contact job"))
  if (endsIn(column, wordSet("title")) && isOfAJob) return enumerated ? "category" : "text"
  // The name of a stage is no status.
  if (word !== undefined && !(word === "status" && lastWord === "name")) return word
  if (lastWord !== undefined) return lastWord
  if (endsIn(column, wordSet("state"))) return subject.columns.some(isOfAPlace) ? "region" : "status"
  const named = sensitiveByName(column, { name: subject.table.table, aboutPeople: subject.isAboutPeople() })
  if (named === "a phone number" || (column.look.sensitive === "a phone number" && !says(column, OF_THINGS)))
    return "phone"
  const look = column.look.sensitive
  if (NAME_FORM.test(column.label) || named === "a person's name" || named === "somebody's name") return "name"
  if (look === "a person's name" && !enumerated) return "name"
  if (look === "a person's address") return "address"
  if (look === "a document or tax number of a person") return "code"
  const short = (column.profile.maximumLength ?? Number.POSITIVE_INFINITY) <= CODE_LENGTH
  if (short && (keys.unique || keys.primaryKey || enumerated)) return "code"
  if (keys.foreignKey || keys.primaryKey) return "identifier"
  if (isOfOneLength(subject, column)) return "code"
  return enumerated ? "category" : "text"
}

/** Beside one of these a "state" is a part of a country. */
const isOfAPlace = (column: SubjectColumn) =>
  says(column, wordSet("city town country county province postal zip address"))

/** Whether all values have one length and hardly any is there twice: they were made by a rule. */
const isOfOneLength = ({ entity }: Subject, column: SubjectColumn): boolean => {
  const { maximumLength, minimumLength, nulls } = column.profile
  const values = distinct(column) ?? 0
  return (
    maximumLength !== null &&
    minimumLength === maximumLength &&
    maximumLength <= EVEN_LENGTH &&
    values >= EVEN_VALUES &&
    values >= HARDLY_REPEATED * (entity.rows - nulls)
  )
}
