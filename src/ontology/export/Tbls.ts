import { mapInSteps } from "../../steps/Steps.ts"
import { jsonText, type TextSteps } from "../../steps/TextSteps.ts"
import { tableId } from "../../datasource/Catalog.ts"
import { type ExportModel, type ExportReference, type ExportTable, why } from "./ExportModel.ts"
import { columnList } from "./SqlText.ts"
import { wellFormed } from "./Names.ts"

/** `tbls.json`: tables, keys and relationships as tbls reads them (`tbls doc json://tbls.json`); what no key declares is `virtual`. */
export function* toTbls(model: ExportModel): TextSteps {
  const { database, ontology, references, tables } = model
  const document = {
    name: clean(database),
    desc: clean(ontology.domain.summary),
    tables: yield* mapInSteps(tables, (table) => tableOf(table, model.outgoing(table.id))),
    relations: yield* mapInSteps(references, relation),
    driver: { name: "postgres", database_version: "" },
    viewpoints: ontology.domain.businessDomains.map(({ description, name, tables: members }) => ({
      name: clean(name),
      desc: clean(description),
      tables: members.map((table) => clean(tableId(table)))
    }))
  }
  yield* jsonText(document, LONG_LISTS)
  yield "\n"
}

/** So deep the long lists are: tables and relations. */
const LONG_LISTS = 2

const clean = wellFormed

const tableOf = (table: ExportTable, outgoing: ReadonlyArray<ExportReference>) => ({
  name: clean(table.id),
  type: table.kind === "table" ? "BASE TABLE" : table.kind.toUpperCase(),
  comment: clean(table.description),
  columns: table.columns.map(({ meaning, name, nullable, type }) => ({
    name: clean(name),
    type: clean(type),
    nullable,
    comment: clean(meaning?.description ?? "")
  })),
  constraints: [
    ...table.declaredKeys.map((key, place) => {
      const primary = place === 0 && key.length === table.key.length && key.every((name) => table.key.includes(name))
      const kind = primary ? "PRIMARY KEY" : "UNIQUE"
      return {
        name: clean(key.join("_")),
        type: kind,
        def: clean(`${kind} ${columnList(key)}`),
        table: clean(table.id),
        columns: key.map(clean)
      }
    }),
    ...outgoing
      .filter(({ declared }) => declared)
      .map(({ from, target, to }) => ({
        name: clean(from.columns.join("_")),
        type: "FOREIGN KEY",
        def: clean(`FOREIGN KEY ${columnList(from.columns)} REFERENCES ${target.id} ${columnList(to.columns)}`),
        table: clean(table.id),
        referenced_table: clean(target.id),
        columns: from.columns.map(clean),
        referenced_columns: to.columns.map(clean)
      }))
  ],
  labels: table.entity === undefined ? [] : [{ name: clean(table.name) }, { name: table.entity.kind }],
  def: ""
})

const relation = (reference: ExportReference) => {
  const { cardinality, declared, from, optional, source, target, to } = reference
  const isMany = cardinality === "N:1" || cardinality === "N:M"
  const refersToMany = cardinality === "1:N" || cardinality === "N:M"
  return {
    table: clean(source.id),
    columns: from.columns.map(clean),
    cardinality: isMany ? "zero_or_more" : "zero_or_one",
    parent_table: clean(target.id),
    parent_columns: to.columns.map(clean),
    parent_cardinality: optional
      ? refersToMany
        ? "zero_or_more"
        : "zero_or_one"
      : refersToMany
        ? "one_or_more"
        : "exactly_one",
    def: clean(`${reference.label}: ${why(reference)}`),
    ...(declared ? {} : { virtual: true })
  }
}
