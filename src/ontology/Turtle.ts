import { type TableName, tableId } from "../datasource/Catalog.ts"
import { notReadText } from "../datasource/Notes.ts"
import { flatMapInSteps, type Steps } from "../steps/Steps.ts"
import { byText } from "../datasource/byText.ts"
import type { ColumnSet } from "../datasource/Inclusion.ts"
import { list } from "./Text.ts"
import type { Ontology, OntologyColumn, OntologyEntity, OntologyRelationship } from "./Ontology.ts"

const PREFIXES = [
  "@prefix owl: <http://www.w3.org/2002/07/owl#> .",
  "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .",
  "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .",
  "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .",
  "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> ."
]

/**
 * The ontology as OWL in Turtle: a class per table of the second tier, a datatype property per column, an object property per accepted
 * relationship. IRIs are `urn:database:<database>#<schema>.<table>`, percent-encoded.
 */
export function* toTurtle({ domain, entities, notRead = [] }: Ontology): Steps<string> {
  const referredTo = new Set(domain.relationships.map(({ to }) => keyId(to)))
  const base = `urn:database:${encode(domain.database)}`
  const iri = (table: TableName, rest = "") => `<${base}#${encode(tableId(table))}${rest}>`
  const known = new Set(entities.map(tableId))
  const blocks = [
    PREFIXES.join("\n"),
    block(`<${base}>`, [
      "a owl:Ontology",
      `rdfs:label ${literal(domain.database)}`,
      `rdfs:comment ${literal(domain.summary)}`,
      ...notRead.map((table) => `rdfs:comment ${literal(notReadText(table))}`)
    ]),
    ...(yield* flatMapInSteps(entities, (entity) => [
      classBlock(iri(entity), entity, referredTo, (column) => iri(entity, `/${encode(column)}`)),
      ...entity.columns.map((column) => columnBlock(iri(entity, `/${encode(column.name)}`), iri(entity), column))
    ])),
    ...(yield* flatMapInSteps(domain.relationships, (edge) => {
      if (!known.has(tableId(edge.from)) || !known.has(tableId(edge.to))) return []
      const columns = edge.from.columns.map(encode).join("+")
      const target = `${encode(tableId(edge.to))}/${edge.to.columns.map(encode).join("+")}`
      return [relationBlock(iri(edge.from, `/${columns}-to-${target}`), iri(edge.from), iri(edge.to), edge)]
    })),
    ...(yield* flatMapInSteps(
      entities.filter(({ kind }) => kind === "link"),
      (link) =>
        linkBlocks(
          link,
          linkEnds(domain.relationships, link).filter(({ to }) => known.has(tableId(to))),
          iri
        )
    ))
  ]
  return `${blocks.join("\n\n")}\n`
}

const block = (subject: string, statements: ReadonlyArray<string>): string =>
  `${subject}\n    ${statements.join(" ;\n    ")} .`

/** A set of columns, in whatever order. */
const keyId = ({ columns, ...table }: ColumnSet) => JSON.stringify([tableId(table), columns.toSorted(byText)])

/**
 * A class. `owl:hasKey` is an axiom: it is written for a declared key, and for one that an accepted relationship refers to. That a key was
 * only found in the data is a comment.
 */
const classBlock = (
  subject: string,
  entity: OntologyEntity,
  referredTo: ReadonlySet<string>,
  property: (column: string) => string
): string => {
  const { description, keyColumns, keyDeclared, name, notes = [], synonyms } = entity
  const isKey = keyDeclared || referredTo.has(keyId({ ...entity, columns: keyColumns }))
  const found = keyColumns.length === 0 || isKey ? [] : [`Key found in the data: ${list(keyColumns)}.`]
  return block(subject, [
    "a owl:Class",
    `rdfs:label ${literal(name)}`,
    `rdfs:comment ${literal([description, ...found, ...notes].join(" "))}`,
    ...synonyms.map((synonym) => `skos:altLabel ${literal(synonym)}`),
    ...(keyColumns.length > 0 && isKey ? [`owl:hasKey ( ${keyColumns.map(property).join(" ")} )`] : [])
  ])
}

const columnBlock = (subject: string, table: string, column: OntologyColumn): string =>
  block(subject, [
    "a owl:DatatypeProperty, owl:FunctionalProperty",
    `rdfs:label ${literal(column.label)}`,
    `rdfs:comment ${literal(column.description)}`,
    `rdfs:domain ${table}`,
    `rdfs:range ${range(column.type)}`,
    ...column.synonyms.map((synonym) => `skos:altLabel ${literal(synonym)}`)
  ])

const relationBlock = (subject: string, from: string, to: string, edge: OntologyRelationship): string => {
  const one = edge.cardinality === "N:1" || edge.cardinality === "1:1"
  return block(subject, [
    one ? "a owl:ObjectProperty, owl:FunctionalProperty" : "a owl:ObjectProperty",
    `rdfs:label ${literal(edge.label)}`,
    `rdfs:domain ${from}`,
    `rdfs:range ${to}`
  ])
}

/** The references of a link table that are N:1: each target may have several rows in the link table. */
const linkEnds = (relationships: ReadonlyArray<OntologyRelationship>, link: TableName) =>
  relationships.filter(({ cardinality, from }) => cardinality === "N:1" && tableId(from) === tableId(link))

/** A many-to-many property for each pair of a link table's targets. */
const linkBlocks = (
  link: OntologyEntity,
  ends: ReadonlyArray<OntologyRelationship>,
  iri: (table: TableName, rest?: string) => string
): ReadonlyArray<string> =>
  ends.flatMap((one, i) =>
    ends.slice(i + 1).map((other) => {
      const columns = [one, other].map(({ from }) => from.columns.map(encode).join("+")).join("-and-")
      return block(iri(link, `/${columns}`), [
        "a owl:ObjectProperty",
        `rdfs:label ${literal(`${one.toName} and ${other.toName}`)}`,
        `rdfs:comment ${literal(`Many to many, through ${link.table}.`)}`,
        `rdfs:domain ${iri(one.to)}`,
        `rdfs:range ${iri(other.to)}`
      ])
    })
  )

const RANGES: ReadonlyArray<readonly [RegExp, string]> = [
  [/^(?:smallint|integer|bigint|oid)$/, "xsd:integer"],
  [/^(?:numeric|money)/, "xsd:decimal"],
  [/^(?:real|double precision)$/, "xsd:double"],
  [/^boolean$/, "xsd:boolean"],
  [/^date$/, "xsd:date"],
  [/^timestamp/, "xsd:dateTime"],
  [/^time/, "xsd:time"],
  [/^interval/, "xsd:duration"],
  [/^bytea$/, "xsd:hexBinary"]
]

const range = (type: string): string => RANGES.find(([pattern]) => pattern.test(type))?.[1] ?? "xsd:string"

/** Percent-encoded to letters, digits, `-`, `.`, `_` and `~`, in which no IRI ends. */
const encode = (name: string): string =>
  encodeURIComponent(wellFormed(name)).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  )

const ESCAPES: Record<string, string> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" }

/** A string literal; control characters are escaped, lone surrogates replaced. */
const literal = (text: string): string =>
  `"${wellFormed(text).replace(
    /["\\\u0000-\u001f\u007f]/g,
    (character) => ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )}"`

const wellFormed = (text: string): string => text.replace(/\p{Cs}/gu, "\uFFFD")
