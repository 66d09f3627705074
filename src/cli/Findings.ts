import type { SkippedTable } from "../datasource/Catalog.ts"
import type { TableNotes } from "../datasource/Notes.ts"
import type { CopiedTables } from "../datasource/Copies.ts"
import type { TableProfile } from "../datasource/TableProfile.ts"
import type { Entity } from "../entities/Entity.ts"
import type { Unchanged } from "../datasource/ProfileRepository.ts"
import type { Changes } from "../ontology/Changes.ts"
import type { Ontology } from "../ontology/Ontology.ts"
import type { Relationship } from "../relationships/Relationship.ts"
import type { HeldDecision } from "../relationships/RelationshipWorkflowService.ts"

/** What was found in a database: all that is shown and written. */
export interface Findings {
  readonly database: string
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
  /** People's decisions about columns that are gone. */
  readonly withoutEffect: ReadonlyArray<HeldDecision>
  /** Figures of tables and columns. Without values where no ontology was requested. */
  readonly profiles: ReadonlyArray<TableProfile>
}
