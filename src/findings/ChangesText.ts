import type { Change } from "../ontology/Change.ts"
import { code, prose } from "../ontology/Markdown.ts"
import type { HeldDecision } from "../discovery/Decision.ts"
import type { Findings } from "./Findings.ts"
import { shellWord, written } from "./Spelling.ts"

/** A moment as people read it, to the minute. */
export const minuteOf = (moment: Date): string => `${moment.toISOString().slice(0, 16).replace("T", " ")} UTC`

const HEADINGS: Record<Change["what"], string> = {
  table: "Tables",
  column: "Columns",
  relationship: "Relationships",
  meaning: "Meanings"
}
const KINDS = ["table", "column", "relationship", "meaning"] as const

/** A change in a line. */
export const line = ({ detail, how, name }: Change): string =>
  `${how === "changed" ? "" : how === "added" ? "new: " : "gone: "}${name}${detail === "" ? "" : `: ${detail}`}`

/** What becomes of decisions about what is gone. */
export const WAIT = "They are kept, and hold again when what they are about is back."

/** A decision or answer that has no effect, why, and the command that forgets it. */
export const waiting = ({ decision, missing }: HeldDecision): { readonly what: string; readonly forget: string } => {
  const by = `by ${decision.by} on ${decision.at.toISOString().slice(0, 10)}: there is no ${missing.join(", ")} any more`
  const undo = (...words: ReadonlyArray<string>) => ["npm start -- undo", ...words.map(shellWord)].join(" ")
  if (decision.kind === "question") {
    return { what: `the answer to ${decision.subject}, ${by}`, forget: undo(decision.subject) }
  }
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
