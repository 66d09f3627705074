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

/** Words of the ends of a range. */
const BOUNDS = wordSet("min max minimum maximum lowest highest from to floor ceiling cap")

/** What numbers of things look like by chance. */
const NUMBERS: ReadonlySet<string> = new Set<Sensitivity>([
  "a bank account or card",
  "a phone number",
  "a document or tax number of a person"
])
const ADDRESS: Sensitivity = "a person's address"
/** What only people have, by the look of the values. */
const OF_SOMEBODY: ReadonlySet<string> = new Set<Sensitivity>([
  "a person's name",
  "a document or tax number of a person",
  "a phone number",
  "an e-mail address"
])

/** Whether columns look as those of a table of people do, in whatever language they are called: names or numbers of people, and something else. */
const looksOfPeople = (columns: ReadonlyArray<SubjectColumn>): boolean => {
  const seen = new Set(
    columns.flatMap(({ look, withheld }) => look.sensitive ?? withheld ?? []).filter((kind) => OF_SOMEBODY.has(kind))
  )
  return seen.size > 1 && (seen.has("a person's name") || seen.has("a document or tax number of a person"))
}

/** The letters and signs of the two sexes in several languages. */
const SEXES = new Set("FM MW KM MŽ LP HM FN EK MV MN FH JM NM МЖ ЖЧ МЧ ΑΘ ΑΓ 女男 남여 זנ".split(" "))

/** Years that a table's people are born in, at least, and how old they are before something else is dated. */
const GENERATION = 20
const GROWN_UP = 14
/** Where no other date says when the rows were written: nobody in a table of people is born later. */
const GROWN_UP_BY = 2012
const OLDEST = 1900

/** What values say only in a table of people: the sexes, days of birth, the postal codes beside addresses. */
const besideNames = ({ columns }: Subject, column: SubjectColumn): Sensitivity | undefined => {
  const { common, distinct, maximum, maximumLength, minimum, minimumLength } = column.profile
  const letters = common.map(({ value }) => value.trim().toUpperCase()).sort((a, b) => (a < b ? -1 : 1))
  if (column.typeClass === "text" && distinct === 2 && SEXES.has(letters.join(""))) return "gender"
  if ((column.baseType ?? column.type) === "date") {
    const years = [minimum, maximum].map((day) => Number(/^\d{4}/.exec(day ?? "")?.[0]))
    const [first = Number.NaN, last = Number.NaN] = years
    const others = columns
      .filter((other) => other !== column && other.typeClass === "time")
      .map((other) => Number(/^\d{4}/.exec(other.profile.maximum ?? "")?.[0]))
    const latest = Math.max(GROWN_UP_BY - 1, ...others.filter((year) => year <= 2100).map((year) => year - GROWN_UP))
    return first >= OLDEST && last - first >= GENERATION && last <= latest ? BIRTH : undefined
  }
  const at = columns.indexOf(column)
  const isCode =
    column.typeClass === "text" &&
    minimumLength === maximumLength &&
    column.profile.sample.concat(letters).every((value) => /^\d{2,3}[ -]?\d{2,3}$/.test(value))
  const isBeside = [at - 2, at - 1, at + 1, at + 2].some((place) => columns[place]?.look.sensitive === ADDRESS)
  return isCode && isBeside ? "part of a person's address" : undefined
}

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
  const isOfAThing = NUMBERS.has(looks ?? "") && column.said.some((word) => OF_THINGS.has(word))
  const random = looks === SECRET && !column.said.some((word) => word === "uuid" || word === "guid")
  if (named === SECRET || random || isAnswer) return SECRET
  const ofPeople = people || looksOfPeople(subject.columns)
  const isOfAPlace = looks === ADDRESS && !ofPeople
  const seen = looks === SECRET || isOfAThing || isOfAPlace || isKey ? undefined : looks
  const always = ALWAYS.get(semanticType) ?? (isOfFirm ? undefined : named) ?? seen
  if (always !== undefined) return always
  if (ofPeople && !isKey) {
    const silent = besideNames(subject, column)
    if (silent !== undefined) return silent
  }
  const entity = wordsOf(subject.entity).join(" ")
  const name = column.said.join(" ")
  const measured = column.typeClass === "integer" || column.typeClass === "number"
  if (
    measured &&
    // What a post may earn is nobody's.
    (people || !column.said.some((word) => BOUNDS.has(word))) &&
    /(?<!\p{L})(?:salary|wage|gehalt|lohn|salaire|sueldo|salario|salário|stipendio|salaris|lön|løn|wynagrodzenie|зарплата|salariu|fizetés|plaća|plača|plat|mzda|palk|alga|atlyginimas|gaji|lương|μισθός|maaş|заробітна)(?!\p{L})/u.test(
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
