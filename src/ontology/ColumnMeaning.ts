import { PEOPLE } from "../language/Lexicon.ts"
import { singular } from "../language/Words.ts"
import { wordSet } from "../language/wordSet.ts"
import { codesInComment } from "./CommentCodes.ts"
import { type Subject, type SubjectColumn, storedType } from "./Discovered.ts"
import { isFlag } from "./Flag.ts"
import { compoundHead, isMoneyWord, numberClass, numberMeaning } from "./NumberType.ts"
import type { ColumnRole, SemanticType } from "./Ontology.ts"
import { distinct, endsIn, says, within } from "./Said.ts"
import { textMeaning } from "./TextType.ts"

/** Most distinct values of a column that is grouped by, unless something else is known of it. */
const ENUM_VALUES = 30
/** Least rows per distinct value, on average, of an enum-like column. */
const ENUM_REPETITION = 2
/** Longest value of an enum-like column, in characters. */
const ENUM_LENGTH = 40
/** Most distinct values of an integer column that is grouped by: grades, ratings, numbers of children. */
const FEW_NUMBERS = 12

const IDENTIFIER = wordSet("id ids uuid guid uid oid key pk fk sk")
const AVERAGED = wordSet(`unit price rate percent ratio average avg mean median score rating temperature msrp per each
  standard preis prix precio prezzo preço tarif tariff kurs satz
  min max minimum maximum limit lowest highest lead delivery warranty guarantee grace notice validity
  frequency interval headway cadence period`)
/** Things that are priced: an amount of theirs is what one costs. */
const PRICES = wordSet("price rate tariff fare preis preisliste tarif discount rebate coupon voucher promotion offer")
const TOUCHED = wordSet("update updated modified changed synced loaded refreshed")
/** Parts of a date; the last day of a year is the largest of them. */
const CALENDAR = wordSet(
  "day month quarter week weekday birthday birth death tag wochentag monat woche quartal jour mois semaine día dia mes semana dag maand"
)
const LAST_DAY = 366
/** The first and last year that people date anything by. */
const YEARS = { first: -5000, last: 2999 }

/** What a column's values are, and what it is for. */
export interface ColumnMeaning {
  readonly semanticType: SemanticType
  readonly role: ColumnRole
  /** How to sum up a measure: null for what is none. */
  readonly aggregation: "sum" | "average" | null
  /** Whether all its values can be listed. */
  readonly enumerated: boolean
}

/** Which keys and relationships a column is part of. */
export interface ColumnKeys {
  readonly primaryKey: boolean
  readonly foreignKey: boolean
  readonly unique: boolean
}

/** @see ColumnKeys */
export const columnKeys = (subject: Subject, column: string): ColumnKeys => ({
  primaryKey: subject.entity.keyColumns.includes(column),
  foreignKey: subject.outgoing.some(({ from }) => from.columns.includes(column)),
  unique:
    subject.table.keys.some(({ columns }) => columns.length === 1 && columns[0] === column) ||
    (subject.entity.keyColumns.length === 1 && subject.entity.keyColumns[0] === column)
})

/** Reads a column: values first, where they are unmistakable, then type, keys and the words of its name. */
export const columnMeaning = (subject: Subject, column: SubjectColumn): ColumnMeaning => {
  const keys = columnKeys(subject, column.name)
  const enumerated = isEnumerated(subject, column, keys)
  const semanticType = semanticTypeOf(subject, column, keys, enumerated)
  const role = roleOf(subject, column, keys, semanticType, enumerated)
  return {
    semanticType,
    role,
    aggregation: role === "measure" ? aggregationOf(subject, semanticType, column) : null,
    enumerated: (enumerated && role === "dimension") || isListed(subject, column, semanticType)
  }
}

const isEnumerated = (subject: Subject, column: SubjectColumn, keys: ColumnKeys): boolean => {
  if (column.enumLabels !== null) return true
  const values = distinct(column)
  if (values === undefined || values < 1 || values > ENUM_VALUES) return false
  if (keys.unique || keys.foreignKey || column.profile.common.length < values) return false
  if (column.typeClass === "boolean") return true
  if (column.typeClass !== "text" && column.typeClass !== "integer") return false
  const filled = subject.entity.rows - column.profile.nulls
  return filled >= ENUM_REPETITION * values && (column.profile.maximumLength ?? 0) <= ENUM_LENGTH
}

/** The names and codes in a lookup list are what it is for. */
const isListed = (subject: Subject, { profile }: SubjectColumn, semanticType: SemanticType): boolean =>
  subject.entity.verdict === "lookup" &&
  ["name", "code", "category", "text", "status"].includes(semanticType) &&
  profile.distinct !== null &&
  profile.distinct > 1 &&
  profile.distinct <= ENUM_VALUES &&
  profile.common.length >= profile.distinct &&
  (profile.maximumLength ?? 0) <= ENUM_LENGTH

const semanticTypeOf = (
  subject: Subject,
  column: SubjectColumn,
  keys: ColumnKeys,
  enumerated: boolean
): SemanticType => {
  switch (column.typeClass) {
    case "json":
      return "json"
    case "binary":
      return "binary"
    case "uuid":
      return "identifier"
    case "boolean":
      return "flag"
    case "time":
      return timeType(storedType(column))
    case "integer":
    case "number":
      return numberType(subject, column, keys)
    case "text":
      return textMeaning(subject, column, keys, enumerated)
    case "other":
      if (column.enumLabels !== null) return says(column, wordSet("status state stage phase")) ? "status" : "category"
      return /^(?:inet|cidr)$/.test(column.type) ? "ip_address" : /^(?:tsvector)$/.test(column.type) ? "text" : "other"
  }
}

const timeType = (type: string): SemanticType => {
  if (type.startsWith("interval")) return "duration"
  return type === "date" ? "date" : type.startsWith("timestamp") ? "timestamp" : "time"
}

/** "Year" in the languages of the other words; German ones at the end of another word, too: "baujahr". */
const isYearWord = (word: string): boolean => YEAR.has(word) || /.jahr$/.test(word)
const YEAR = wordSet("year jahr año ano année annee anno jaar rok år")

const LATITUDE = wordSet("latitude lat latitud latitudine breitengrad breite")
const LONGITUDE = wordSet("longitude lon lng long longitud longitudine längengrad länge")

const isCalendar = (column: SubjectColumn): boolean => (numberClass(column) ?? "calendar") === "calendar"

const numberType = (subject: Subject, column: SubjectColumn, keys: ColumnKeys): SemanticType => {
  if (column.said.some(isYearWord) && within(column, YEARS.first, YEARS.last) && isCalendar(column)) return "year"
  if (keys.foreignKey || column.sequence || endsIn(column, IDENTIFIER)) return "identifier"
  if (isFlag(column)) return "flag"
  if (isUnitOfSibling(subject, column)) return "category"
  const isOrdinal = numberClass(column) === "ordinal" && column.typeClass === "integer"
  if (keys.unique && column.typeClass === "integer") return isOrdinal ? "ordinal" : "identifier"
  if (says(column, LATITUDE) && within(column, -90, 90)) return "latitude"
  if (says(column, LONGITUDE) && within(column, -180, 180)) return "longitude"
  if (says(column, wordSet("postal postcode zip zipcode plz"))) return "postal_code"
  if (says(column, wordSet("phone telephone mobile fax"))) return "phone"
  if (isOfSeveralKinds(subject, column)) return "number"
  const inMoneyTable = subject.entity.name
    .toLowerCase()
    .split(" ")
    .some((word) => isMoneyWord(word))
  const meaning = numberMeaning(column, storedType(column), inMoneyTable)
  if (keys.primaryKey && column.typeClass === "integer" && meaning === "number") return "identifier"
  // Only a comment says what such numbers stand for.
  const values = column.profile.common.map(({ value }) => value)
  if (meaning === "number" && codesInComment(column.comment ?? "", values).size > 1) return "category"
  return meaning
}

/** Whether a number says in which unit the column beside it is: "dose" and "dose units". */
const isUnitOfSibling = ({ columns }: Subject, { said, typeClass }: SubjectColumn): boolean => {
  const measured = said.slice(0, -1).join(" ")
  return (
    typeClass === "integer" &&
    /^units?$/.test(said.at(-1) ?? "") &&
    columns.some((other) => other.said.join(" ") === measured)
  )
}

const DIMENSIONS: ReadonlySet<SemanticType> = new Set([
  "date",
  "timestamp",
  "year",
  "status",
  "category",
  "code",
  "flag",
  "country",
  "region",
  "city",
  "currency",
  "language"
])

const MEASURES: ReadonlySet<SemanticType> = new Set(["money", "quantity", "percentage", "duration"])

const roleOf = (
  subject: Subject,
  column: SubjectColumn,
  keys: ColumnKeys,
  semanticType: SemanticType,
  enumerated: boolean
): ColumnRole => {
  if (semanticType === "identifier" || keys.foreignKey) return "identifier"
  const isKey = column.typeClass !== "time" && (keys.unique || keys.primaryKey)
  if (isKey && semanticType !== "name") return "identifier"
  if (MEASURES.has(semanticType) && column.typeClass !== "time") return "measure"
  const values = distinct(column)
  if (subject.entity.rows > 0 && values !== undefined && values < 2 && column.enumLabels === null) return "attribute"
  if (semanticType === "timestamp" && says(column, TOUCHED)) return "attribute"
  if (semanticType === "name" && enumerated && subject.entity.verdict !== "lookup") return "dimension"
  if (semanticType === "name" || semanticType === "text" || semanticType === "ordinal" || keys.unique)
    return "attribute"
  if (semanticType === "code" && !enumerated) return "attribute"
  if (DIMENSIONS.has(semanticType)) return "dimension"
  if (semanticType === "duration") return "measure"
  if (semanticType !== "number") return enumerated ? "dimension" : "attribute"
  if (says(column, CALENDAR) && isCalendar(column) && within(column, 0, LAST_DAY)) return "dimension"
  return column.typeClass === "integer" && values !== undefined && values <= FEW_NUMBERS ? "dimension" : "measure"
}

const aggregationOf = (subject: Subject, semanticType: SemanticType, column: SubjectColumn): "sum" | "average" => {
  // A list of kinds, or of prices, says what each of them costs.
  const isOfPrices = subject.entity.name
    .toLowerCase()
    .split(" ")
    .some((word) => PRICES.has(singular(word)))
  if (semanticType === "money" && (subject.entity.verdict === "lookup" || isOfPrices)) return "average"
  const addsUp =
    semanticType === "money" ||
    semanticType === "quantity" ||
    semanticType === "duration" ||
    numberClass(column) === "extent"
  const isAveraged =
    column.said.some((word) => AVERAGED.has(word) || AVERAGED.has(compoundHead(word))) ||
    isTariff(subject, column) ||
    isLatestPrice(column) ||
    isStateOfDay(subject, column)
  return addsUp && !isAveraged ? "sum" : "average"
}

/** Words of what there is at a time. */
const STATES = wordSet("balance saldo stock inventory headcount bestand solde saldi")
/** Words of tables with a row per thing and time. */
const SNAPSHOTS = wordSet("snapshot daily weekly monthly history")

/** Whether it is what there was at the end of each of several days: the days' balances do not add up. */
const isStateOfDay = ({ columns, entity }: Subject, column: SubjectColumn): boolean => {
  const isKept = (name: string) => columns.some((other) => other.name === name && other.typeClass === "time")
  const isNamed = entity.name
    .toLowerCase()
    .split(" ")
    .some((word) => SNAPSHOTS.has(word))
  return says(column, STATES) && (isNamed || entity.keyColumns.some(isKept))
}

/** Heads of names of what somebody pays. */
const CHARGES = wordSet("cost price fee fare charge")

/** Whom a charge is for, by its name: "guest" of "guest cost". */
const isPaidBy = ({ said: [who = "", what = "", ...more] }: SubjectColumn): boolean =>
  more.length === 0 && PEOPLE.has(singular(who)) && CHARGES.has(singular(what))

/** Whether a row says what each of several kinds of people pays: "member cost" beside "guest cost". */
const isTariff = ({ columns }: Subject, column: SubjectColumn): boolean =>
  isPaidBy(column) && columns.some((other) => other !== column && isPaidBy(other))

/** Whether it is what one thing cost when it was bought last: "last receipt cost"; not all costs of "last year". */
const isLatestPrice = ({ said: [first, next = "", ...rest] }: SubjectColumn): boolean =>
  (first === "last" || first === "latest" || first === "previous") &&
  !CALENDAR.has(next) &&
  next !== "year" &&
  CHARGES.has(rest.at(-1) ?? next)

/** Names of what says how a number beside it counts. */
const HOW = /^(?:.+ )?(?:type|kind|mode|method|basis|unit)$/
const PERCENT = /percent|\bpct\b|^%$|prozent|porcent|pourcent/i

/** Whether a column beside it says, row by row, that it is a percentage or something else: "discount value" beside "discount type". */
const isOfSeveralKinds = ({ columns }: Subject, column: SubjectColumn): boolean => {
  const stem = column.said.slice(0, -1).join(" ")
  return columns.some(({ label, profile, typeClass }) => {
    if (typeClass !== "text" || !HOW.test(label.toLowerCase()) || (profile.distinct ?? 0) < 2) return false
    const of = label.toLowerCase().split(" ").slice(0, -1).join(" ")
    const isBeside = of === column.said.join(" ") || (of === stem && (of !== "" || column.said[0] === "value"))
    return isBeside && profile.common.some(({ value }) => PERCENT.test(value))
  })
}
