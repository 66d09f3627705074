import { Effect } from "effect"
import { tableId } from "../datasource/Catalog.ts"
import type { Ontology } from "../ontology/Ontology.ts"
import { indexInSteps, mapInSteps, type Steps, stepwise } from "../steps/Steps.ts"
import { diagram, overview, type Sketch } from "./layout/DomainPictures.ts"
import { drawn, links } from "./layout/Links.ts"
import { Placing } from "./layout/Placing.ts"
import type { ReportDomain, ReportRelationship, ReportTable } from "./Report.ts"

/** The business domains with their pictures, laid out. */
export const reportDomains = (
  ontology: Ontology,
  tables: ReadonlyArray<ReportTable>,
  relationships: ReadonlyArray<ReportRelationship>
): Effect.Effect<ReadonlyArray<ReportDomain>, never, Placing> =>
  Effect.gen(function* () {
    const { place } = yield* Placing
    const sketched = yield* stepwise(() => sketches(ontology, tables, relationships))
    const picture = ({ placed, unplaced }: Sketch) => Effect.map(place(unplaced), placed)
    return yield* Effect.forEach(sketched, ({ diagram, overview, ...domain }) =>
      Effect.map(Effect.all({ overview: picture(overview), diagram: picture(diagram) }), (pictures) => ({
        ...domain,
        ...pictures
      }))
    )
  })

type Sketched = Omit<ReportDomain, "overview" | "diagram"> & { readonly overview: Sketch; readonly diagram: Sketch }

function* sketches(
  { domain }: Ontology,
  tables: ReadonlyArray<ReportTable>,
  relationships: ReadonlyArray<ReportRelationship>
): Steps<ReadonlyArray<Sketched>> {
  const places = yield* indexInSteps(tables.entries(), ([at, table]) => [tableId(table), at])
  const ids = new Set<string>()
  const domains = domain.businessDomains.map(({ name, tables }) => ({
    id: idOf(ids, name),
    name,
    tables: tables.flatMap((table) => places.get(tableId(table)) ?? [])
  }))
  const shown = drawn(relationships)
  const all = { domains, tables, relationships, drawn: shown, links: links(tables, relationships, shown) }
  return yield* mapInSteps(domains, (each) => ({
    ...each,
    overview: overview(each.tables, all),
    diagram: diagram(each.tables, all)
  }))
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
