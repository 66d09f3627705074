import { Effect } from "effect"
import { type Steps, stepwise } from "../steps/Steps.ts"
import type { Findings } from "./Findings.ts"
import type { OutputFile } from "./Output.ts"
import { toJson } from "./Output.ts"
import { context, type ContextOptions } from "../ontology/context/Context.ts"
import { toMarkdown } from "../ontology/Markdown.ts"
import type { Ontology } from "../ontology/Ontology.ts"
import { questionsToMarkdown } from "../ontology/QuestionsMarkdown.ts"
import { toMermaid } from "../ontology/Mermaid.ts"
import { toTurtle } from "../ontology/Turtle.ts"
import { build } from "../report/Build.ts"
import { toHtml } from "../report/Html.ts"
import type { Source } from "../report/Source.ts"
import { changesToMarkdown } from "./ChangesText.ts"
import { plain } from "./Text.ts"
import * as Summary from "./Summary.ts"

/** The summary's width in its file. */
const WIDTH = 120

/** A kind of file: what it is called, what it is for, and what is in it; null where the findings have nothing for it. */
interface Report {
  readonly name: string
  readonly purpose: string
  readonly content: (findings: Findings, context: string | null) => Steps<OutputFile["content"]> | null
}

/** The only file that is not there after each run: nothing changed. */
const CHANGES = "changes.md"

const REPORTS: ReadonlyArray<Report> = [
  {
    name: "report.html",
    purpose: "all of it to look at, in a browser",
    content: ({ ontology, relationships, ...rest }) =>
      ontology === null ? null : toPage({ ...rest, ontology, relationships: relationships ?? [] })
  },
  {
    name: "context.md",
    purpose: "what a language model reads before it writes SQL",
    content: (_, context) => (context === null ? null : asSteps(context))
  },
  {
    name: "ontology.md",
    purpose: "all of it to read, for people and language models",
    content: ({ ontology }) => (ontology === null ? null : toMarkdown(ontology))
  },
  {
    name: "questions.md",
    purpose: "what only somebody who knows the business can answer",
    content: ({ ontology }) => (ontology === null ? null : questionsPage(ontology))
  },
  {
    name: CHANGES,
    purpose: "what changed since the run before",
    content: (found) => {
      const text = changesToMarkdown(found)
      return text === null ? null : asSteps(text)
    }
  },
  {
    name: "er-diagram.mmd",
    purpose: "the tables and their relationships, in Mermaid",
    content: ({ ontology }) => (ontology === null ? null : toMermaid(ontology))
  },
  {
    name: "ontology.ttl",
    purpose: "the ontology in OWL, as Turtle",
    content: ({ ontology }) => (ontology === null ? null : toTurtle(ontology))
  },
  { name: "discovery.json", purpose: "everything, with evidence, for programs", content: toJson }
]

function* asSteps(text: string): Steps<string> {
  yield
  return text
}

function* toPage(source: Source): Steps<ReadonlyArray<string>> {
  return yield* toHtml(yield* build(source))
}

function* questionsPage(ontology: Ontology): Steps<string> {
  yield
  return questionsToMarkdown(ontology)
}

/** The summary as a file. */
const SUMMARY = { name: "summary.txt", purpose: "this summary" }

/** Where reports may be written, for a check before there is anything to write. */
export const paths = (folder: string): ReadonlyArray<string> =>
  [...REPORTS, SUMMARY].map(({ name }) => at(folder, name))

const at = (folder: string, name: string) => `${folder.replace(/(.)\/+$/, "$1")}/${name}`.replace(/^\/\//, "/")

/** The findings as files in a folder, with what each is for; the summary's own file says how long it took. `needed` is the tokens of the context page. Fails with `UnknownTable`. */
export const make = Effect.fn("Reports.make")(function* (
  findings: Findings,
  options: {
    readonly folder: string
    readonly json: ReadonlyArray<string>
    readonly elapsedMillis: number
    readonly context?: ContextOptions
  }
) {
  const page = findings.ontology === null ? null : yield* context(findings.ontology, options.context)
  const reports = yield* Effect.forEach(REPORTS, ({ content, name, purpose }) =>
    Effect.gen(function* () {
      const steps = content(findings, page?.text ?? null)
      return steps === null ? [] : [{ path: at(options.folder, name), purpose, text: yield* stepwise(() => steps) }]
    })
  )
  const asked = yield* Effect.forEach(options.json, (path) =>
    Effect.map(
      stepwise(() => toJson(findings)),
      (text) => ({ path, purpose: "the result, as --json asked for", text })
    )
  )
  const files = [...reports.flat(), ...asked]
  const written = [
    ...reports.flat(),
    { path: at(options.folder, SUMMARY.name), purpose: SUMMARY.purpose },
    ...asked
  ].map(({ path, purpose }): Summary.WrittenFile => ({ path, content: purpose }))
  const { elapsedMillis } = options
  const summary = yield* stepwise(() =>
    Summary.render(findings, { width: WIDTH, style: plain, elapsedMillis, files: written })
  )
  return {
    /** What an earlier run wrote and is not so any more. */
    stale: [at(options.folder, CHANGES)].filter(
      (path) => findings.ontology !== null && files.every((file) => file.path !== path)
    ),
    files: [
      ...files.map(({ path, text }): OutputFile => ({ path, content: text })),
      { path: at(options.folder, SUMMARY.name), content: `${summary}\n` }
    ],
    written,
    needed: page?.tokens ?? 0
  }
})
