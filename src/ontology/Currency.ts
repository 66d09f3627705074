import { tableId } from "../datasource/Catalog.ts"
import type { Subject } from "./Discovered.ts"
import type { OntologyColumn } from "./Ontology.ts"

/** Which tables say in which currency their amounts are: by a column of their own, or of what each of their rows refers to. */
export const sayingCurrency = (
  tables: ReadonlyArray<{ readonly subject: Subject; readonly columns: ReadonlyArray<OntologyColumn> }>
): ((subject: Subject) => boolean) => {
  const own = new Set(
    tables.flatMap(({ columns, subject }) =>
      columns.some(({ semanticType }) => semanticType === "currency") ? [subject.id] : []
    )
  )
  return ({ id, outgoing }) => own.has(id) || outgoing.some(({ to }) => own.has(tableId(to)))
}
