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
  return PEOPLE.has(subject.entity.name.toLowerCase().split(" ").at(-1) ?? "")
}

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
  if (named === SECRET || looks === SECRET) return SECRET
  const always = ALWAYS.get(semanticType) ?? named ?? looks
  if (always !== undefined) return always
  const entity = subject.entity.name.toLowerCase()
  const name = column.words.join(" ")
  const measured = column.typeClass === "integer" || column.typeClass === "number"
  if (measured && /\b(?:salary|wage)\b/.test(`${entity} ${name}`)) return "what somebody earns"
  if (ADDRESSES.test(entity) && (semanticType === "address" || semanticType === "postal_code"))
    return "a person's address"
  if (people && /^(?:\w+\.)?(?:point|geometry|geography)\b/.test(column.type)) return "where somebody is"
  if (!people || isKey || (semanticType === "name" && OTHER_NAMES.test(name))) return undefined
  return OF_PEOPLE.get(semanticType)
}
