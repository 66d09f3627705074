import type { TableName } from "../datasource/Catalog.ts"
import { quoteIdentifier, quoteLiteral, quoteTable } from "../datasource/Identifier.ts"
import type { OntologyRelationship } from "./Ontology.ts"

/** A column of the table called `alias`. */
export const columnOf = (alias: string, column: string): string => `${alias}.${quoteIdentifier(column)}`

/** A table under an alias. */
export const tableAs = (table: TableName, alias: string): string => `${quoteTable(table)} AS ${alias}`

/** Texts that PostgreSQL reads as a whole number. */
const WHOLE_NUMBER = "'^\\s*[-+]?[0-9]{1,18}\\s*$'"

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
      if (compared === "as whole numbers") return `CAST(${own} AS bigint) = ${other}`
      if (compared === undefined) return `${own} = ${other}`
      return `CASE WHEN ${own} ~ ${WHOLE_NUMBER} THEN CAST(${own} AS bigint) END = ${other}`
    }),
    ...(when === undefined ? [] : [`${columnOf(source, when.column)}::text = ${quoteLiteral(when.value).trim()}`])
  ].join(" AND ")
