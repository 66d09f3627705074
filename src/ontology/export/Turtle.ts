import { type TableName, tableId } from "../../datasource/Catalog.ts"
import { byText } from "../../datasource/byText.ts"
import type { ColumnSet } from "../../datasource/Inclusion.ts"
import { notReadLines } from "../../datasource/Notes.ts"
import type { TextSteps } from "../../steps/TextSteps.ts"
import type { Ontology, OntologyColumn, OntologyEntity, OntologyRelationship } from "../Ontology.ts"
import { keyOrigin, list, pairsText, plurals } from "../Text.ts"
import { block, defaultBase, encode, iris, type Iris, literal, range } from "./Iris.ts"

/** How the IRIs of an export in RDF begin. */
export interface RdfOptions {
  /** An absolute IRI of yours, `https://example.org/shop`; `urn:database:<database>` by default. */
  readonly baseIri?: string | undefined
}

const PREFIXES = [
  "@prefix dcterms: <http://purl.org/dc/terms/> .",
  "@prefix owl: <http://www.w3.org/2002/07/owl#> .",
  "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .",
  "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .",
  "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .",
  "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> ."
]

/** What is used of other vocabularies, declared, so that OWL 2 DL needs no import. */
const DECLARED = [
  ...[
    "dcterms:title",
    "dcterms:description",
    "dcterms:source",
    "skos:altLabel",
    "skos:prefLabel",
    "skos:definition"
  ].map((property) => `${property} a owl:AnnotationProperty .`),
  ...["skos:Concept", "skos:ConceptScheme"].map((name) => `${name} a owl:Class .`),
  ...["skos:inScheme", "skos:topConceptOf"].map((property) => `${property} a owl:ObjectProperty .`),
  "skos:notation a owl:DatatypeProperty ."
]

/** Datatypes of XML Schema that OWL 2 does not have: a reasoner that meets one refuses the whole ontology. */
const NOT_OF_OWL = new Set(["xsd:date", "xsd:time"])

/** The datatype of a column's values in OWL. */
const owlRange = (type: string): string => {
  const datatype = range(type)
  return NOT_OF_OWL.has(datatype) ? "rdfs:Literal" : datatype
}

/**
 * The ontology as OWL 2 in Turtle: a class per table of the second tier, a subclass of the one whose key it shares; a datatype property per
 * column; an object property per accepted relationship, and its inverse; a SKOS concept scheme per enumeration. IRIs are
 * `<base>#<schema>.<table>`, percent-encoded.
 */
export function* toTurtle(ontology: Ontology, options: RdfOptions = {}): TextSteps {
  const { domain, entities, notRead = [] } = ontology
  const iri = iris(options.baseIri ?? defaultBase(domain.database))
  const referredTo = new Set(domain.relationships.map(({ to }) => keyId(to)))
  const known = new Map(entities.map((entity) => [tableId(entity), entity]))
  const relationships = domain.relationships.filter(
    ({ from, to }) => known.has(tableId(from)) && known.has(tableId(to))
  )
  const parents = superclasses(relationships, known)
  const heads = [
    PREFIXES.join("\n"),
    block(iri.ontology, [
      "a owl:Ontology",
      `dcterms:title ${literal(domain.database)}`,
      `dcterms:description ${literal(domain.summary)}`,
      `rdfs:label ${literal(domain.database)}`,
      ...notReadLines(notRead).map((line) => `rdfs:comment ${literal(line)}`)
    ]),
    DECLARED.join("\n")
  ]
  yield heads.join("\n\n")
  for (const entity of entities) {
    yield following([classBlock(iri, entity, referredTo, parents.get(tableId(entity)) ?? [])])
    for (const column of entity.columns)
      yield following([columnBlock(iri, entity, column), ...conceptBlocks(iri, entity, column)])
  }
  for (const edge of relationships) yield following(relationBlocks(iri, edge))
  for (const link of entities)
    if (link.kind === "link") yield following(linkBlocks(iri, link, linkEnds(relationships, link)))
  yield "\n"
}

/** Blocks as text, each after an empty line. */
const following = (blocks: ReadonlyArray<string>): string => blocks.map((each) => `\n\n${each}`).join("")

/** A set of columns, in whatever order. */
const keyId = ({ columns, ...table }: ColumnSet) => JSON.stringify([tableId(table), columns.toSorted(byText)])

/** The tables whose key a table's own key refers to, by id: its rows are theirs, with more said of them. Not where they refer in a circle. */
const superclasses = (
  relationships: ReadonlyArray<OntologyRelationship>,
  known: ReadonlyMap<string, OntologyEntity>
): ReadonlyMap<string, ReadonlyArray<TableName>> => {
  const parents = new Map<string, Array<TableName>>()
  for (const { cardinality, compared, from, to, when } of relationships) {
    const [child, parent] = [known.get(tableId(from)), known.get(tableId(to))]
    if (child === undefined || parent === undefined || when !== undefined || compared !== undefined) continue
    const shares =
      cardinality === "1:1" &&
      tableId(from) !== tableId(to) &&
      keyId(from) === keyId({ ...child, columns: child.keyColumns }) &&
      keyId(to) === keyId({ ...parent, columns: parent.keyColumns })
    if (shares && !reaches(parents, tableId(to), tableId(from))) {
      parents.set(tableId(from), [...(parents.get(tableId(from)) ?? []), { schema: to.schema, table: to.table }])
    }
  }
  return parents
}

const reaches = (parents: ReadonlyMap<string, ReadonlyArray<TableName>>, from: string, to: string): boolean =>
  from === to || (parents.get(from) ?? []).some((parent) => reaches(parents, tableId(parent), to))

/**
 * A class. `owl:hasKey` is an axiom: it is written for a declared key, and for one that an accepted relationship refers to. That a key was
 * only found in the data is a comment.
 */
const classBlock = (
  iri: Iris,
  entity: OntologyEntity,
  referredTo: ReadonlySet<string>,
  parents: ReadonlyArray<TableName>
): string => {
  const { description, keyColumns, keyDeclared, name, notes = [], synonyms } = entity
  const isKey = keyDeclared || referredTo.has(keyId({ ...entity, columns: keyColumns }))
  const found = keyColumns.length === 0 || isKey ? [] : [`Key ${keyOrigin(entity)}: ${list(keyColumns)}.`]
  const paired = entity.pairs === undefined ? [] : [`It is ${pairsText(entity.pairs)}.`]
  return block(iri.table(entity), [
    "a owl:Class",
    `rdfs:label ${literal(name)}`,
    `rdfs:comment ${literal([description, ...found, ...paired, ...notes].join(" "))}`,
    `dcterms:source ${literal(tableId(entity))}`,
    ...synonyms.map((synonym) => `skos:altLabel ${literal(synonym)}`),
    ...parents.map((parent) => `rdfs:subClassOf ${iri.table(parent)}`),
    ...(keyColumns.length > 0 && isKey
      ? [`owl:hasKey ( ${keyColumns.map((column) => iri.column(entity, column)).join(" ")} )`]
      : [])
  ])
}

const columnBlock = (iri: Iris, table: TableName, column: OntologyColumn): string =>
  block(iri.column(table, column.name), [
    "a owl:DatatypeProperty, owl:FunctionalProperty",
    `rdfs:label ${literal(column.label)}`,
    `rdfs:comment ${literal(column.description)}`,
    `dcterms:source ${literal(column.name)}`,
    `rdfs:domain ${iri.table(table)}`,
    `rdfs:range ${owlRange(column.type)}`,
    ...column.synonyms.map((synonym) => `skos:altLabel ${literal(synonym)}`),
    ...(column.values === null ? [] : [`rdfs:seeAlso ${scheme(iri, table, column)}`])
  ])

const scheme = (iri: Iris, table: TableName, { name }: OntologyColumn) => iri.of(table, `/${encode(name)}/values`)

/** The values of an enumeration as a concept scheme: the value itself is the notation, what it means the label. */
const conceptBlocks = (iri: Iris, table: TableName, column: OntologyColumn): ReadonlyArray<string> => {
  if (column.values === null) return []
  const whole = scheme(iri, table, column)
  return [
    block(whole, [
      "a skos:ConceptScheme, owl:NamedIndividual",
      `dcterms:title ${literal(`${column.label} of ${table.table}`)}`,
      `rdfs:label ${literal(`${column.label} of ${table.table}`)}`
    ]),
    ...column.values.map(({ label, value }) =>
      block(iri.of(table, `/${encode(column.name)}/values/${encode(value)}`), [
        "a skos:Concept, owl:NamedIndividual",
        `skos:inScheme ${whole}`,
        `skos:topConceptOf ${whole}`,
        `skos:notation ${literal(value)}`,
        `skos:prefLabel ${literal(label ?? value)}`
      ])
    )
  ]
}

/** An object property and its inverse. */
const relationBlocks = (iri: Iris, edge: OntologyRelationship): ReadonlyArray<string> => {
  const [from, to] = [iri.table(edge.from), iri.table(edge.to)]
  const property = iri.reference(edge.from, edge.to)
  const inverse = `${property.slice(0, -1)}/inverse>`
  const one = edge.when === undefined && (edge.cardinality === "N:1" || edge.cardinality === "1:1")
  const back = edge.cardinality === "1:1" || edge.cardinality === "1:N"
  const condition =
    edge.when === undefined ? [] : [`rdfs:comment ${literal(`Where ${edge.when.column} is ${edge.when.value}.`)}`]
  return [
    block(property, [
      one ? "a owl:ObjectProperty, owl:FunctionalProperty" : "a owl:ObjectProperty",
      `rdfs:label ${literal(edge.label)}`,
      `rdfs:domain ${from}`,
      `rdfs:range ${to}`,
      ...condition
    ]),
    block(inverse, [
      back ? "a owl:ObjectProperty, owl:FunctionalProperty" : "a owl:ObjectProperty",
      `rdfs:label ${literal(`${(back ? edge.fromName : plurals(edge.fromName)).toLowerCase()} by ${edge.label}`)}`,
      `rdfs:domain ${to}`,
      `rdfs:range ${from}`,
      `owl:inverseOf ${property}`
    ])
  ]
}

/** The references of a link table that are N:1: each target may have several rows in the link table. */
const linkEnds = (relationships: ReadonlyArray<OntologyRelationship>, link: TableName) =>
  relationships.filter(({ cardinality, from }) => cardinality === "N:1" && tableId(from) === tableId(link))

/** A many-to-many property for each pair of a link table's targets. */
const linkBlocks = (
  iri: Iris,
  link: OntologyEntity,
  ends: ReadonlyArray<OntologyRelationship>
): ReadonlyArray<string> =>
  ends.flatMap((one, i) =>
    ends.slice(i + 1).map((other) => {
      const columns = [one, other].map(({ from }) => from.columns.map(encode).join("+")).join("-and-")
      return block(iri.of(link, `/${columns}`), [
        "a owl:ObjectProperty",
        `rdfs:label ${literal(`${one.toName} and ${other.toName}`)}`,
        `rdfs:comment ${literal(`Many to many, through ${link.table}.`)}`,
        `rdfs:domain ${iri.table(one.to)}`,
        `rdfs:range ${iri.table(other.to)}`
      ])
    })
  )
