import type { TableName } from "../datasource/Catalog.ts"
import { quoteIdentifier, quoteLiteral, quoteTable } from "../datasource/Identifier.ts"
import type { OntologyRelationship } from "./Ontology.ts"

/** A column of the table called `alias`. */
export const columnOf = (alias: string, column: string): string => `${alias}.${quoteIdentifier(column)}`

/** A table under an alias. */
export const tableAs = (table: TableName, alias: string): string => `${quoteTable(table)} AS ${alias}`

/** Texts that PostgreSQL reads as a whole number of a type. */
const WHOLE_NUMBER = { bigint: "'^\\s*[-+]?[0-9]{1,18}\\s*$'", numeric: "'^\\s*[-+]?[0-9]+\\s*$'" }

/** The type that texts are cast to where they are compared with numbers of a type: what holds them all, and can use an index of theirs. */
export const castTo = (type: string): "bigint" | "numeric" =>
  /^(?:smallint|integer|bigint)$/.test(type) ? "bigint" : "numeric"

/** The condition that joins the two tables of a relationship, by their aliases; with the conversion and the condition that it needs. */
export const joinCondition = (
  {
    cast = "bigint",
    compared,
    from,
    to,
    when
  }: Pick<OntologyRelationship, "cast" | "compared" | "from" | "to" | "when">,
  source: string,
  target: string
): string =>
  [
    ...from.columns.map((name, i) => {
      const [own, other] = [columnOf(source, name), columnOf(target, to.columns[i] ?? name)]
      if (compared === "element by element") return `${other} = ANY (${own})`
      if (compared === "as whole numbers") return `CAST(${own} AS ${cast}) = ${other}`
      if (compared === undefined) return `${own} = ${other}`
      return `CASE WHEN ${own} ~ ${WHOLE_NUMBER[cast]} THEN CAST(${own} AS ${cast}) END = ${other}`
    }),
    ...(when === undefined ? [] : [`${columnOf(source, when.column)}::text = ${quoteLiteral(when.value).trim()}`])
  ].join(" AND ")
