import type { ReportDomain, ReportTable } from "../Report.ts"
import { boxText, countText, nearText } from "./Labels.ts"
import type { PictureBox } from "./Picture.ts"

/** What stands in a box: its name, and the line below. */
export const textsOf = (
  { count, kind, of }: Pick<PictureBox, "of" | "kind" | "count">,
  {
    domains,
    tables
  }: { readonly domains: ReadonlyArray<Pick<ReportDomain, "name">>; readonly tables: ReadonlyArray<ReportTable> }
): readonly [name: string, below: string] => {
  if (kind === "domain") return [domains[of]?.name ?? "", countText(count ?? 0)]
  const table = tables[of]
  if (table === undefined) return ["", ""]
  return [table.name, kind === "own" ? boxText(table) : nearText(domains[table.domain] ?? { name: "" })]
}
