import { Cause, ConfigError, Data, Option, Predicate } from "effect"
import { withoutPasswords } from "../workqueue/Task.ts"

/** The command line cannot be understood; `message` says what to write instead, in one line. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

/** A workflow ended as failed; `reason` is what it ended with. */
export class StepFailed extends Data.TaggedError("StepFailed")<{
  readonly title: string
  readonly reason: string
}> {
  override get message() {
    return `${this.title} failed: ${this.reason}`
  }
}

/** Exit codes. A signal's are what shells expect: 128 and its number. */
export const EXIT = { failure: 1, usage: 2, SIGINT: 130, SIGTERM: 143 } as const

/** How the program ends. `line` is null where there is nothing to say: somebody ended it. */
export interface Ending {
  readonly code: number
  readonly line: string | null
}

/** Longer than any line that a person would read. */
const LONGEST_LINE = 500

/** On one line (at most 500 characters, unless told otherwise), without what could be a password: of a URL, of a connection string. */
export const oneLine = (text: string, longest = LONGEST_LINE): string => {
  const line = withoutPasswords(text.replaceAll(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ")).trim()
  return line.length > longest ? `${line.slice(0, longest)}…` : line
}

const messageOf = (error: unknown): string => (ConfigError.isConfigError(error) ? settings(error) : texts(error))

/** Names the settings that cannot be understood. */
const settings = (error: ConfigError.ConfigError): string =>
  error._op === "And" || error._op === "Or"
    ? `${settings(error.left)}; ${settings(error.right)}`
    : [...(error.path.length > 0 ? [error.path.join("_")] : []), error.message].join(": ")

const texts = (error: unknown): string =>
  Predicate.hasProperty(error, "message") && Predicate.isString(error.message) && error.message !== ""
    ? error.message
    : Predicate.isTagged(error, "NoSuchElementException")
      ? "something expected was not there"
      : String(error)

/** What a failed program says and exits with. `signal` is the one it was asked to end by, if any. */
export const ending = (cause: Cause.Cause<unknown>, signal: Option.Option<"SIGINT" | "SIGTERM">): Ending => {
  if (Option.isSome(signal)) return { code: EXIT[signal.value], line: null }
  const failure = Cause.failureOption(cause)
  if (Option.isSome(failure)) {
    const code = failure.value instanceof UsageError ? EXIT.usage : EXIT.failure
    return { code, line: oneLine(messageOf(failure.value)) }
  }
  const defect = Cause.dieOption(cause)
  if (Option.isNone(defect)) return { code: EXIT.failure, line: "interrupted" }
  return {
    code: EXIT.failure,
    line: `unexpected error, probably a bug of ours: ${oneLine(messageOf(defect.value))} (LOG_LEVEL=debug shows where)`
  }
}
