import { quoteIdentifier, quoteLiteral, quoteTable } from "../../datasource/Identifier.ts"
import { flatMapInSteps, type Steps } from "../../steps/Steps.ts"
import type { ExportModel, ExportReference, ExportTable } from "./ExportModel.ts"
import { block, defaultBase, iris, type Iris, literal, range } from "./Iris.ts"
import { wellFormed } from "./Names.ts"
import type { RdfOptions } from "./Turtle.ts"

const PREFIXES = [
  "@prefix rr: <http://www.w3.org/ns/r2rml#> .",
  "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> ."
].join("\n")

/**
 * The mapping of rows to the classes and properties of `toTurtle`, in R2RML: a triples map per table of the second tier, whose rows' IRIs are
 * made of the key; blank nodes where there is none. References where another column decides have a map of their own, of those rows.
 */
export function* toR2rml(model: ExportModel, options: RdfOptions = {}): Steps<string> {
  const iri = iris(options.baseIri ?? defaultBase(model.database))
  const described = model.tables.filter(({ columns, entity }) => entity !== undefined && columns.length > 0)
  const mapped = new Set(described.map(({ id }) => id))
  const blocks = yield* flatMapInSteps(described, (table) => {
    const references = model
      .outgoing(table.id)
      .filter(({ compared, target }) => compared === undefined && mapped.has(target.id))
    const always = references.filter(({ when }) => when === undefined)
    const sometimes = references.filter(({ when }) => when !== undefined)
    return [
      block(triplesMap(iri, table), [
        "a rr:TriplesMap",
        `rr:logicalTable [ rr:tableName ${literal(quoteTable(table))} ]`,
        subject(iri, table, true),
        ...table.columns.map(({ name, type }) =>
          predicate(iri.column(table, name), `rr:column ${column(name)}${datatype(range(type))}`)
        ),
        ...always.map((reference) => predicate(iri.reference(reference.from, reference.to), parent(iri, reference)))
      ]),
      ...sometimes.map((reference, place) =>
        block(`${triplesMap(iri, table).slice(0, -1)}/${place + 1}>`, [
          "a rr:TriplesMap",
          `rr:logicalTable [ rr:sqlQuery ${literal(rowsOf(reference))} ]`,
          subject(iri, table, false),
          predicate(iri.reference(reference.from, reference.to), parent(iri, reference))
        ])
      )
    ]
  })
  return `${[PREFIXES, ...blocks].join("\n\n")}\n`
}

const triplesMap = (iri: Iris, table: ExportTable): string => iri.of(table, ";map")

/** A column as R2RML names it: a delimited identifier of SQL. */
const column = (name: string): string => literal(quoteIdentifier(wellFormed(name)))

/** What makes a row's IRI: its key, or all that it has. */
const subject = (iri: Iris, table: ExportTable, isClass: boolean): string => {
  const names = table.key.length > 0 ? table.key : table.columns.map(({ name }) => name)
  const template = iri.rows(table, names, (name) => `{${inTemplate(quoteIdentifier(wellFormed(name)))}}`)
  const terms = table.key.length > 0 ? "" : " ; rr:termType rr:BlankNode"
  return `rr:subjectMap [ rr:template ${literal(template)}${terms}${isClass ? ` ; rr:class ${iri.table(table)}` : ""} ]`
}

/** A column in a template, where braces and backslashes have a meaning. */
const inTemplate = (text: string): string => text.replace(/[\\{}]/g, "\\$&")

const predicate = (property: string, object: string): string =>
  `rr:predicateObjectMap [ rr:predicate ${property} ; rr:objectMap [ ${object} ] ]`

const datatype = (type: string): string => (type === "xsd:string" ? "" : ` ; rr:datatype ${type}`)

const parent = (iri: Iris, { from, target, to }: ExportReference): string =>
  [
    `rr:parentTriplesMap ${triplesMap(iri, target)}`,
    ...from.columns.map(
      (name, at) => `rr:joinCondition [ rr:child ${column(name)} ; rr:parent ${column(to.columns[at] ?? "")} ]`
    )
  ].join(" ; ")

const rowsOf = ({ source, when }: ExportReference): string =>
  `SELECT * FROM ${quoteTable(source)}${when === undefined ? "" : ` WHERE CAST(${quoteIdentifier(when.column)} AS text) = ${quoteLiteral(when.value)}`}`
