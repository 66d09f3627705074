import { Command } from "@effect/platform"
import { Redacted } from "effect"

/** The file of an example. */
export const fileOf = (example: string) => `examples/${example}.ts`

/** An example as a program on a database. */
export const program = (example: string, url: Redacted.Redacted, env: Record<string, string> = {}) =>
  Command.make("node", "--import", "tsx", fileOf(example)).pipe(
    Command.env({ ...env, DATABASE_URL: Redacted.value(url) })
  )
