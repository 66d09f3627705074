import type { Column } from "../datasource/Catalog.ts"
import { count } from "../language/Describing.ts"
import { ORDER_WORDS, ORGANISATION_WORDS } from "../language/Lexicon.ts"
import { wordSet } from "../language/wordSet.ts"
import { isOfPeople } from "../schema/People.ts"
import { type Evidence, isFlag, isTime, ownColumns, realReferences, referring, type Rule } from "./Evidence.ts"

/** Most rows of a lookup list: what a person can still look through. Set by hand. */
const LOOKUP_ROWS = 150
/** Most rows of a lookup list whose rows are names and nothing else: there are 249 countries, and about 180 currencies and languages with a code. Set by hand. */
const ROWS_OF_NAMES = 500
/** Most attributes of a lookup list, besides what identifies or labels the value: a tax has a rate, a quantity a unit. What has more is a thing. Set by hand. */
const MOST_ATTRIBUTES = 1
/** Most attributes of a lookup list whose key is a text code: a country, keyed by its code, has a currency and a tax rate. Set by hand. */
const MOST_ATTRIBUTES_OF_CODE = 2
/** Most attributes of a table whose name says that it lists kinds: a type of room has a price and a number of beds. Set by hand. */
const MOST_ATTRIBUTES_OF_KIND = 4
/** If at least this share of a schema's other tables refers to a table, the schema is about that table: it is no lookup list. Set by hand. */
const CENTRE_SHARE = 0.5
/** Least number of such tables: in a schema of two or three tables the share says nothing. Set by hand. */
const FEWEST_AROUND = 3

/** Columns that say which value it is, in the languages that schemas are written in. */
const NAMING = wordSet(`
  name title label code identifier description abbreviation symbol text value definition slug iso
  bezeichnung benennung titel beschreibung kürzel kuerzel kurzzeichen
  nombre título titulo descripción descripcion etiqueta
  nom libellé libelle intitulé intitule titre désignation designation
  nome titolo descrizione descrição descricao naam omschrijving nazwa opis navn namn
`)
/** Where a thing is, and how to reach it: no value has that. */
const CONTACT = wordSet(`
  address street city zip postcode phone telephone fax email mail website
  adresse strasse straße ort plz telefon dirección direccion calle ciudad teléfono telefono rue ville téléphone indirizzo endereço
`)
/** Tables that end so list kinds, whoever refers to them and whatever else they say. */
const KINDS = wordSet("status state type kind category class level role method reason language currency unit")

/** Whether a column only identifies or labels the row's value (a name, code, description, sort order or flag), and so is no attribute of it. */
const saysWhichValue = ({ naming, table }: Evidence, column: Column): boolean => {
  const said = naming.columnWords(table.table, column.name)
  const isCode = column.typeClass === "text" && naming.keyWord(table.table, column.name) !== ""
  return (
    isFlag(column) ||
    isCode ||
    said.length === 0 ||
    said.some((word) => NAMING.has(word)) ||
    ORDER_WORDS.has(said.at(-1) ?? "")
  )
}

/** Whether the rows of a table have names, or its key is a text. */
const isNamed = ({ keyColumns, naming, table }: Evidence): boolean => {
  const called = naming.words(table.table).join(" ")
  return table.columns.some((column) => {
    if (column.typeClass !== "text") return false
    const said = naming.columnWords(table.table, column.name)
    return keyColumns.includes(column.name) || said.some((word) => NAMING.has(word)) || said.join(" ") === called
  })
}

/** Whether rows are people or organisations, which have names and are no values. */
const isSomebody = ({ naming, table }: Evidence): boolean => {
  const words = naming.words(table.table)
  return isOfPeople(table) || ORGANISATION_WORDS.has(words.at(-1) ?? "")
}

/** Whether the schema is about it: most other tables refer to it. */
const isCentre = ({ incoming, schema, table }: Evidence): boolean => {
  const around = new Set(incoming.map(({ from }) => from.table)).size
  const others = schema.inSchema(table.schema).length - 1
  return around >= FEWEST_AROUND && around >= CENTRE_SHARE * others
}

/** A short list of named values that others refer to. */
export const lookup: Rule = (evidence) => {
  const { incoming, keyColumns, naming, table } = evidence
  const { profile } = table
  if (profile === undefined || incoming.length === 0 || keyColumns.length !== 1 || !isNamed(evidence)) return undefined
  const isOfKinds = KINDS.has(naming.words(table.table).at(-1) ?? "")
  if (isSomebody(evidence) || (isCentre(evidence) && !isOfKinds)) return undefined
  const own = ownColumns(evidence)
  const called = naming.words(table.table).join(" ")
  const attributes = own.filter(
    (column) => !saysWhichValue(evidence, column) && naming.columnWords(table.table, column.name).join(" ") !== called
  )
  const isContact = (column: Column) => CONTACT.has(naming.columnWords(table.table, column.name).at(-1) ?? "")
  const isCode = table.columns.some(({ name, typeClass }) => name === keyColumns[0] && typeClass === "text")
  const most = isOfKinds ? MOST_ATTRIBUTES_OF_KIND : isCode ? MOST_ATTRIBUTES_OF_CODE : MOST_ATTRIBUTES
  if (attributes.length > most) return undefined
  if (attributes.some(isContact)) return undefined
  const references = realReferences(evidence).length
  if (references > 1 || own.some((column) => isTime(naming, table.table, column))) return undefined
  if (profile.rows > (references === 0 && attributes.length === 0 ? ROWS_OF_NAMES : LOOKUP_ROWS)) return undefined
  const rows =
    profile.rows === 0
      ? "It is made for a short list"
      : `It is a short list (${count(profile.rows)} ${profile.rows === 1 ? "row" : "rows"})`
  return { verdict: "lookup", reason: `${rows} of named values that ${referring(evidence)} to.` }
}
