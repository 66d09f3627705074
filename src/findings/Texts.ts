import { Effect } from "effect"
import { build } from "../report/Build.ts"
import { textStream } from "../steps/TextSteps.ts"
import type { Findings } from "./Findings.ts"
import type { Format } from "./Formats.ts"

/** What `report.html` shows; null without an ontology. */
export const reportOf = ({ ontology, relationships, ...rest }: Findings) =>
  ontology === null ? Effect.succeed(null) : build({ ...rest, ontology, relationships: relationships ?? [] })

/**
 * The files of some formats. `text` makes a file's text when it is run, part by part: no whole text is in memory. A format whose part of
 * the findings is missing (`changes.md` where nothing changed) has no file.
 */
export const texts = Effect.fn("Findings.texts")(function* (
  findings: Findings,
  formats: ReadonlyArray<Format>,
  { baseIri, context }: { readonly context: string | null; readonly baseIri?: string | undefined }
) {
  const report = formats.some(({ needsReport }) => needsReport) ? yield* reportOf(findings) : null
  const material = { findings, context, report, rdf: { baseIri } }
  return formats.flatMap(({ content, file, purpose }) => {
    const steps = content(material)
    return steps === null ? [] : [{ file, purpose, text: textStream(() => steps) }]
  })
})
