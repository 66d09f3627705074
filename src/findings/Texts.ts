import { Effect } from "effect"
import { build } from "../report/Build.ts"
import { Placing } from "../report/layout/Placing.ts"
import { stepwise } from "../steps/Steps.ts"
import type { Findings } from "./Findings.ts"
import type { Format } from "./Formats.ts"

const reportOf = ({ ontology, relationships, ...rest }: Findings) =>
  ontology === null
    ? Effect.succeed(null)
    : Effect.provide(build({ ...rest, ontology, relationships: relationships ?? [] }), Placing.layer)

/** The texts of some formats, but for those that the findings have nothing for. */
export const texts = Effect.fn("Findings.texts")(function* (
  findings: Findings,
  formats: ReadonlyArray<Format>,
  { baseIri, context }: { readonly context: string | null; readonly baseIri?: string | undefined }
) {
  const report = formats.some(({ needsReport }) => needsReport) ? yield* reportOf(findings) : null
  const material = { findings, context, report, rdf: { baseIri } }
  const made = yield* Effect.forEach(formats, ({ content, file, purpose }) =>
    Effect.gen(function* () {
      const steps = content(material)
      return steps === null ? [] : [{ file, purpose, text: yield* stepwise(() => steps) }]
    })
  )
  return made.flat()
})
