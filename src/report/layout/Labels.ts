import { count } from "../../language/Describing.ts"
import type { ReportDomain, ReportRelationship, ReportTable } from "../Report.ts"

/*
 * What stands in pictures, and how much room it takes: laid out in Node, drawn in the page, so both must agree. Widths are averages of the
 * page's fonts, in CSS pixels, and rather too wide.
 */

/** The longest name in a picture, in characters: a longer one is cut. */
const LONGEST = 30

/** A name as pictures show it. */
export const shown = (text: string): string => {
  const characters = [...text]
  return characters.length <= LONGEST ? text : `${characters.slice(0, LONGEST - 1).join("")}…`
}

/** Width of a text whose characters are `each` CSS pixels wide; wide scripts count twice. */
const widthOf = (text: string, each: number): number => {
  let width = 0
  for (const character of text)
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/.test(character) ? 2 : 1
  return width * each
}

/** A row count with commas; "not read" where nobody knows it. */
export const rowsText = ({ rows, sampled }: Pick<ReportTable, "rows" | "sampled">): string =>
  rows === null ? "not read" : (sampled ? "~" : "") + count(rows)

/** The height of a table's box, in CSS pixels. */
export const BOX_HEIGHT = 46
/** What a box is higher by for the loop below it, of a table that refers to itself. */
export const LOOP_HEIGHT = 42
/** Between the ends of lines at a box. */
export const PORT = 17

/** The width of a table's box with its name over its second line. */
export const boxWidth = (name: string, below: string): number =>
  Math.ceil(Math.max(widthOf(shown(name), 8) + 42, widthOf(shown(below), 6.3) + 24, 96))

/** The second line of a table's own box. */
export const boxText = (table: ReportTable): string => `${shown(table.table)} ${rowsText(table)}`

/** The second line of the box of a neighbour: its domain. */
export const nearText = (domain: Pick<ReportDomain, "name">): string => domain.name

/** What a box that stands for several tables of a domain says. */
export const countText = (tables: number): string => `${tables} ${tables === 1 ? "table" : "tables"}`

/** The width of a name in a small picture. */
export const smallWidth = (name: string): number => Math.ceil(widthOf(shown(name), 7.1) + 20)

/** What stands on a line: the columns, and the condition below; or how many relationships the line stands for. */
export const lineText = (
  relationships: ReadonlyArray<Pick<ReportRelationship, "columns" | "standing" | "when">>
): { readonly text: string; readonly note: string | undefined; readonly asks: boolean } => {
  const [first, ...more] = relationships
  if (first === undefined) return { text: "", note: undefined, asks: false }
  const asks = relationships.every(({ standing }) => standing === "review")
  if (more.length > 0) return { text: `${relationships.length} references`, note: undefined, asks }
  return {
    text: shown(first.columns.join(" + ")),
    note: first.when === undefined ? undefined : shown(`if ${first.when}`),
    asks
  }
}

/** The room that a line's label takes, `[width, height]`; `link` for the name of a link table. */
export const labelSize = (
  { asks, note, text }: ReturnType<typeof lineText>,
  link: boolean
): readonly [width: number, height: number] => [
  Math.ceil(
    Math.max(
      widthOf(text, link ? 7 : 6.6) + (link ? 36 : 14) + (asks ? 14 : 0),
      note === undefined ? 0 : widthOf(note, 5.9) + 14
    )
  ),
  note === undefined ? 19 : 31
]
