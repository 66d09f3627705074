import { Effect, Stream } from "effect"
import { texts } from "../findings/Texts.ts"
import { context, type ContextOptions } from "../ontology/context/Context.ts"
import { stepwise } from "../steps/Steps.ts"
import type { Findings } from "../findings/Findings.ts"
import { CHANGES, type Format, FORMATS, RESULT } from "../findings/Formats.ts"
import type { OutputFile } from "./Output.ts"
import * as Summary from "./Summary.ts"
import { plain } from "./Text.ts"

/** The summary's width in its file. */
const WIDTH = 120

/** The summary as a file. */
const SUMMARY = { name: "summary.txt", purpose: "this summary" }

/** What a discovery writes: the usual files, and those that were asked for. */
const reports = (asked: ReadonlyArray<Format>): ReadonlyArray<Format> =>
  FORMATS.filter((format) => format.usual || asked.includes(format))

/** Where reports may be written, for a check before there is anything to write. */
export const paths = (folder: string, asked: ReadonlyArray<Format> = []): ReadonlyArray<string> =>
  [...reports(asked).map(({ file }) => file), SUMMARY.name].map((name) => at(folder, name))

/** Where a file of a folder is. */
export const at = (folder: string, name: string) => `${folder.replace(/(.)\/+$/, "$1")}/${name}`.replace(/^\/\//, "/")

/** The findings as files in a folder and at the paths of `json`, with what each is for; the summary's own file says how long it took. `needed` is the tokens of the context page. Fails with `UnknownTable`. */
export const make = Effect.fn("Reports.make")(function* (
  findings: Findings,
  options: {
    readonly folder: string
    readonly json: ReadonlyArray<string>
    readonly elapsedMillis: number
    readonly context?: ContextOptions
    /** Beside the usual ones. */
    readonly formats?: ReadonlyArray<Format>
    readonly baseIri?: string | undefined
  }
) {
  const page = findings.ontology === null ? null : yield* context(findings.ontology, options.context)
  const written = yield* texts(findings, reports(options.formats ?? []), {
    context: page?.text ?? null,
    baseIri: options.baseIri
  })
  const own = written.map(({ file, purpose, text }) => ({ path: at(options.folder, file), file, purpose, text }))
  const asked = options.json.map((path) => ({ path, purpose: "the result, as --json asked for" }))
  const named = [...own, { path: at(options.folder, SUMMARY.name), purpose: SUMMARY.purpose }, ...asked].map(
    ({ path, purpose }): Summary.WrittenFile => ({ path, content: purpose })
  )
  const { elapsedMillis } = options
  const summary = yield* stepwise(() =>
    Summary.render(findings, { width: WIDTH, style: plain, elapsedMillis, files: named })
  )
  return {
    /** What an earlier run wrote and is not so any more. */
    stale: [at(options.folder, CHANGES)].filter(
      (path) => findings.ontology !== null && named.every((file) => file.path !== path)
    ),
    files: [
      ...own.map(({ file, path, text }): OutputFile => ({
        paths: file === RESULT ? [path, ...options.json] : [path],
        content: text
      })),
      { paths: [at(options.folder, SUMMARY.name)], content: Stream.succeed(`${summary}\n`) }
    ],
    written: named,
    needed: page?.tokens ?? 0
  }
})
