import { Command, HelpDoc, Options } from "@effect/cli"
import { Effect, Either, Option } from "effect"
import type { ContextOptions } from "../ontology/context/Context.ts"
import {
  baseIri,
  budget,
  contextOptions,
  datasource,
  DEFAULT_FOLDER,
  DEFAULT_PROJECT,
  notEmpty,
  parsed,
  tables
} from "./CommonOptions.ts"
import { UsageError } from "./Failure.ts"
import { type Format, FORMATS } from "../findings/Formats.ts"
import { parseBaseIri, parseFormats } from "./FormatOptions.ts"

/** What `export` is asked to do. */
export interface ExportOptions {
  /** By its name. */
  readonly project: string
  /** By its name, or that of its database; none: the one whose ontology is the newest. */
  readonly datasource: Option.Option<string>
  readonly formats: ReadonlyArray<Format>
  readonly out: string
  readonly context: ContextOptions
  readonly baseIri: Option.Option<string>
}

/** What this command does. */
export interface ExportJobs<E, R> {
  readonly export: (options: ExportOptions) => Effect.Effect<void, E, R>
}

const exported = Options.text("format").pipe(
  Options.withPseudoName("NAMES"),
  Options.optional,
  Options.withDescription("Which files, a comma between them (a,b,c)")
)
const exportOut = Options.text("out").pipe(
  Options.withPseudoName("DIR"),
  Options.withDefault(DEFAULT_FOLDER),
  Options.withDescription("Where they go")
)
const project = Options.text("project").pipe(
  Options.withPseudoName("NAME"),
  Options.withDefault(DEFAULT_PROJECT),
  Options.withDescription("Whose database it is")
)

const EXPORT_HELP = HelpDoc.blocks([
  HelpDoc.p("Write what was discovered as files for other tools, from our own tables: the database is not read again"),
  ...FORMATS.map(({ file, name, purpose }) => HelpDoc.p(`${name}: ${file}, ${purpose}`))
])

/** What `export` was asked for. */
const parseExported = (names: Option.Option<string>): Either.Either<ReadonlyArray<Format>, UsageError> =>
  Option.match(names, {
    onNone: () =>
      Either.left(
        new UsageError({ message: `export needs --format with some of ${FORMATS.map(({ name }) => name).join(",")}` })
      ),
    onSome: parseFormats
  })

/** The command `export`. */
export const exportCommand = <E, R>(jobs: ExportJobs<E, R>) =>
  Command.make("export", { format: exported, project, datasource, out: exportOut, baseIri, budget, tables }, (given) =>
    Effect.flatMap(
      Effect.all({
        formats: parseExported(given.format),
        names: notEmpty("project", [given.project]),
        datasources: notEmpty("datasource", Option.toArray(given.datasource)),
        folders: notEmpty("out", [given.out]),
        context: contextOptions(given.budget, given.tables),
        baseIri: parsed(given.baseIri, parseBaseIri)
      }),
      ({ baseIri, context, formats }) =>
        jobs.export({
          formats,
          context,
          baseIri,
          project: given.project,
          datasource: given.datasource,
          out: given.out
        })
    )
  ).pipe(Command.withDescription(EXPORT_HELP))
