import type { Subject, SubjectColumn } from "./Discovered.ts"
import type { SemanticType } from "./Ontology.ts"

const set = (words: string): ReadonlySet<string> => new Set(words.split(" "))

/** Words for people: what such a table holds about its rows is about somebody. */
const PEOPLE = set(
  "person people customer client employee user member patient student teacher contact staff actor author player guest passenger " +
    "driver doctor physician provider applicant candidate subscriber owner tenant resident voter donor volunteer manager master"
)
/** What a name says about one person, whatever the table is about. */
const ABOUT_A_PERSON: ReadonlyArray<readonly [string, RegExp]> = [
  [
    "a person's name",
    /\b(?:(?:first|last|middle|given|family|maiden|full|contact) name|surname|forename|nickname|username|login)\b/
  ],
  ["a date or place of birth or death", /\b(?:birth|born|birthday|birthdate|death|deceased)\b/],
  ["gender", /\b(?:gender|sex)\b/],
  ["an origin or belief", /\b(?:race|ethnicity|religion)\b/],
  [
    "a document or tax number of a person",
    /\b(?:ssn|social security|passport|national id|tax id|driver license|license plate)\b/
  ],
  ["a bank account or card", /\b(?:iban|bic|account number|card number|credit card)\b/],
  ["a secret", /\b(?:password|passwd|secret|api key|access token|pin)\b/],
  ["a picture of somebody", /\b(?:photo|portrait|avatar)\b/]
]
/** Of these, what things have as well. */
const ONLY_OF_PEOPLE = new Set(["gender", "an origin or belief", "a picture of somebody"])
/** What is personal where the table is about people, and a company's own otherwise. */
const OF_PEOPLE: ReadonlyMap<SemanticType, string> = new Map([
  ["name", "a person's name"],
  ["address", "a person's address"],
  ["postal_code", "part of a person's address"],
  ["city", "part of a person's address"],
  ["latitude", "where somebody is"],
  ["longitude", "where somebody is"]
])
const ALWAYS: ReadonlyMap<SemanticType, string> = new Map([
  ["email", "an e-mail address"],
  ["phone", "a phone number"],
  ["ip_address", "an IP address"]
])

/** A name of something else, in a table about people: their company, a title. */
const OTHER_NAMES = /\b(?:company|organization|firm|business|title|label|product)\b/

/** Whether the rows of a table are people, as far as its names tell. A customer with a company's name is a company. */
export const isAboutPeople = (subject: Subject): boolean => {
  const labels = subject.columns.map(({ words }) => words.join(" "))
  if (labels.some((label) => /\b(?:(?:first|last) name|surname)\b/.test(label))) return true
  if (labels.some((label) => /\b(?:company|organization) name\b/.test(label))) return false
  return PEOPLE.has(subject.entity.name.toLowerCase().split(" ").at(-1) ?? "")
}

/**
 * Why a column holds personal data ("an e-mail address"), undefined where nothing says so. By name and kind of value only: it errs
 * towards yes, since the answer decides whether values are quoted.
 */
export const personalData = (
  subject: Subject,
  column: SubjectColumn,
  semanticType: SemanticType,
  isKey: boolean
): string | undefined => {
  const always = ALWAYS.get(semanticType)
  if (always !== undefined) return always
  if (isKey && column.typeClass !== "text") return undefined
  const name = column.words.join(" ")
  const measured = column.typeClass === "integer" || column.typeClass === "number"
  if (measured && /\b(?:salary|wage)\b/.test(`${subject.entity.name.toLowerCase()} ${name}`))
    return "what somebody earns"
  const people = isAboutPeople(subject)
  const said = ABOUT_A_PERSON.find(([what, pattern]) => pattern.test(name) && (people || !ONLY_OF_PEOPLE.has(what)))
  if (said !== undefined) return said[0]
  if (!people || isKey || (semanticType === "name" && OTHER_NAMES.test(name))) return undefined
  return OF_PEOPLE.get(semanticType)
}
