import type { Inclusion } from "../datasource/Inclusion.ts"
import type { Cardinality } from "./Relationship.ts"

/** What a test join says about how many rows stand on either side; `N:1`, what a reference ordinarily is, where there is nothing to count. */
export const cardinality = (inclusion: Inclusion | null): Cardinality => {
  if (inclusion === null || inclusion.rows === 0) return "N:1"
  const one = inclusion.maxFrom <= 1
  if (inclusion.maxTo <= 1) return one ? "1:1" : "N:1"
  return one ? "1:N" : "N:M"
}
