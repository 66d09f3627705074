import type { Change } from "../ontology/Changes.ts"
import { prose } from "../ontology/Markdown.ts"
import { showPair } from "../relationships/Candidate.ts"
import type { HeldDecision } from "../relationships/RelationshipWorkflowService.ts"
import type { Findings } from "./Findings.ts"

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

/** A decision that waits for its columns to come back. */
export const waits = ({ decision, missing }: HeldDecision): string =>
  `${showPair(decision.about)}, ${decision.action === "accept" ? "accepted" : "rejected"} by ${decision.by} on ${decision.at.toISOString().slice(0, 10)}: there is no ${missing.join(", ")} any more`

/** What changed since the run before, and which decisions have no effect any more, as a file; null where there is nothing to say. */
export const changesToMarkdown = ({ changes, database, withoutEffect }: Findings): string | null => {
  if (changes === null && withoutEffect.length === 0) return null
  const all = changes?.changes ?? []
  const sections = KINDS.flatMap((kind) => {
    const own = all.filter(({ what }) => what === kind)
    return own.length === 0 ? [] : [`## ${HEADINGS[kind]}`, own.map((each) => `- ${prose(line(each))}`).join("\n")]
  })
  const held = withoutEffect.map((each) => `- ${prose(waits(each))}`).join("\n")
  return `${[
    `# ${prose(database)}: what changed`,
    ...(changes === null ? [] : [`Since ${minuteOf(changes.since)}.`]),
    ...sections,
    ...(held === "" ? [] : ["## Decisions without effect", held])
  ].join("\n\n")}\n`
}
