import type { Catalog, Column, Table, TableName } from "../datasource/Catalog.ts"
import { sensitiveByLook, untilExample, withoutExamples } from "../language/SensitiveLooks.ts"
import { sensitiveByName } from "../language/SensitiveNames.ts"
import { mapInSteps, type Steps } from "../steps/Steps.ts"

/**
 * The catalog as it is stored, readable by whoever reads our database: without the secrets and personal data that comments give as examples,
 * and without what enums, domains and CHECKs list of columns that hold such.
 */
export function* storableCatalog(catalog: Catalog): Steps<Catalog> {
  const tables: Array<Table> = []
  for (const table of catalog.tables) {
    tables.push({
      ...table,
      comment: table.comment === null ? null : withoutExamples(table.comment),
      columns: yield* mapInSteps(table.columns, (column) => storableColumn(table, column))
    })
  }
  return { ...catalog, tables }
}

const storableColumn = ({ table }: TableName, column: Column): Column => {
  const listed = [...(column.enumLabels ?? []), ...(column.allowed?.values ?? [])]
  const withheld =
    sensitiveByName({ ...column, label: "" }, { name: table, aboutPeople: false }) ?? sensitiveByLook(listed)
  const comment = column.comment === null ? null : withoutExamples(column.comment)
  if (withheld === undefined) return { ...column, comment }
  const { allowed: _, ...rest } = column
  return {
    ...rest,
    enumLabels: column.enumLabels === null ? null : [],
    comment: comment === null ? null : untilExample(comment),
    ...(listed.length === 0 ? {} : { withheld })
  }
}
