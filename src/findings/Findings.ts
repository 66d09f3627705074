import { Effect, Option } from "effect"
import type { Catalog, SkippedTable } from "../datasource/Catalog.ts"
import type { TableNotes } from "../datasource/Notes.ts"
import type { CopiedTables } from "../datasource/Copies.ts"
import type { TableProfile } from "../datasource/TableProfile.ts"
import type { Entity } from "../entities/Entity.ts"
import type { Unchanged } from "../datasource/ProfileRepository.ts"
import type { Changes } from "../ontology/Change.ts"
import type { Ontology } from "../ontology/Ontology.ts"
import { EntityDiscoveryService } from "../entities/EntityDiscoveryService.ts"
import { Decisions } from "../ontology/Decisions.ts"
import { OntologyWorkflowService } from "../ontology/OntologyWorkflowService.ts"
import { RelationshipWorkflowService } from "../relationships/RelationshipWorkflowService.ts"
import type { Relationship } from "../relationships/Relationship.ts"
import type { HeldDecision } from "../discovery/Decision.ts"

/** What was found in a database: all that is shown and written. */
export interface Findings {
  readonly database: string
  /** The schema as it was read. */
  readonly catalog: Catalog
  /** One per table, whatever its verdict. */
  readonly entities: ReadonlyArray<Entity>
  /** Null if not requested. */
  readonly relationships: ReadonlyArray<Relationship> | null
  /** Null if not requested. */
  readonly ontology: Ontology | null
  /** Tables that are copies of others, such as one schema per tenant. Only the originals are described. */
  readonly copies: ReadonlyArray<CopiedTables>
  /** Tables that could not be read. */
  readonly skipped: ReadonlyArray<SkippedTable>
  /** What limits the counts of tables, such as row-level security. */
  readonly notes: ReadonlyArray<TableNotes>
  /** What the ontology says that the one before did not. Null where nothing changed, or there was none. */
  readonly changes: Changes | null
  /** Tables that were not read again. Null where all were read. */
  readonly unchanged: Unchanged | null
  /** People's decisions and answers about what is gone. */
  readonly withoutEffect: ReadonlyArray<HeldDecision>
  /** Figures of tables and columns. Without values where no ontology was requested. */
  readonly profiles: ReadonlyArray<TableProfile>
}

/** Nothing, for files that say nothing of any database. */
export const NO_FINDINGS: Findings = {
  database: "",
  catalog: { database: "", serverVersion: "", tables: [], skipped: [] },
  entities: [],
  copies: [],
  skipped: [],
  notes: [],
  profiles: [],
  relationships: null,
  ontology: null,
  changes: null,
  unchanged: null,
  withoutEffect: []
}

/** What is stored about a datasource; `relationships` and `ontology` only where they are asked for. Reads nothing but our own database. */
export const stored = Effect.fn("Findings.stored")(function* (
  { datasourceId, projectId }: { readonly projectId: string; readonly datasourceId: string },
  asked: { readonly relationships: boolean; readonly ontology: boolean }
) {
  const discovery = yield* EntityDiscoveryService
  const detection = yield* RelationshipWorkflowService
  const extraction = yield* OntologyWorkflowService
  const decisions = yield* Decisions
  const catalog = Option.getOrElse(yield* discovery.catalog(projectId, datasourceId), () => NO_FINDINGS.catalog)
  const findings: Findings = {
    database: catalog.database,
    catalog,
    entities: yield* discovery.entities(projectId, datasourceId),
    copies: yield* discovery.copies(projectId, datasourceId),
    skipped: yield* discovery.skipped(projectId, datasourceId),
    notes: yield* discovery.notes(projectId, datasourceId),
    profiles: yield* discovery.profiles(projectId, datasourceId),
    relationships: asked.relationships ? yield* detection.relationships(projectId, datasourceId) : null,
    ontology: asked.ontology ? Option.getOrNull(yield* extraction.ontology(projectId, datasourceId)) : null,
    changes: asked.ontology ? Option.getOrNull(yield* extraction.changes(projectId, datasourceId)) : null,
    unchanged: Option.getOrNull(yield* discovery.unchanged(projectId, datasourceId)),
    withoutEffect: yield* decisions.withoutEffect({ datasourceId, projectId })
  }
  return findings
})
