import type { Catalog, Column, Table } from "../datasource/Catalog.ts"
import { sensitiveByLook, untilExample, withoutExamples } from "../language/SensitiveLooks.ts"
import { type Sensitivity, sensitiveByName } from "../language/SensitiveNames.ts"
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
      columns: yield* storableColumns(table)
    })
  }
  return { ...catalog, tables }
}

/** The first kind of secrets or personal data that a view, or a generated column, reads, by the names of what it reads. */
const sensitiveRead = (reads: ReadonlyArray<string>, table: string): Sensitivity | undefined => {
  for (const name of reads) {
    const read = sensitiveByName({ name, label: "", typeClass: "text", type: "" }, { name: table, aboutPeople: false })
    if (read !== undefined) return read
  }
  return undefined
}

/** Type classes of columns that show a figure (a count, a sum, a date) and not the sensitive text from which a view computed it. */
const FIGURES: ReadonlyArray<Column["typeClass"]> = ["integer", "number", "time", "boolean"]

/** A view's text column that no table's column shares its name with may be computed from any column the view reads: if one of them is sensitive, its values are withheld. */
function* storableColumns(table: Table): Steps<ReadonlyArray<Column>> {
  const read = sensitiveRead(table.reads ?? [], table.table)
  const names = new Set(table.reads)
  return yield* mapInSteps(table.columns, (column) => {
    const { computedFrom = [], name, typeClass } = column
    const isItself = FIGURES.includes(typeClass) || names.has(name)
    // A figure of the same row's columns may be one of them in another type.
    const ofRow = typeClass === "boolean" ? undefined : sensitiveRead(computedFrom, table.table)
    return storableColumn(table, column, ofRow ?? (isItself ? undefined : read))
  })
}

const storableColumn = ({ table }: Table, column: Column, computed: Sensitivity | undefined): Column => {
  const listed = [...(column.enumLabels ?? []), ...(column.allowed?.values ?? [])]
  const withheld =
    sensitiveByName({ ...column, label: "" }, { name: table, aboutPeople: false }) ??
    sensitiveByLook(listed) ??
    computed
  const comment = column.comment === null ? null : withoutExamples(column.comment)
  if (withheld === undefined) return { ...column, comment }
  const { allowed: _, ...rest } = column
  return {
    ...rest,
    enumLabels: column.enumLabels === null ? null : [],
    comment: comment === null ? null : untilExample(comment),
    ...(listed.length === 0 && computed === undefined ? {} : { withheld })
  }
}
