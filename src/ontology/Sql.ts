import type { TableName } from "../datasource/Catalog.ts"
import type { Compared } from "../datasource/Inclusion.ts"
import { quoteIdentifier, quoteLiteral, quoteTable } from "../datasource/Identifier.ts"
import type { OntologyRelationship } from "./Ontology.ts"

/** A column of the table called `alias`. */
export const columnOf = (alias: string, column: string): string => `${alias}.${quoteIdentifier(column)}`

/** A table under an alias. */
export const tableAs = (table: TableName, alias: string): string => `${quoteTable(table)} AS ${alias}`

/**
 * The SQL of a text column's values as they are compared. A text that is no number, or no UUID, has no counterpart: it becomes NULL, where a
 * plain cast would fail.
 */
export const converted = (compared: Exclude<Compared, "element by element"> | undefined, column: string): string => {
  switch (compared) {
    case undefined:
      return column
    case "as whole numbers":
      return `CAST(${column} AS bigint)`
    case "as whole numbers, where they are some":
      return `CAST(substring(${column} FROM '^ *([+-]?[0-9]+)([.]0+)? *$') AS numeric)`
    case "as uuids":
      return `CAST(${column} AS uuid)`
    case "as uuids, where they are some":
      return `CAST(substring(lower(${column}) FROM '^ *([0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}) *$') AS uuid)`
  }
}

/** The condition that joins the two tables of a relationship, by their aliases; with the conversion and the condition that it needs. */
export const joinCondition = (
  { compared, from, to, when }: Pick<OntologyRelationship, "from" | "to" | "when" | "compared">,
  source: string,
  target: string
): string =>
  [
    ...from.columns.map((name, i) => {
      const [own, other] = [columnOf(source, name), columnOf(target, to.columns[i] ?? name)]
      if (compared === "element by element") return `${other} = ANY (${own})`
      return `${converted(compared, own)} = ${other}`
    }),
    ...(when === undefined ? [] : [`${columnOf(source, when.column)}::text = ${quoteLiteral(when.value).trim()}`])
  ].join(" AND ")
