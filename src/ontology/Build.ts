import { tableId } from "../datasource/Catalog.ts"
import { atOnce, type Steps } from "../steps/Steps.ts"
import { type Discovered, type Discovery, discovery, unreadTables } from "./Discovered.ts"
import { domainTier } from "./Domain.ts"
import { entityDraft, otherTables } from "./EntityTier.ts"
import type { Domain, EntityDraft, Ontology, Question } from "./Ontology.ts"
import { ownerQuestions } from "./Questions.ts"
import type { ContextPage } from "./context/Page.ts"
import { relationshipGraph } from "./Relations.ts"

/** Puts the parts together, in the order of the tables. */
export const assemble = (
  found: Discovery,
  domain: Domain,
  drafts: ReadonlyArray<EntityDraft>,
  questions: ReadonlyArray<Question>,
  context?: ContextPage
): Ontology => {
  const domains = new Map(
    domain.businessDomains.flatMap(({ name, tables }) => tables.map((table) => [tableId(table), name] as const))
  )
  const notRead = unreadTables(found)
  return {
    domain,
    entities: drafts.map((draft) => ({ ...draft, domain: domains.get(tableId(draft)) ?? "" })),
    otherTables: otherTables(found),
    copies: found.copies,
    questions,
    knowledge: found.knowledge,
    ...(notRead.length > 0 ? { notRead } : {}),
    ...(context === undefined ? {} : { context })
  }
}

/** The whole ontology at once, by rules only. The same from the same facts, to the byte, in whatever order they come. */
export const buildOntology = (discovered: Discovered): Ontology => atOnce(build(discovered))

function* build(discovered: Discovered): Steps<Ontology> {
  const found = yield* discovery(discovered)
  const graph = yield* relationshipGraph(found)
  const drafts: Array<EntityDraft> = []
  for (const subject of found.subjects) {
    const draft = yield* entityDraft(found, graph, subject)
    if (draft !== undefined) drafts.push(draft)
  }
  return assemble(found, yield* domainTier(found, graph, drafts), drafts, yield* ownerQuestions(found, drafts))
}
