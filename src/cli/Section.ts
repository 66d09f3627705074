import { Array } from "effect"
import type { TableName } from "../datasource/Catalog.ts"
import type { Findings } from "../findings/Findings.ts"
import { fold, number, type Style, truncate, widthOf } from "./Text.ts"

/** What each section of a summary is rendered from. */
export interface Context {
  readonly findings: Findings
  readonly style: Style
  /** Terminal columns. */
  readonly width: number
  /** The name of a table as a reader sees it. */
  readonly name: (table: TableName) => string
}

/** Lines without line breaks; an empty section is not shown. */
export type Section = ReadonlyArray<string>

/** The headline of a section with a detail behind it, cut to the width. */
export const title = ({ style, width }: Context, text: string, detail = ""): string => {
  const shown = truncate(text, width)
  return `${style.bold(shown)}  ${style.dim(truncate(detail, width - widthOf(shown) - 2))}`
}

/** Groups of lines up to `limit` lines, at least one group, then how many groups were left out, and where they are. */
export const atMost = (
  { style }: Context,
  groups: ReadonlyArray<Section>,
  limit: number,
  where = "in the report"
): Section => {
  if (groups.flat().length <= limit) return groups.flat()
  const ends = Array.scan(groups, 0, (sum, { length }) => sum + length).slice(1)
  const shown = Math.max(1, ends.filter((end) => end <= limit).length)
  return [...groups.slice(0, shown).flat(), style.dim(`  … ${number(groups.length - shown)} more ${where}`)]
}

/** An item of a list: indented by two columns, wrapped to at most `lines` lines. */
export const item = ({ width }: Context, text: string, lines: number): Section =>
  fold(text, width - 2, lines).map((line) => `  ${line}`)
