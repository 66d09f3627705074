import type { ColumnSet, Inclusion } from "../datasource/Inclusion.ts"
import type { Cardinality, Relationship } from "./Relationship.ts"

/** The cardinality in a test join; `N:1`, that of an ordinary reference, if it compared no rows. */
export const cardinality = (inclusion: Inclusion | null): Cardinality => {
  if (inclusion === null || inclusion.rows === 0) return "N:1"
  const one = inclusion.maxFrom <= 1
  if (inclusion.maxTo <= 1) return one ? "1:1" : "N:1"
  return one ? "1:N" : "N:M"
}

/**
 * The relationship with "one" on the referring side only if its columns are unique (`isUnique`). That the test join found no value twice is
 * not enough: later rows may repeat one.
 */
export const refined = (relationship: Relationship, isUnique: (columns: ColumnSet) => boolean): Relationship => {
  const { cardinality, compared, from, when } = relationship
  // A unique array column may have an element in several rows, and a period overlaps with several.
  if (compared === "element by element" || compared === "by overlapping periods") return relationship
  const columns = when === undefined ? from.columns : [...from.columns, when.column]
  const one = isUnique({ ...from, columns })
  const many = cardinality === "N:M" || cardinality === "1:N"
  return { ...relationship, cardinality: one ? (many ? "1:N" : "1:1") : many ? "N:M" : "N:1" }
}
