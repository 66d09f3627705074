import { tableId } from "../datasource/Catalog.ts"
import type { Ontology } from "../ontology/Ontology.ts"
import { indexInSteps, type Steps } from "../steps/Steps.ts"
import { diagram, overview } from "./layout/DomainPictures.ts"
import { drawn, links } from "./layout/Links.ts"
import type { ReportDomain, ReportRelationship, ReportTable } from "./Report.ts"

/** The business domains with their pictures, laid out. */
export function* reportDomains(
  { domain }: Ontology,
  tables: ReadonlyArray<ReportTable>,
  relationships: ReadonlyArray<ReportRelationship>
): Steps<ReadonlyArray<ReportDomain>> {
  const places = yield* indexInSteps(tables.entries(), ([at, table]) => [tableId(table), at])
  const ids = new Set<string>()
  const domains = domain.businessDomains.map(({ name, tables }) => ({
    id: idOf(ids, name),
    name,
    tables: tables.flatMap((table) => places.get(tableId(table)) ?? [])
  }))
  const shown = drawn(relationships)
  const all = { domains, tables, relationships, drawn: shown, links: links(tables, relationships, shown) }
  const made: Array<ReportDomain> = []
  for (const each of domains) {
    const small = overview(each.tables, all)
    yield
    made.push({ ...each, overview: small, diagram: diagram(each.tables, all) })
    yield
  }
  return made
}

/** "Web Orders and Customers" → "web-orders-and-customers". */
const idOf = (taken: Set<string>, name: string): string => {
  const words = name.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ["domain"]
  const short = words.join("-").slice(0, 60)
  let id = short
  for (let n = 2; taken.has(id); n++) id = `${short}-${n}`
  taken.add(id)
  return id
}
