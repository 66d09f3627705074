import type * as Activity from "@effect/workflow/Activity"
import type * as Workflow from "@effect/workflow/Workflow"
import { Effect, Exit, Option, Schema } from "effect"
import * as WorkflowResult from "../WorkflowResult.ts"

/** An exit as stored: its success and error as encoded by their schemas, its defects as name and message. */
const Stored = Schema.Exit({ success: Schema.Unknown, failure: Schema.Unknown, defect: Schema.Unknown })
const encodeStored = Schema.encode(Stored)
/** Decodes a stored exit. Its success, error and defects stay encoded: the schemas of `@effect/workflow` decode them. */
export const decode = Schema.decodeUnknown(Stored)

const encodeActivity = Schema.encode(
  Schema.Exit({ success: Schema.Unknown, failure: Schema.Unknown, defect: Schema.Defect })
)

/** The schema of how a workflow ends, as its callers get it. */
export const schemaOf = (workflow: Workflow.Any) =>
  Schema.Exit({
    success: Schema.make<unknown, unknown, never>(workflow.successSchema.ast),
    failure: Schema.make<unknown, unknown, never>(workflow.errorSchema.ast),
    defect: Schema.Defect
  })

/** An encoded exit as JSON. Fails with the reason if it cannot be stored. */
const asJson = (encoded: unknown): Effect.Effect<unknown, string> =>
  Effect.flatMap(
    WorkflowResult.stored("success", encoded),
    Option.match({
      onNone: () => Effect.fail("it is nothing"),
      onSome: ({ json }) => Effect.succeed<unknown>(JSON.parse(json))
    })
  )

/** The exit of an activity or a workflow as JSON; one that cannot be stored becomes a defect that says so. */
const storable = <E extends { readonly message: string }>(
  what: string,
  encoded: Effect.Effect<unknown, E>
): Effect.Effect<unknown> =>
  encoded.pipe(
    Effect.mapError(({ message }) => message),
    Effect.flatMap(asJson),
    Effect.catchAll((reason) =>
      Effect.orDie(encodeActivity(Exit.die(new Error(`the result of ${what} cannot be stored: ${reason}`))))
    )
  )

/** The exit of an activity's `executeEncoded` as JSON. */
export const ofActivity = ({ name }: Activity.Any, exit: Exit.Exit<unknown, unknown>): Effect.Effect<unknown> =>
  storable(`activity ${name}`, encodeActivity(exit))

/** The exit of a workflow as JSON. */
export const ofWorkflow = (workflow: Workflow.Any, exit: Exit.Exit<unknown, unknown>): Effect.Effect<unknown> =>
  storable(`workflow ${workflow.name}`, Schema.encode(schemaOf(workflow))(exit))

/** The exit of a deferred, encoded already, as JSON. Dies if it cannot be stored. */
export const ofDeferred = (name: string, exit: Exit.Exit<unknown, unknown>): Effect.Effect<unknown> =>
  Effect.mapError(encodeStored(exit), ({ message }) => message).pipe(
    Effect.flatMap(asJson),
    Effect.catchAll((reason) => Effect.dieMessage(`the result of deferred ${name} cannot be stored: ${reason}`))
  )
