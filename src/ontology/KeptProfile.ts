import { tableId } from "../datasource/Catalog.ts"
import { type ColumnProfile, type TableProfile, withoutValues } from "../datasource/TableProfile.ts"
import { indexInSteps, mapInSteps, type Steps } from "../steps/Steps.ts"
import { storedType } from "./Discovered.ts"
import { looksOf } from "./Looks.ts"
import { placeholderOf } from "./Placeholder.ts"
import type { EntityDraft, OntologyColumn } from "./Ontology.ts"

/**
 * The profiles that are stored unencrypted after a run: counts, formats, and the values that the ontology quotes, so that it can be built
 * again. No values of sensitive columns, and none of tables without an entity in the ontology (`drafts`).
 */
export function* keptProfiles(
  profiles: ReadonlyArray<TableProfile>,
  drafts: ReadonlyArray<EntityDraft>
): Steps<ReadonlyArray<TableProfile>> {
  const described = yield* indexInSteps(drafts, (draft) => [tableId(draft), draft])
  const kept: Array<TableProfile> = []
  for (const profile of profiles) {
    const columns = new Map(described.get(tableId(profile))?.columns.map((column) => [column.name, column]))
    const bare = withoutValues(profile)
    const looks = yield* looksOf(profile.columns)
    kept.push({
      ...bare,
      columns: yield* mapInSteps(bare.columns.entries(), ([i, column]) => {
        const before = profile.columns[i]
        if (before === undefined) return column
        const quoted = columns.get(column.column)
        const known = looks.get(column.column)
        const look = known === undefined ? {} : { look: known }
        return quoted === undefined || quoted.personalData
          ? { ...column, ...look }
          : { ...column, ...look, ...quotable(before, quoted) }
      })
    })
  }
  return kept
}

/** The bounds of times and numbers with the one that may stand for none, the values of enum-like columns, and the value of columns with only one. */
const quotable = (profile: ColumnProfile, column: OntologyColumn): Partial<ColumnProfile> => {
  const { semanticType, values } = column
  const { averageLength, common, distinct, histogram, maximum, maximumLength, minimum, minimumLength } = profile
  const bounded =
    distinct === 1 || BOUNDED.test(storedType(column)) || semanticType === "date" || semanticType === "timestamp"
  const none = bounded ? placeholderOf(profile) : undefined
  return {
    minimumLength,
    maximumLength,
    averageLength,
    ...(bounded ? { minimum, maximum } : {}),
    ...(bounded && histogram !== undefined ? { histogram } : {}),
    ...(values !== null || distinct === 1 ? { common } : none === undefined ? {} : { common: [none] })
  }
}
/** Types whose bounds are quoted. */
const BOUNDED = /^(?:smallint|integer|bigint|oid|numeric|real|double|money|date|time|interval)/
