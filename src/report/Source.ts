import type { Catalog } from "../datasource/Catalog.ts"
import type { TableProfile } from "../datasource/TableProfile.ts"
import type { Entity } from "../entities/Entity.ts"
import type { Ontology } from "../ontology/Ontology.ts"
import type { Relationship } from "../relationships/Relationship.ts"

/** What a report is made from: all that was found in a database. */
export interface Source {
  readonly database: string
  readonly catalog: Catalog
  /** One per table, whatever its verdict. */
  readonly entities: ReadonlyArray<Entity>
  readonly relationships: ReadonlyArray<Relationship>
  readonly ontology: Ontology
  /** As they are kept after a run: no values of personal data. */
  readonly profiles: ReadonlyArray<TableProfile>
}
