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
  ["pay", /\b(?:salary|wage)\b/],
  ["a picture of somebody", /\b(?:photo|portrait|avatar)\b/]
]
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

/** Whether the rows of a table are people, as far as its names tell. */
export const isAboutPeople = (subject: Subject): boolean =>
  subject.entity.name
    .toLowerCase()
    .split(" ")
    .some((word, i, all) => i === all.length - 1 && PEOPLE.has(word)) ||
  ["first name", "last name", "surname"].some((phrase) =>
    subject.columns.some(({ spelled }) => spelled.join(" ").includes(phrase))
  )

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
  const name = column.spelled.join(" ")
  const people = isAboutPeople(subject)
  for (const [what, pattern] of ABOUT_A_PERSON) {
    if (!pattern.test(name)) continue
    if (!people && (what === "gender" || what === "an origin or belief" || what === "a picture of somebody")) continue
    return what
  }
  return people && !isKey ? OF_PEOPLE.get(semanticType) : undefined
}
