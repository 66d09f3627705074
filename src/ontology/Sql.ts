import type { TableName } from "../datasource/Catalog.ts"
import { type CastTo, type Compared, isOfKey } from "../datasource/Inclusion.ts"
import { quoteIdentifier, quoteLiteral, quoteTable } from "../datasource/Identifier.ts"
import type { OntologyRelationship } from "./Ontology.ts"

/** A column of the table called `alias`. */
export const columnOf = (alias: string, column: string): string => `${alias}.${quoteIdentifier(column)}`

/** A table under an alias. */
export const tableAs = (table: TableName, alias: string): string => `${quoteTable(table)} AS ${alias}`

/**
 * The SQL of a text column's values as they are compared, cast to the type of `cast`. A text that is no number, or no UUID, has no
 * counterpart: it becomes NULL, where a plain cast would fail.
 */
export const converted = (
  compared: Exclude<Compared, "element by element" | "by overlapping periods"> | undefined,
  column: string,
  cast: CastTo = "bigint"
): string => {
  switch (compared) {
    case undefined:
      return column
    case "as whole numbers":
    case "key as whole numbers":
    case "as uuids":
      return `CAST(${column} AS ${cast})`
    case "as whole numbers, where they are some":
    case "key as whole numbers, where they are some":
    case "as uuids, where they are some":
      return `CAST(substring(${column} FROM '${SUCH[cast]}') AS ${cast})`
  }
}

/** What of a text is a value of a type: the first pair of parentheses. */
const SUCH: Readonly<Record<CastTo, string>> = {
  bigint: "^ *([+-]?[0-9]{1,18})([.]0+)? *$",
  numeric: "^ *([+-]?[0-9]+)([.]0+)? *$",
  uuid: "^ *([0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}) *$"
}

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
      if (compared === "by overlapping periods") return `${own} ${i === from.columns.length - 1 ? "&&" : "="} ${other}`
      return isOfKey(compared)
        ? `${own} = ${converted(compared, other, cast)}`
        : `${converted(compared, own, cast)} = ${other}`
    }),
    ...(when === undefined ? [] : [`${columnOf(source, when.column)}::text = ${quoteLiteral(when.value).trim()}`])
  ].join(" AND ")
