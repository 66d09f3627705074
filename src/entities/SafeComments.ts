import type { Catalog } from "../datasource/Catalog.ts"
import { withoutExamples } from "../language/SensitiveLooks.ts"
import { mapInSteps, type Steps } from "../steps/Steps.ts"

/** The catalog without the secrets and personal data that comments give as examples: so it is stored. */
export function* withSafeComments(catalog: Catalog): Steps<Catalog> {
  const safe = <A extends { readonly comment: string | null }>(commented: A): A =>
    commented.comment === null ? commented : { ...commented, comment: withoutExamples(commented.comment) }
  return {
    ...catalog,
    tables: yield* mapInSteps(catalog.tables, (table) => ({ ...safe(table), columns: table.columns.map(safe) }))
  }
}
