import { PEOPLE } from "../language/Lexicon.ts"
import { SECRET, type Sensitivity, sensitiveByName } from "../language/Sensitive.ts"
import type { Subject, SubjectColumn } from "./Discovered.ts"
import type { SemanticType } from "./Ontology.ts"

/** What is personal where the table is about people, and a company's own otherwise. */
const OF_PEOPLE: ReadonlyMap<SemanticType, Sensitivity> = new Map([
  ["name", "a person's name"],
  ["address", "a person's address"],
  ["postal_code", "part of a person's address"],
  ["city", "part of a person's address"],
  ["latitude", "where somebody is"],
  ["longitude", "where somebody is"]
])
const ALWAYS: ReadonlyMap<SemanticType, Sensitivity> = new Map([
  ["email", "an e-mail address"],
  ["phone", "a phone number"],
  ["ip_address", "an IP address"]
])
/** Words that say "address": a table of nothing else is of people's, as far as anybody knows. */
const ADDRESSES = /\b(?:address|addresses)$/

/** A name of something else, in a table about people: their company, a title. */
const OTHER_NAMES = /\b(?:company|organization|firm|business|title|label|product)\b/

/** Whether the rows of a table are people, as far as its names tell. A customer with a company's name is a company. */
export const isAboutPeople = (subject: Subject): boolean => {
  const labels = subject.columns.map(({ words }) => words.join(" "))
  if (
    labels.some((label) =>
      /\b(?:(?:first|last) name|surname|vorname|nachname|apellidos?|sobrenome|cognome)\b/.test(label)
    )
  )
    return true
  if (labels.some((label) => /\b(?:company|organization) name\b/.test(label))) return false
  const words = wordsOf(subject)
  return PEOPLE.has(words.at(-1) ?? "") || isPartOfPeople(words)
}

/** What a table is called, in words; how it is spelled, where others are called so, is none. */
const wordsOf = ({ entity }: Subject): ReadonlyArray<string> =>
  entity.name
    .toLowerCase()
    .replace(/ \(.*\)$/, "")
    .split(" ")

/** What tables of people are continued in: "Person Name", "Patient Identifier". */
const PARTS = new Set(
  "attribute property detail info information data identifier name address phone email contact document note answer".split(
    " "
  )
)

/** Whether a table holds what is said about people elsewhere. */
const isPartOfPeople = (words: ReadonlyArray<string>): boolean =>
  PARTS.has(words.at(-1) ?? "") && words.slice(0, -1).some((word) => PEOPLE.has(word))

/**
 * Why a column holds a secret or personal data ("an e-mail address"), undefined where nothing says so: by its name, its type and how its
 * values look. It errs towards yes, since the answer decides whether values are quoted.
 */
export const personalData = (
  subject: Subject,
  column: SubjectColumn,
  semanticType: SemanticType,
  isKey: boolean
): Sensitivity | undefined => {
  if (isKey && column.typeClass !== "text") return undefined
  const people = isAboutPeople(subject)
  const named = sensitiveByName(column, people)
  const looks = column.look?.sensitive ?? undefined
  // An identifier without its dashes is as long as a digest.
  const random = looks === SECRET && !column.words.some((word) => word === "uuid" || word === "guid")
  if (named === SECRET || random) return SECRET
  const always = ALWAYS.get(semanticType) ?? named ?? (looks === SECRET ? undefined : looks)
  if (always !== undefined) return always
  const entity = wordsOf(subject).join(" ")
  const name = column.words.join(" ")
  const measured = column.typeClass === "integer" || column.typeClass === "number"
  if (measured && /\b(?:salary|wage)\b/.test(`${entity} ${name}`)) return "what somebody earns"
  if (ADDRESSES.test(entity) && (semanticType === "address" || semanticType === "postal_code"))
    return "a person's address"
  const isSaid = /^(?:.* )?(?:value|answer|identifier)$/.test(name) && column.typeClass === "text"
  if (isSaid && isPartOfPeople(wordsOf(subject))) return "what is said about somebody"
  if (people && /^(?:\w+\.)?(?:point|geometry|geography)\b/.test(column.type)) return "where somebody is"
  if (!people || isKey || (semanticType === "name" && OTHER_NAMES.test(name))) return undefined
  return OF_PEOPLE.get(semanticType)
}
