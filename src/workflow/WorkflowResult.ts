import { Cause, Data, Effect, Exit, Option, Schema } from "effect"
import { describeCause } from "../workqueue/Task.ts"
import { WorkflowFailed } from "./WorkflowError.ts"
import type { WorkflowKind } from "./WorkflowKind.ts"
import type { Workflow } from "./WorkflowState.ts"

/** Maximum size of a result, in bytes of JSON: every `execute` and `poll` of its workflow transfers it. */
const MAX_RESULT_BYTES = 1_000_000

/** How a run ended, as stored with the workflow's end. `json` is encoded by the kind's schema, or a `Defect`. */
export interface StoredResult {
  readonly outcome: "success" | "error" | "defect"
  readonly json: string
}

/** A workflow with its result, which it has when it has ended and its run had something to say. */
export interface WorkflowOutcome {
  readonly workflow: Workflow
  readonly result: Option.Option<StoredResult>
}

/**
 * A workflow has ended: how its `run` ended.
 *
 * @example
 * ```ts
 * const result = yield* payments.poll(projectId, workflowId)
 * if (result instanceof Complete) yield* Effect.log(Exit.isSuccess(result.exit) ? "paid" : "not paid")
 * ```
 */
export class Complete<A, E> extends Data.TaggedClass("Complete")<{ readonly exit: Exit.Exit<A, E> }> {}

/**
 * A workflow has not ended, and has no owner until somebody resumes it.
 *
 * @example
 * ```ts
 * const result = yield* payments.poll(projectId, workflowId)
 * if (result instanceof Suspended) yield* payments.resume(projectId, workflowId)
 * ```
 */
export class Suspended extends Data.TaggedClass("Suspended") {}

/** What `poll` returns of a workflow that has ended or is suspended, as `@effect/workflow` calls it. */
export type Result<A, E> = Complete<A, E> | Suspended

/** What is kept of a defect: enough to recognise it. */
const Defect = Schema.parseJson(Schema.Struct({ name: Schema.String, message: Schema.String }))

/** Encodes what runs of a kind end with. */
export interface ResultEncoder {
  /**
   * Encodes what `run` returned; none if the kind has no `success` schema, or the encoded value is undefined. Fails with the
   * reason if it cannot be stored.
   */
  readonly success: (value: unknown) => Effect.Effect<Option.Option<StoredResult>, string>
  /** Encodes the first of these errors that the kind's `error` schema accepts; none if it accepts none of them. */
  readonly error: (errors: ReadonlyArray<unknown>) => Effect.Effect<Option.Option<StoredResult>>
}

/** A value as stored; none if it is undefined. Fails with the reason if it cannot be stored. */
export const stored = (
  outcome: StoredResult["outcome"],
  value: unknown
): Effect.Effect<Option.Option<StoredResult>, string> =>
  Effect.try({
    // Returns undefined for undefined, although its type says string.
    try: (): string | undefined => JSON.stringify(value),
    catch: (error) => `it is no JSON: ${describeCause(Cause.fail(error))}`
  }).pipe(
    Effect.flatMap((json) => {
      if (json === undefined) return Effect.succeedNone
      const size = Buffer.byteLength(json)
      return size > MAX_RESULT_BYTES
        ? Effect.fail(
            `it is ${size} bytes of JSON, and ${MAX_RESULT_BYTES} is the most: store what is large, and name it`
          )
        : Effect.succeedSome({ outcome, json })
    })
  )

/** Makes the encoder of a kind. */
export const encoderOf = <C, CI, R, A, AI, E, EI>({
  error,
  success
}: Pick<WorkflowKind<C, CI, R, A, AI, E, EI>, "success" | "error">): ResultEncoder => {
  const encodeSuccess = success === undefined ? undefined : Schema.encodeUnknown(success)
  const encodeError = error === undefined ? undefined : Schema.encodeUnknown(error)
  return {
    success: (value) =>
      encodeSuccess === undefined
        ? Effect.succeedNone
        : Effect.flatMap(
            Effect.mapError(encodeSuccess(value), ({ message }) => message),
            (encoded) => stored("success", encoded)
          ),
    error: (errors) => {
      if (encodeError === undefined) return Effect.succeedNone
      const attempts = errors.map((one) => Effect.flatMap(encodeError(one), (encoded) => stored("error", encoded)))
      return Effect.orElseSucceed(Effect.firstSuccessOf([...attempts, Effect.fail("none")]), Option.none)
    }
  }
}

/** A defect as stored: its name, and its message as it was made storable. */
export const defectOf = (defect: unknown, message: string): StoredResult => {
  const name = defect instanceof Error ? defect.name : "Error"
  return { outcome: "defect", json: JSON.stringify({ name, message }) }
}

/** An error of the name and message that a defect had, in whichever process that was. */
const revived = (name: string, message: string) => {
  const error = new Error(message)
  error.name = name
  return error
}

/** A schema of undefined: a kind without a `success` schema has `void` for `A`. */
const nothing = <A>() => Schema.declare((value: unknown): value is A => value === undefined)

/**
 * Makes the function that decodes the outcome of an ended workflow of a kind: its success, its typed error, its defect, or
 * `WorkflowFailed` for every other end. A stored result that does not decode is a defect.
 */
export const decoderOf = <C, CI, R, A, AI, E, EI>({
  error,
  success
}: Pick<WorkflowKind<C, CI, R, A, AI, E, EI>, "success" | "error">): ((
  outcome: WorkflowOutcome
) => Effect.Effect<Exit.Exit<A, E | WorkflowFailed>>) => {
  const decodeSuccess = success === undefined ? Schema.decodeUnknown(nothing<A>()) : Schema.decodeUnknown(success)
  const decodeError = error === undefined ? undefined : Schema.decodeUnknown(error)
  const decodeDefect = Schema.decode(Defect)
  return ({ result, workflow: { errorMessage, id, kind, state } }) => {
    const failed = Exit.fail(
      new WorkflowFailed({ workflowId: id, kind, reason: Option.getOrElse(errorMessage, () => "it does not say why") })
    )
    const json = Option.map(result, (one): unknown => JSON.parse(one.json))
    const decoded = (): Effect.Effect<Exit.Exit<A, E | WorkflowFailed>, { readonly message: string }> => {
      if (state === "completed") return Effect.map(decodeSuccess(Option.getOrUndefined(json)), Exit.succeed)
      if (Option.isNone(result)) return Effect.succeed(failed)
      if (result.value.outcome === "defect") {
        return Effect.map(decodeDefect(result.value.json), ({ message, name }) => Exit.die(revived(name, message)))
      }
      return decodeError === undefined
        ? Effect.succeed(failed)
        : Effect.map(decodeError(Option.getOrUndefined(json)), Exit.fail)
    }
    return Effect.catchAll(Effect.suspend(decoded), ({ message }) =>
      Effect.succeed(Exit.die(new Error(`the result of workflow ${id} of kind ${kind} does not decode: ${message}`)))
    )
  }
}
