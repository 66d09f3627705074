import { FIRM_ROLES, FIRM_WORDS, PEOPLE } from "../language/Lexicon.ts"
import { BIRTH, SECRET, type Sensitivity, sensitiveByName } from "../language/SensitiveNames.ts"
import { wordSet } from "../language/wordSet.ts"
import type { Subject, SubjectColumn } from "./Discovered.ts"
import type { SemanticType } from "./Ontology.ts"

/** Personal only if the table is about people; otherwise they are of a company or a place. */
const OF_PEOPLE: ReadonlyMap<SemanticType, Sensitivity> = new Map([
  ["name", "a person's name"],
  ["address", "a person's address"],
  ["postal_code", "part of a person's address"],
  ["city", "part of a person's address"],
  ["latitude", "where somebody is"],
  ["longitude", "where somebody is"]
])
/** Personal in every table. */
const ALWAYS: ReadonlyMap<SemanticType, Sensitivity> = new Map([
  ["email", "an e-mail address"],
  ["phone", "a phone number"],
  ["ip_address", "an IP address"]
])
/** A table whose name ends so holds addresses, which may be those of people. */
const ADDRESSES = /\b(?:address|addresses)$/

/** Names in a table about people that are not those of the people: of their company, a title. */
const OTHER_NAMES = /\b(?:company|organization|firm|business|title|label|product)\b/

/**
 * Whether the names of a table and its columns say that its rows are people. A customer with a company name and no last name is a company.
 */
export const isAboutPeople = (entity: Subject["entity"], columns: ReadonlyArray<SubjectColumn>): boolean => {
  const labels = columns.map(({ said }) => said.join(" "))
  if (
    labels.some((label) =>
      /(?<!\p{L})(?:(?:first|last) name|surname|vorname|nachname|prénom|prenom|apellidos?|sobrenome|cognome|voornaam|achternaam|förnamn|efternamn|fornavn|etternavn|imię|imie|nazwisko|jméno|příjmení|prezime|priimek|pavardė|uzvārds|perekonnanimi|sukunimi|prenume|vezetéknév|keresztnév|soyadı?|nama lengkap|mbiemri|επώνυμο|họ tên|имя|фамилия|презиме|прізвище|氏名|姓名|성명)(?!\p{L})/u.test(
        label
      )
    )
  )
    return true
  // Only of people, or of animals that belong to them, a date of birth is kept.
  const name = entity.table
  if (columns.some((column) => sensitiveByName(column, { name, aboutPeople: false }) === BIRTH)) return true
  if (
    labels.some((label) =>
      /(?<!\p{L})(?:(?:company|organization) name|raz[óo]n social|raz[ãa]o social|raison sociale|ragione sociale|firmenname|firmierung|bedrijfsnaam|företagsnamn)(?!\p{L})/u.test(
        label
      )
    )
  )
    return false
  const words = wordsOf(entity)
  return PEOPLE.has(words.at(-1) ?? "") || isPartOfPeople(words)
}

/** The words of an entity's name, without the spelling in brackets that tells namesakes apart. */
const wordsOf = ({ name }: Subject["entity"]): ReadonlyArray<string> =>
  name
    .toLowerCase()
    .replace(/ \(.*\)$/, "")
    .split(" ")
    // "Customers 2023" are customers.
    .filter((word) => !/^\d+$/.test(word))

/** Last words of tables that hold parts of a person's record: "Person Name", "Patient Identifier". */
const PARTS = new Set(
  "attribute property detail info information data identifier name address phone email contact document note answer".split(
    " "
  )
)

/** Words of numbers of things, some of which have a card's check digit, or dashes as phone numbers have. */
export const OF_THINGS = wordSet(
  "ean gtin upc isbn barcode strichcode tracking sscc gln container chip sku ndc pzn article artikel part serial model version"
)

const isSecretQuestion = (name: string): boolean => /\b(?:secret|security|recovery) question\b/.test(name)

/** Whether a table holds parts of the records of people. */
const isPartOfPeople = (words: ReadonlyArray<string>): boolean =>
  PARTS.has(words.at(-1) ?? "") && words.slice(0, -1).some((word) => PEOPLE.has(word))

/**
 * Why a column is sensitive ("an e-mail address"), by its name, its type and the format of its values; undefined if it is not. If in doubt
 * it is: the result decides whether values are quoted. Foreign keys that are not text are never sensitive, primary keys by their name only.
 */
export const personalData = (
  subject: Subject,
  column: SubjectColumn,
  semanticType: SemanticType,
  { foreignKey, primaryKey }: { readonly foreignKey: boolean; readonly primaryKey: boolean }
): string | undefined => {
  const isKey = foreignKey || primaryKey
  const people = subject.isAboutPeople()
  if (isKey && foreignKey && column.typeClass !== "text") return undefined
  const named = sensitiveByName(column, { name: subject.table.table, aboutPeople: people }, primaryKey)
  if (isKey && column.typeClass !== "text") return named
  const last = wordsOf(subject.entity).at(-1) ?? ""
  // Whom to ask for at a firm.
  const isContact = /^(?:contact|kontakt)$/.test(column.said.join(" ")) && column.typeClass === "text"
  if (isContact && (FIRM_WORDS.has(last) || FIRM_ROLES.has(last))) return "a person's name"
  // A firm's own name, as it is registered.
  const isOfFirm = FIRM_WORDS.has(last) && /^(?:legal|full) name$/.test(column.said.join(" "))
  // A date before the year 1000 has the format of a phone number.
  const isTime = column.typeClass === "time" || column.type.startsWith("interval")
  const looks = isTime ? undefined : (column.look.sensitive ?? column.withheld)
  const isAnswer =
    column.said.join(" ") === "answer" && subject.columns.some(({ said }) => isSecretQuestion(said.join(" ")))
  // A uuid without its dashes has the format of an MD5 digest.
  const isOfAThing =
    (looks === "a bank account or card" || looks === "a phone number") &&
    column.said.some((word) => OF_THINGS.has(word))
  const random = looks === SECRET && !column.said.some((word) => word === "uuid" || word === "guid")
  if (named === SECRET || random || isAnswer) return SECRET
  const always =
    ALWAYS.get(semanticType) ?? (isOfFirm ? undefined : named) ?? (looks === SECRET || isOfAThing ? undefined : looks)
  if (always !== undefined) return always
  const entity = wordsOf(subject.entity).join(" ")
  const name = column.said.join(" ")
  const measured = column.typeClass === "integer" || column.typeClass === "number"
  if (
    measured &&
    /(?<!\p{L})(?:salary|wage|gehalt|lohn|salaire|sueldo|salario|salário|stipendio|salaris|lön|løn|wynagrodzenie|зарплата)(?!\p{L})/u.test(
      `${entity} ${name}`
    )
  )
    return "what somebody earns"
  if (ADDRESSES.test(entity) && (semanticType === "address" || semanticType === "postal_code"))
    return "a person's address"
  const isSaid = /^(?:.* )?(?:value|answer|identifier)$/.test(name) && column.typeClass === "text"
  if (isSaid && isPartOfPeople(wordsOf(subject.entity))) return "what is said about somebody"
  if (people && /^(?:\w+\.)?(?:point|geometry|geography)\b/.test(column.type)) return "where somebody is"
  if (!people || isKey || (semanticType === "name" && OTHER_NAMES.test(name))) return undefined
  return OF_PEOPLE.get(semanticType)
}
