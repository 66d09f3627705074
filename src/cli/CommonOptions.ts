import { Options } from "@effect/cli"
import { Either, Option } from "effect"
import type { ContextOptions } from "../ontology/context/Context.ts"
import { UsageError } from "./Failure.ts"

export { DEFAULT_PROJECT } from "../tenant/Projects.ts"

/** Where files go unless `--out` says otherwise. */
export const DEFAULT_FOLDER = "out"

/** `--out`. */
export const out = Options.text("out").pipe(
  Options.withPseudoName("DIR"),
  Options.withDefault(DEFAULT_FOLDER),
  Options.withDescription("Where the other files go")
)
/** `--budget`. */
export const budget = Options.integer("budget").pipe(
  Options.withPseudoName("TOKENS"),
  Options.optional,
  Options.withDescription("Shorten context.md to so many tokens, the least useful first")
)
/** `--tables`. */
export const tables = Options.text("tables").pipe(
  Options.withPseudoName("NAMES"),
  Options.optional,
  Options.withDescription("Write context.md about these tables (a,b,c) and what joins them")
)
/** `--base-iri`. */
export const baseIri = Options.text("base-iri").pipe(
  Options.withPseudoName("IRI"),
  Options.optional,
  Options.withDescription("What the IRIs of turtle and r2rml begin with; urn:database: and its name by default")
)
/** `--datasource`. */
export const datasource = Options.text("datasource").pipe(
  Options.withPseudoName("NAME"),
  Options.optional,
  Options.withDescription("Which database, as host:port/name or name; the one that was discovered last by default")
)

/** What `--budget` and `--tables` ask for. */
export const contextOptions = (
  budget: Option.Option<number>,
  tables: Option.Option<string>
): Either.Either<ContextOptions, UsageError> =>
  Option.exists(budget, (tokens) => tokens <= 0)
    ? Either.left(new UsageError({ message: "--budget takes a number of tokens above 0" }))
    : Either.map(
        notEmpty(
          "tables",
          Option.toArray(tables).flatMap((names) => names.split(","))
        ),
        (names) => ({
          ...(Option.isSome(budget) ? { budget: budget.value } : {}),
          ...(names.length > 0 ? { tables: names.map((name) => name.trim()) } : {})
        })
      )

/** The values of an option, none of which may be blank; fails with a `UsageError`. */
export const notEmpty = (
  option: string,
  values: ReadonlyArray<string>
): Either.Either<ReadonlyArray<string>, UsageError> =>
  values.some((value) => value.trim() === "")
    ? Either.left(new UsageError({ message: `--${option} needs a value` }))
    : Either.right(values)

/** An option that may be absent, parsed where it is there. */
export const parsed = <A, B>(
  option: Option.Option<A>,
  parse: (value: A) => Either.Either<B, UsageError>
): Either.Either<Option.Option<B>, UsageError> =>
  Option.match(option, {
    onNone: () => Either.right(Option.none<B>()),
    onSome: (value) => Either.map(parse(value), Option.some)
  })
