import { grouped } from "../datasource/grouped.ts"
import { tablesNotRead } from "../entities/Entity.ts"
import { mapInSteps, type Steps } from "../steps/Steps.ts"
import { atMost, type Context, item, type Section, title } from "./Section.ts"
import { clean, fold, number } from "./Text.ts"

/** Lines of each section on a terminal. */
const LINES = { skipped: 6, notes: 4 }

/** Maximum number of tables named on a line if they share a reason; the others are counted. */
const NAMED = 2

/** The tables that were not read, by reason. */
export function* skipped(context: Context): Steps<Section> {
  const { findings, name } = context
  const unread = tablesNotRead(findings.skipped, findings.entities)
  if (unread.length === 0) return []
  const having = grouped(unread, ({ reason }) => reason)
  const groups = yield* mapInSteps(new Set(unread.map(({ reason }) => reason)), (reason) => {
    const tables = having(reason)
    const more = tables.length > NAMED ? ` and ${number(tables.length - NAMED)} more` : ""
    return item(context, `${tables.slice(0, NAMED).map(name).join(", ")}${more}: ${clean(reason)}`, 2)
  })
  return [title(context, "Not read", number(unread.length)), ...atMost(context, groups, LINES.skipped)]
}

/** What limits the counts of each table: row-level security, unreadable columns, parts that are left out. */
export function* notes(context: Context): Steps<Section> {
  const { findings, name, width } = context
  if (findings.notes.length === 0) return []
  const groups = yield* mapInSteps(findings.notes, (one) =>
    fold(`${name(one)}: ${clean(one.notes.join(" "))}`, width - 2, 1).map(
      (line, at) => `${at === 0 ? "  " : "    "}${line}`
    )
  )
  return [
    title(context, "To know before you count", number(findings.notes.length)),
    ...atMost(context, groups, LINES.notes)
  ]
}
