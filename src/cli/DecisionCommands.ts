import { Args, Command, Options } from "@effect/cli"
import { Effect, Either, Option } from "effect"
import { userInfo } from "node:os"
import type { ContextOptions } from "../ontology/context/Context.ts"
import { UsageError } from "./Failure.ts"
import { budget, contextOptions, datasource, notEmpty, out, tables } from "./CommonOptions.ts"

/** A person's decision. */
export interface DecideOptions {
  readonly action: "accept" | "reject" | "undo" | "answer"
  /** A column, as `table.column`, or a question's id. */
  readonly subject: string
  /** The column that it refers to; none: the only one that comes into question. */
  readonly to: Option.Option<string>
  /** Empty unless the action is `answer`. */
  readonly answer: string
  readonly by: string
  /** The name of the datasource; none: the one that was discovered last. */
  readonly datasource: Option.Option<string>
  readonly out: string
}

/** What `context` is asked to print. */
export interface ShowContextOptions {
  readonly datasource: Option.Option<string>
  readonly context: ContextOptions
}

/** `--by`. */
export const by = Options.text("by").pipe(
  Options.withPseudoName("NAME"),
  Options.optional,
  Options.withDescription("Who decides; otherwise the user of this computer")
)
const column = Args.text({ name: "column" }).pipe(
  Args.withDescription("table.column or schema.table.column; several of one table as table.column,column")
)
const target = Args.text({ name: "target" }).pipe(
  Args.optional,
  Args.withDescription("The column that it refers to, where several come into question, or none was found")
)
/** What these commands do. */
export interface DecisionJobs<E1, R1, E2, R2> {
  readonly decide: (options: DecideOptions) => Effect.Effect<void, E1, R1>
  readonly showContext: (options: ShowContextOptions) => Effect.Effect<void, E2, R2>
}

type DecidingArguments = Omit<DecideOptions, "by"> & { readonly by: Option.Option<string> }

/** The name of whoever runs this program. */
export const currentUser = (): string => {
  try {
    return userInfo().username
  } catch {
    // A container may run as a number without a name.
    return process.env["USER"] ?? "somebody"
  }
}

/** `notEmpty` for an argument without an option before it. */
const notBlank = (what: string, values: ReadonlyArray<string>) =>
  Either.mapLeft(notEmpty(what, values), () => new UsageError({ message: `the ${what} is blank` }))

/** The commands about what was discovered: `accept`, `reject`, `undo`, `answer` and `context`. */
export const decisionCommands = <E1, R1, E2, R2>(jobs: DecisionJobs<E1, R1, E2, R2>) => {
  const deciding = (given: DecidingArguments) =>
    Effect.flatMap(
      Effect.all({
        subject: notBlank(given.action === "answer" ? "question" : "column", [given.subject]),
        to: notBlank("target", Option.toArray(given.to)),
        answer: given.action === "answer" ? notBlank("answer", [given.answer]) : Either.right([""]),
        by: notEmpty("by", [Option.getOrElse(given.by, currentUser)]),
        datasource: notEmpty("datasource", Option.toArray(given.datasource)),
        out: notEmpty("out", [given.out])
      }),
      () => jobs.decide({ ...given, by: Option.getOrElse(given.by, currentUser) })
    )
  const choices = { subject: column, to: target, by, datasource, out }
  const accept = Command.make("accept", choices, (given) => deciding({ ...given, action: "accept", answer: "" })).pipe(
    Command.withDescription("Say that a column refers to another: it is kept over all runs to come")
  )
  const reject = Command.make("reject", choices, (given) => deciding({ ...given, action: "reject", answer: "" })).pipe(
    Command.withDescription("Say that a column does not refer to another: it is kept over all runs to come")
  )
  const undo = Command.make("undo", choices, (given) => deciding({ ...given, action: "undo", answer: "" })).pipe(
    Command.withDescription("Take back the last decision about a column, or the last answer to a question")
  )
  const answer = Command.make(
    "answer",
    {
      subject: Args.text({ name: "question" }).pipe(Args.withDescription("Its id, which stands in questions.md")),
      answer: Args.text({ name: "answer" }).pipe(
        Args.withDescription("In words; whether two columns belong together: yes or no")
      ),
      by,
      datasource,
      out
    },
    (given) => deciding({ ...given, action: "answer", to: Option.none() })
  ).pipe(Command.withDescription("Answer a question: it is not asked again, and what is written says the answer"))
  const show = Command.make("context", { budget, tables, datasource }, (given) =>
    Effect.flatMap(
      Effect.all([
        contextOptions(given.budget, given.tables),
        notEmpty("datasource", Option.toArray(given.datasource))
      ]),
      ([options]) => jobs.showContext({ context: options, datasource: given.datasource })
    )
  ).pipe(Command.withDescription("Print context.md of what was discovered; reads no database of yours"))
  return [accept, reject, undo, answer, show] as const
}
