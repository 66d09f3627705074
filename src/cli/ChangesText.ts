import { code, prose } from "../ontology/Markdown.ts"
import type { Change } from "../ontology/Changes.ts"
import type { HeldDecision } from "../discovery/Decision.ts"
import type { Findings } from "./Findings.ts"
import { written } from "./Names.ts"
import { atMost, type Context, item, type Section, title } from "./Section.ts"
import { clean, count, shellWord } from "./Text.ts"

/** Lines on a terminal. */
const LINES = 6

/** What becomes of decisions about what is gone. */
const WAIT = "They are kept, and hold again when what they are about is back."

/** A moment as people read it, to the minute. */
export const minuteOf = (moment: Date): string => `${moment.toISOString().slice(0, 16).replace("T", " ")} UTC`

const HEADINGS: Record<Change["what"], string> = {
  table: "Tables",
  column: "Columns",
  relationship: "Relationships",
  meaning: "Meanings"
}
const KINDS = ["table", "column", "relationship", "meaning"] as const

const line = ({ detail, how, name }: Change): string =>
  `${how === "changed" ? "" : how === "added" ? "new: " : "gone: "}${name}${detail === "" ? "" : `: ${detail}`}`

/** A decision or answer that has no effect, why, and the command that forgets it. */
const waiting = ({ decision, missing }: HeldDecision): { readonly what: string; readonly forget: string } => {
  const by = `by ${decision.by} on ${decision.at.toISOString().slice(0, 10)}: there is no ${missing.join(", ")} any more`
  const undo = (...words: ReadonlyArray<string>) => ["npm start -- undo", ...words.map(shellWord)].join(" ")
  if (decision.kind === "question")
    return { what: `the answer to ${decision.subject}, ${by}`, forget: undo(decision.subject) }
  const [from, to] = [written(decision.about.from), written(decision.about.to)]
  const said = decision.action === "accept" ? "accepted" : "rejected"
  return { what: `${from} → ${to}, ${said} ${by}`, forget: undo(from, to) }
}
/** What changed since the run before, and which decisions have no effect any more, as a file; null where there is nothing to say. */
export const changesToMarkdown = ({ changes, database, withoutEffect }: Findings): string | null => {
  if (changes === null && withoutEffect.length === 0) return null
  const all = changes?.changes ?? []
  const sections = KINDS.flatMap((kind) => {
    const own = all.filter(({ what }) => what === kind)
    return own.length === 0 ? [] : [`## ${HEADINGS[kind]}`, own.map((each) => `- ${prose(line(each))}`).join("\n")]
  })
  const held = withoutEffect
    .map(waiting)
    .map(({ forget, what }) => `- ${prose(what)}; forget it with ${code(forget)}`)
    .join("\n")
  return `${[
    `# ${prose(database)}: what changed`,
    ...(changes === null ? [] : [`Since ${minuteOf(changes.since)}.`]),
    ...sections,
    ...(held === "" ? [] : ["## Decisions without effect", WAIT, held])
  ].join("\n\n")}\n`
}

/** The same for a summary: how many, and the first ones. */
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
