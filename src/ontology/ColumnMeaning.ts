import type { ColumnRole, SemanticType } from "./Ontology.ts"
import type { Subject, SubjectColumn } from "./Discovered.ts"

/** Most distinct values of a column that is grouped by, unless something else is known of it. */
const ENUM_VALUES = 30
/** Least rows per distinct value, on average, of an enum-like column. */
const ENUM_REPETITION = 2
/** Longest value of an enum-like column, in characters. */
const ENUM_LENGTH = 40
/** Average length, in characters, from which text is prose. */
const PROSE_LENGTH = 60
/** Longest value of a column of codes, in characters. */
const CODE_LENGTH = 4
/** Most distinct values of an integer column that is grouped by: grades, ratings, numbers of children. */
const FEW_NUMBERS = 12

const set = (words: string): ReadonlySet<string> => new Set(words.split(" "))

/** What the words of a name say about text, the first match counts. */
const TEXT_WORDS: ReadonlyArray<readonly [SemanticType, ReadonlySet<string>]> = [
  ["email", set("email mail")],
  ["phone", set("phone telephone mobile cellphone fax")],
  ["url", set("url uri website homepage")],
  ["ip_address", set("ip ipv4 ipv6")],
  ["postal_code", set("postal postcode zip zipcode")],
  ["currency", set("currency")],
  ["language", set("language locale")],
  ["country", set("country nationality")],
  ["region", set("region province county")],
  ["city", set("city town")],
  ["address", set("address street")],
  ["status", set("status stage phase")]
]
const LAST_WORDS: ReadonlyArray<readonly [SemanticType, ReadonlySet<string>]> = [
  [
    "text",
    set(
      "description comment note notes remark remarks text body summary message content biography bio abstract memo password secret token hash"
    )
  ],
  ["name", set("name title label surname")],
  ["code", set("code abbreviation abbr symbol sku iso isbn key")],
  ["category", set("type kind category class group genre gender sex")]
]
const MONEY = set(
  "price cost salary wage fee payment revenue balance freight budget income tax fare premium msrp gnp gdp subtotal charge credit debit"
)
const MONEY_WITH_CENTS = set("amount total paid value discount")
const QUANTITY = set("quantity count units stock population capacity pieces")
const PERCENTAGE = set("percent percentage ratio share")
const DURATION = set("duration seconds minutes milliseconds hours days weeks months")
const ORDINAL = set("order position rank ordinal sequence sort priority")
const IDENTIFIER = set("id ids uuid guid uid oid key")
const FLAG_WORDS = set("is has can was were should allow allows flag active enabled deleted default visible")
const AVERAGED = set("unit price rate percent percentage ratio average mean score rating temperature msrp per")
const TOUCHED = set("update updated modified changed synced loaded refreshed")
/** Parts of a date; the last day of a year is the largest of them. */
const CALENDAR = set("day month quarter week weekday birthday birth death")
const LAST_DAY = 366
/** A two-letter or longer spelling of yes and no. */
const YES_NO = [set("y n"), set("t f"), set("yes no"), set("true false")]

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
    aggregation: role === "measure" ? aggregationOf(semanticType, column) : null,
    enumerated: (enumerated && role === "dimension") || isListed(subject, column, semanticType)
  }
}

const distinct = (column: SubjectColumn) => column.profile.distinct ?? undefined

const within = (column: SubjectColumn, minimum: number, maximum: number): boolean =>
  Number(column.profile.minimum ?? Number.NaN) >= minimum && Number(column.profile.maximum ?? Number.NaN) <= maximum

const says = (column: SubjectColumn, meaning: ReadonlySet<string>) => column.said.some((word) => meaning.has(word))
const endsIn = (column: SubjectColumn, meaning: ReadonlySet<string>) => meaning.has(column.said.at(-1) ?? "")

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

const isFlag = (column: SubjectColumn): boolean => {
  if (column.typeClass === "boolean") return true
  const values = column.profile.common.map(({ value }) => value.trim().toLowerCase())
  if (values.length === 0 || values.length > 2 || values.length !== distinct(column)) return false
  if (column.typeClass === "text") return values.length === 2 && YES_NO.some((pair) => values.every((v) => pair.has(v)))
  const said = says(column, FLAG_WORDS) || /(?:ed|able)$/.test(column.said.at(-1) ?? "")
  return column.typeClass === "integer" && said && values.every((v) => v === "0" || v === "1")
}

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
      if (column.type.startsWith("interval")) return "duration"
      return column.type === "date" ? "date" : column.type.startsWith("timestamp") ? "timestamp" : "time"
    case "integer":
    case "number":
      return numberType(subject, column, keys)
    case "text":
      return textType(subject, column, keys, enumerated)
    case "other":
      if (column.enumLabels !== null) return says(column, set("status state stage phase")) ? "status" : "category"
      return /^(?:inet|cidr)$/.test(column.type) ? "ip_address" : /^(?:tsvector)$/.test(column.type) ? "text" : "other"
  }
}

const numberType = (subject: Subject, column: SubjectColumn, keys: ColumnKeys): SemanticType => {
  const year = column.said.includes("year") && within(column, 1000, 2999)
  if (year) return "year"
  if (keys.foreignKey || column.sequence || endsIn(column, IDENTIFIER)) return "identifier"
  if (isFlag(column)) return "flag"
  if (keys.unique && column.typeClass === "integer") return "identifier"
  if (says(column, set("latitude")) && within(column, -90, 90)) return "latitude"
  if (says(column, set("longitude")) && within(column, -180, 180)) return "longitude"
  if (says(column, set("postal postcode zip zipcode"))) return "postal_code"
  if (says(column, set("phone telephone mobile fax"))) return "phone"
  if (endsIn(column, set("code number"))) return "code"
  if (says(column, PERCENTAGE)) return "percentage"
  if (says(column, DURATION)) return "duration"
  if (column.type === "money" || says(column, MONEY)) return "money"
  const inMoneyTable = subject.entity.name
    .toLowerCase()
    .split(" ")
    .some((word) => MONEY.has(word))
  if (says(column, MONEY_WITH_CENTS) && (inMoneyTable || /^numeric\(\d+,[1-4]\)$/.test(column.type))) return "money"
  if (keys.primaryKey && column.typeClass === "integer") return endsIn(column, ORDINAL) ? "ordinal" : "identifier"
  if (column.typeClass === "integer" && (says(column, QUANTITY) || column.said.join(" ").startsWith("number of")))
    return "quantity"
  if (column.typeClass === "integer" && endsIn(column, ORDINAL)) return "ordinal"
  return "number"
}

const textType = (subject: Subject, column: SubjectColumn, keys: ColumnKeys, enumerated: boolean): SemanticType => {
  const form = column.look.form
  if (form !== null) return form
  if (isFlag(column)) return "flag"
  const prose = (column.profile.averageLength ?? 0) >= PROSE_LENGTH
  if (prose) return "text"
  if (endsIn(column, set("id uuid guid"))) return "identifier"
  const short = (column.profile.maximumLength ?? Number.POSITIVE_INFINITY) <= CODE_LENGTH
  const lastWord = LAST_WORDS.find(([, meaning]) => endsIn(column, meaning))?.[0]
  if (lastWord === "text" || lastWord === "category") return lastWord
  if (lastWord === "code" && !says(column, set("postal zip country currency language"))) return "code"
  const word = TEXT_WORDS.find(([, meaning]) => says(column, meaning))?.[0]
  if (endsIn(column, set("title")) && subject.isAboutPeople()) return enumerated ? "category" : "text"
  if (word !== undefined && !(word === "email" || word === "url" || word === "ip_address")) return word
  if (lastWord !== undefined) return lastWord
  if (endsIn(column, set("state"))) return subject.columns.some(isOfAPlace) ? "region" : "status"
  if (short && (keys.unique || keys.primaryKey || enumerated)) return "code"
  if (keys.foreignKey || keys.primaryKey) return "identifier"
  return enumerated ? "category" : "text"
}

/** Beside one of these a "state" is a part of a country. */
const isOfAPlace = (column: SubjectColumn) => says(column, set("city town country county province postal zip address"))

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

const roleOf = (
  subject: Subject,
  column: SubjectColumn,
  keys: ColumnKeys,
  semanticType: SemanticType,
  enumerated: boolean
): ColumnRole => {
  if (semanticType === "identifier" || keys.foreignKey) return "identifier"
  if (column.typeClass !== "time" && (keys.unique || keys.primaryKey) && semanticType !== "name") return "identifier"
  const values = distinct(column)
  if (subject.entity.rows > 0 && values !== undefined && values < 2 && column.enumLabels === null) return "attribute"
  if (semanticType === "timestamp" && says(column, TOUCHED)) return "attribute"
  if (semanticType === "name" && enumerated && subject.entity.verdict !== "lookup") return "dimension"
  if (semanticType === "name" || semanticType === "text" || semanticType === "ordinal" || keys.unique)
    return "attribute"
  if (semanticType === "code" && !enumerated) return "attribute"
  if (DIMENSIONS.has(semanticType)) return "dimension"
  switch (semanticType) {
    case "money":
    case "quantity":
    case "percentage":
    case "duration":
      return "measure"
    case "number":
      if (says(column, CALENDAR) && within(column, 0, LAST_DAY)) return "dimension"
      return column.typeClass === "integer" && values !== undefined && values <= FEW_NUMBERS ? "dimension" : "measure"
    default:
      return enumerated ? "dimension" : "attribute"
  }
}

const aggregationOf = (semanticType: SemanticType, column: SubjectColumn): "sum" | "average" =>
  (semanticType === "money" || semanticType === "quantity" || semanticType === "duration") && !says(column, AVERAGED)
    ? "sum"
    : "average"
