import { Cause, Effect, Option } from "effect"
import { EARLIEST_TIMESTAMP } from "../database/Timestamp.ts"
import { isUuid } from "../database/Uuid.ts"
import { describeCause } from "../workqueue/Task.ts"
import { InvalidConfig } from "./WorkflowError.ts"
import type { NewWorkflow } from "./WorkflowRepository.ts"

/** Maximum size of a config, in bytes of JSON: every read of its workflow transfers it. */
const MAX_CONFIG_BYTES = 1_000_000
/** How `JSON.stringify` writes NUL and half a surrogate pair, which `jsonb` refuses; an even number of backslashes before it is text. */
const NO_TEXT = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/

/** A workflow that can be stored, with its config as JSON. */
export type Storable = NewWorkflow & { readonly json: string }

/**
 * The workflow with its config as JSON, as every repository stores it. Fails if PostgreSQL could not store it: where it is stored in
 * memory, too, so that what passes there passes in production.
 */
export const asStorable = (workflow: NewWorkflow): Effect.Effect<Storable, InvalidConfig> =>
  Effect.gen(function* () {
    const { config, kind, startAt } = workflow
    const invalid = (reason: string) => new InvalidConfig({ kind, reason })
    for (const name of ["datasourceId", "ontologyId"] as const) {
      const id = Option.getOrUndefined(workflow[name])
      if (id !== undefined && !isUuid(id)) return yield* invalid(`${name} is no UUID: "${id}"`)
    }
    if (Option.exists(startAt, (time) => !(Number(time) >= EARLIEST_TIMESTAMP))) {
      return yield* invalid("startAt is no date, or one before 4713 BC")
    }
    const json = yield* Effect.try({
      // Returns undefined for a function or a symbol, although its type says string.
      try: (): string | undefined => JSON.stringify(config ?? null),
      catch: (error) => invalid(`it is no JSON: ${describeCause(Cause.fail(error))}`)
    })
    if (json === undefined) return yield* invalid("it is no JSON: a function, or a symbol")
    const size = Buffer.byteLength(json)
    if (size > MAX_CONFIG_BYTES) {
      return yield* invalid(
        `it is ${size} bytes of JSON, and ${MAX_CONFIG_BYTES} is the most: store what is large, and name it`
      )
    }
    if (NO_TEXT.test(json)) return yield* invalid("it has characters that are no text (NUL, or half a surrogate pair)")
    return { ...workflow, json }
  })
