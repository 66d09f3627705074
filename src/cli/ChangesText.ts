import { line, minuteOf, WAIT, waiting } from "../findings/ChangesText.ts"
import { atMost, type Context, item, type Section, title } from "./Section.ts"
import { clean, count } from "./Text.ts"

/** Lines on a terminal. */
const LINES = 6

/** What changed, for a summary: how many, and the first ones. */
export const changes = (context: Context): Section => {
  const { findings } = context
  if (findings.changes === null) return []
  const { changes: all, since } = findings.changes
  const groups = all.map((each) => item(context, clean(line(each)), 1))
  return [
    title(context, "Changed", `${count(all.length, "thing")} since ${minuteOf(since)}; all are in changes.md`),
    ...atMost(context, groups, LINES, "in changes.md")
  ]
}

/** Decisions and answers about what is gone. */
export const withoutEffect = (context: Context): Section => {
  const { withoutEffect: held } = context.findings
  if (held.length === 0) return []
  const groups = held.map(waiting).map(({ forget, what }) => item(context, clean(`${what}; ${forget}`), 3))
  return [title(context, "Decisions without effect", WAIT), ...atMost(context, groups, LINES, "in changes.md")]
}
