import type { ColumnSet, Inclusion } from "../datasource/Inclusion.ts"
import type { Cardinality, Relationship } from "./Relationship.ts"

/** What a test join says about how many rows stand on either side; `N:1`, what a reference ordinarily is, where there is nothing to count. */
export const cardinality = (inclusion: Inclusion | null): Cardinality => {
  if (inclusion === null || inclusion.rows === 0) return "N:1"
  const one = inclusion.maxFrom <= 1
  if (inclusion.maxTo <= 1) return one ? "1:1" : "N:1"
  return one ? "1:N" : "N:M"
}

/**
 * A relationship whose cardinality holds for rows to come, too: that values have not repeated so far makes no "one" of the referring side,
 * a key of it does.
 */
export const refined = (relationship: Relationship, isUnique: (columns: ColumnSet) => boolean): Relationship => {
  const { cardinality, compared, from, when } = relationship
  // That no two rows have the same list says nothing of its elements.
  if (compared === "element by element") return relationship
  const columns = when === undefined ? from.columns : [...from.columns, when.column]
  const one = isUnique({ ...from, columns })
  const many = cardinality === "N:M" || cardinality === "1:N"
  return { ...relationship, cardinality: one ? (many ? "1:N" : "1:1") : many ? "N:M" : "N:1" }
}
