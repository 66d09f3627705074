import { toComments } from "../ontology/export/Comments.ts"
import { toDbml } from "../ontology/export/Dbml.ts"
import { toDbt } from "../ontology/export/Dbt.ts"
import { toDrizzle } from "../ontology/export/Drizzle.ts"
import { type ExportModel, exportModel } from "../ontology/export/ExportModel.ts"
import { toForeignKeys } from "../ontology/export/ForeignKeys.ts"
import { toMermaid, toMermaidByDomain } from "../ontology/export/Mermaid.ts"
import { toOssieJson, toOssieYaml } from "../ontology/export/Ossie.ts"
import { toPrisma } from "../ontology/export/Prisma.ts"
import { toR2rml } from "../ontology/export/R2rml.ts"
import { toTbls } from "../ontology/export/Tbls.ts"
import { type RdfOptions, toTurtle } from "../ontology/export/Turtle.ts"
import { toMarkdown } from "../ontology/Markdown.ts"
import type { Ontology } from "../ontology/Ontology.ts"
import { questionsToMarkdown } from "../ontology/QuestionsMarkdown.ts"
import { toHtml } from "../report/Html.ts"
import type { Report } from "../report/Report.ts"
import type { TextSteps } from "../steps/TextSteps.ts"
import { changesToMarkdown } from "./ChangesText.ts"
import { toJson, toJsonSchema } from "./DiscoveryJson.ts"
import type { Findings } from "./Findings.ts"

/** What files are made from. */
export interface Material {
  readonly findings: Findings
  /** The page for language models; null without an ontology. */
  readonly context: string | null
  /** What `report.html` shows; null without an ontology, and where no format needs it. */
  readonly report: Report | null
  readonly rdf: RdfOptions
}

/** A kind of file. */
export interface Format {
  /** What `--format` calls it. */
  readonly name: string
  readonly file: string
  /** What it is for, in a few words. */
  readonly purpose: string
  /** Whether `discover` writes it without being asked. */
  readonly usual: boolean
  /** Whether it says nothing of any database. */
  readonly alone?: true
  /** Whether it is made from `Material.report`. */
  readonly needsReport?: true
  /** The text; null where the findings have nothing for it: no ontology was asked for. */
  readonly content: (material: Material) => TextSteps | null
}

const ofOntology =
  (write: (ontology: Ontology, rdf: RdfOptions) => TextSteps): Format["content"] =>
  ({ findings: { ontology }, rdf }) =>
    ontology === null ? null : write(ontology, rdf)

const ofModel =
  (write: (model: ExportModel, rdf: RdfOptions) => TextSteps): Format["content"] =>
  ({ findings: { catalog, ontology, relationships }, rdf }) =>
    ontology === null ? null : viaModel(write, { catalog, ontology, relationships: relationships ?? [] }, rdf)

function* viaModel(
  write: (model: ExportModel, rdf: RdfOptions) => TextSteps,
  source: Parameters<typeof exportModel>[0],
  rdf: RdfOptions
): TextSteps {
  return yield* write(yield* exportModel(source), rdf)
}

function* said(text: string): TextSteps {
  yield text
}

function* questionsPage(ontology: Ontology): TextSteps {
  yield questionsToMarkdown(ontology)
}

/** The only file that is not there after each run: nothing changed. */
export const CHANGES = "changes.md"

/** The whole result, which `--json` asks for at a path of its own. */
export const RESULT = "discovery.json"

/** Every kind of file, in the order in which they are named to people. */
export const FORMATS: ReadonlyArray<Format> = [
  {
    name: "html",
    file: "report.html",
    purpose: "all of it to look at, in a browser",
    usual: true,
    needsReport: true,
    content: ({ report }) => (report === null ? null : toHtml(report))
  },
  {
    name: "context",
    file: "context.md",
    purpose: "what a language model reads before it writes SQL",
    usual: true,
    content: ({ context }) => (context === null ? null : said(context))
  },
  {
    name: "markdown",
    file: "ontology.md",
    purpose: "all of it to read, for people and language models",
    usual: true,
    content: ofOntology(toMarkdown)
  },
  {
    name: "questions",
    file: "questions.md",
    purpose: "what only somebody who knows the business can answer",
    usual: true,
    content: ofOntology(questionsPage)
  },
  {
    name: "changes",
    file: CHANGES,
    purpose: "what changed since the run before",
    usual: true,
    content: ({ findings }) => {
      const text = changesToMarkdown(findings)
      return text === null ? null : said(text)
    }
  },
  {
    name: "mermaid",
    file: "er-diagram.mmd",
    purpose: "the tables and their relationships, in Mermaid",
    usual: true,
    content: ofOntology(toMermaid)
  },
  {
    name: "turtle",
    file: "ontology.ttl",
    purpose: "the ontology in OWL, as Turtle",
    usual: true,
    content: ofOntology(toTurtle)
  },
  {
    name: "json",
    file: RESULT,
    purpose: "everything, with evidence, for programs",
    usual: true,
    content: ({ findings }) => toJson(findings)
  },
  {
    name: "json-schema",
    file: "discovery.schema.json",
    purpose: "what discovery.json holds, as JSON Schema",
    usual: false,
    alone: true,
    content: toJsonSchema
  },
  {
    name: "mermaid-domains",
    file: "er-diagrams.md",
    purpose: "a Mermaid diagram per business domain, as Markdown",
    usual: false,
    content: ofOntology(toMermaidByDomain)
  },
  {
    name: "foreign-keys",
    file: "foreign-keys.sql",
    purpose: "the foreign keys that are not declared, to read and run",
    usual: false,
    content: ofModel(toForeignKeys)
  },
  {
    name: "comments",
    file: "comments.sql",
    purpose: "the descriptions as COMMENT ON, to read and run",
    usual: false,
    content: ofModel(toComments)
  },
  {
    name: "dbml",
    file: "schema.dbml",
    purpose: "tables and references for dbdiagram.io, in DBML",
    usual: false,
    content: ofModel(toDbml)
  },
  {
    name: "dbt",
    file: "sources.yml",
    purpose: "dbt sources with tests of keys and references",
    usual: false,
    content: ofModel(toDbt)
  },
  {
    name: "ossie-json",
    file: "ossie.json",
    purpose: "a semantic model for dbt's osi folder, in Apache Ossie 0.1.1",
    usual: false,
    content: ofModel(toOssieJson)
  },
  {
    name: "ossie-yaml",
    file: "ossie.yaml",
    purpose: "a semantic model for Apache Ossie's converters, in its 0.2.0.dev0",
    usual: false,
    content: ofModel(toOssieYaml)
  },
  {
    name: "tbls",
    file: "tbls.json",
    purpose: "tables and relationships for tbls",
    usual: false,
    content: ofModel(toTbls)
  },
  {
    name: "drizzle",
    file: "drizzle.ts",
    purpose: "tables and relations for drizzle-orm",
    usual: false,
    content: ofModel(toDrizzle)
  },
  {
    name: "prisma",
    file: "schema.prisma",
    purpose: "models and relations for Prisma",
    usual: false,
    content: ofModel(toPrisma)
  },
  {
    name: "r2rml",
    file: "mapping.r2rml.ttl",
    purpose: "the mapping of rows to ontology.ttl, in R2RML",
    usual: false,
    content: ofModel(toR2rml)
  }
]

/** Whether a text can be what IRIs begin with: absolute, in characters that need no escape. */
export const isBaseIri = (text: string): boolean =>
  /^[A-Za-z][A-Za-z0-9+.-]*:[^\u0000-\u0020<>"{}|^`\\\u007f]+$/.test(text)
