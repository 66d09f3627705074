import { ofDatasource } from "./Project.ts"
import type { Ontology } from "./Types.ts"

type Entity = Ontology["entities"][number]

/** Where the report is, or a table's page in it; `at` is one of its columns. */
export const reportHref = (datasourceId: string, ontology?: Ontology, entity?: Entity, at?: string): string => {
  const report = ofDatasource(datasourceId, "/exports/html")
  if (ontology === undefined || entity === undefined) return report
  // As the report names its tables: with their schema only where there are several.
  const isOne = new Set(ontology.entities.map(({ schema }) => schema)).size < 2
  const id = isOne ? entity.table : `${entity.schema}.${entity.table}`
  return `${report}#/entity/${encodeURIComponent(id)}${at === undefined ? "" : `/${encodeURIComponent(at)}`}`
}
