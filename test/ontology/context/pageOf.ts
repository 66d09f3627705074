import { discovery, type Discovered } from "../../../src/ontology/Discovered.ts"
import { domainTier } from "../../../src/ontology/Domain.ts"
import { entityDraft } from "../../../src/ontology/EntityTier.ts"
import { relationshipGraph } from "../../../src/ontology/Relations.ts"
import { contextPage } from "../../../src/ontology/context/ContextTier.ts"
import type { Readable } from "../../../src/ontology/context/Measure.ts"
import { atOnce } from "../../../src/steps/Steps.ts"

/** The context page of what was discovered, with figures of a datasource. */
export const pageOf = (discovered: Discovered, readable: Readable) => {
  const found = atOnce(discovery(discovered))
  const graph = atOnce(relationshipGraph(found))
  const drafts = found.subjects.flatMap((subject) => atOnce(entityDraft(found, graph, subject)) ?? [])
  const domain = atOnce(domainTier(found, graph, drafts))
  return contextPage(found, { domain, serverVersion: "18.1" }, readable)
}
