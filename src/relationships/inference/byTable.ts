import { byText } from "../../datasource/byText.ts"
import { tableId, type TableName } from "../../datasource/Catalog.ts"
import type { Steps } from "../../steps/Steps.ts"
import type { Pair } from "../Candidate.ts"

/** Pairs grouped by the table on one side: tables in byte order, pairs in their order. */
export function* byTable<P extends Pair>(
  pairs: ReadonlyArray<P>,
  side: (pair: P) => TableName
): Steps<Array<{ readonly table: TableName; readonly pairs: ReadonlyArray<P> }>> {
  const groups = new Map<string, { readonly table: TableName; readonly pairs: Array<P> }>()
  for (const pair of pairs) {
    const { schema, table } = side(pair)
    const id = tableId({ schema, table })
    const group = groups.get(id) ?? { table: { schema, table }, pairs: [] }
    group.pairs.push(pair)
    groups.set(id, group)
    yield
  }
  return [...groups].sort(([a], [b]) => byText(a, b)).map(([, group]) => group)
}
