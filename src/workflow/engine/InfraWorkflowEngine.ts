import * as DurableDeferred from "@effect/workflow/DurableDeferred"
import * as Workflow from "@effect/workflow/Workflow"
import { type Encoded, makeUnsafe, WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import { Cause, Context, Data, Duration, Effect, Exit, Fiber, Layer, Option, Schema } from "effect"
import { dieInTransaction, isInTransaction } from "../../database/Database.ts"
import type { DatabaseError } from "../../database/DatabaseError.ts"
import { uuidv7 } from "../../database/Uuid.ts"
import { describeCause } from "../../workqueue/Task.ts"
import type { Registration, RunTools } from "../Registration.ts"
import { DurableExecutions, type DurableExecutionsService } from "../DurableExecutions.ts"
import { WorkflowFailed } from "../WorkflowError.ts"
import type { ExecutionKey } from "../WorkflowHistory.ts"
import { stored, type WorkflowOutcome } from "../WorkflowResult.ts"
import { hasEnded } from "../WorkflowState.ts"
import * as EngineRun from "./EngineRun.ts"
import * as StoredExit from "./StoredExit.ts"

/** The config of the workflow that an execution is. */
const Config = Schema.Struct({ payload: Schema.Unknown })

/** The deferred whose result interrupts an execution, by the name that the cluster's engine has for it. */
const INTERRUPT = DurableDeferred.make("Workflow/InterruptSignal")

/** The end of a workflow that failed, with its exit as JSON. */
class Failed extends Data.TaggedError("Failed")<{ readonly message: string; readonly exit: unknown }> {}

/** The project of the executions that are started and asked for outside of a workflow; undefined: the layer's. */
class Project extends Context.Reference<Project>()("workflow-infra/workflow/engine/Project", {
  defaultValue: (): string | undefined => undefined
}) {}

/** The options of `layer`. */
export interface EngineOptions {
  /** The id of the project (tenant) of the executions that this program starts and asks for, a UUID. */
  readonly projectId: string
}

/**
 * Runs an effect that starts executions or asks for them in another project than the layer's. The children of a workflow, its
 * activities and deferreds are in its own project anyway.
 *
 * @example
 * ```ts
 * const acme = yield* Effect.flatMap(Projects, ({ ensure }) => ensure("acme"))
 * const welcomed = Welcome.execute({ user: "ada" }).pipe(InfraWorkflowEngine.withProject(acme))
 * ```
 */
export const withProject =
  (projectId: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.provideService(effect, Project, projectId)

/**
 * The `WorkflowEngine` of `@effect/workflow` on this engine: programs written with `Workflow`, `Activity`, `DurableClock`,
 * `DurableDeferred` and `DurableQueue` run on PostgreSQL, without a cluster.
 *
 * An execution is a workflow of the kind of its name, with its execution id as `idempotencyKey`, and has one owner at a time. How an
 * activity ended is committed under the fence, so a completed activity never runs again, and a stale owner stores nothing. While an
 * execution sleeps or waits it has no owner: `pending` until its clock is due, or `awaiting_input`. Whoever ends what it waits for,
 * in whichever process, makes it `pending`, and it runs again from its beginning, with the results that are stored.
 *
 * `interrupt` ends an execution as soon as it waits for something, with its compensations. `WorkflowInfra.cancel` ends it at once,
 * without them; then `execute` dies with `WorkflowFailed`.
 *
 * @example
 * ```ts
 * const engine = InfraWorkflowEngine.layer({ projectId }).pipe(
 *   Layer.provide(WorkflowInfra.layer()),
 *   Layer.provide(Database.layer({ url }))
 * )
 * const main = Welcome.execute({ user: "ada" }).pipe(Effect.provide(Layer.provideMerge(WelcomeLayer, engine)))
 * ```
 */
export const layer = (options: EngineOptions): Layer.Layer<WorkflowEngine, never, DurableExecutions> =>
  Layer.effect(
    WorkflowEngine,
    Effect.map(DurableExecutions, (executions) => make(executions, options))
  )

const make = (executions: DurableExecutionsService, options: EngineOptions): WorkflowEngine["Type"] => {
  const current = Effect.serviceOption(EngineRun.CurrentRun)

  const keyOf = (kind: string, executionId: string): Effect.Effect<ExecutionKey> =>
    Effect.zipWith(current, Project, (run, chosen) => ({
      projectId: Option.match(run, { onNone: () => chosen ?? options.projectId, onSome: ({ key }) => key.projectId }),
      kind,
      executionId
    }))

  /** Retries over outages, except inside a transaction, which an outage ends. */
  const lasting = <A, E, R>(effect: Effect.Effect<A, E | DatabaseError, R>) =>
    Effect.if(isInTransaction, { onTrue: () => effect, onFalse: () => executions.during(effect) })

  /** A storage operation. In a run its failure stops the run; elsewhere it is a defect. */
  const storing = <A, E, R>(effect: Effect.Effect<A, E | DatabaseError, R>) =>
    Effect.flatMap(
      current,
      Option.match({
        onNone: () => Effect.orDie(lasting(effect)),
        onSome: ({ must }) => must(lasting(effect))
      })
    )

  const begin = (workflow: Workflow.Any, key: ExecutionKey, payload: object, awaitedBy: Option.Option<string>) =>
    Effect.gen(function* () {
      const run = yield* current
      const encode = Schema.encodeUnknown(Schema.make<unknown, unknown, never>(workflow.payloadSchema.ast))
      const wanted = {
        id: yield* uuidv7,
        projectId: key.projectId,
        datasourceId: Option.none(),
        ontologyId: Option.none(),
        idempotencyKey: Option.some(key.executionId),
        exclusiveKey: Option.none(),
        startAt: Option.none(),
        priority: 0,
        kind: key.kind,
        version: 1,
        config: { payload: yield* Effect.orDie(encode(payload)) },
        ...(Option.isSome(awaitedBy) ? { awaitedBy: awaitedBy.value } : {})
      }
      const started = yield* storing(
        executions.begin(wanted).pipe(
          Effect.catchTags({
            InvalidConfig: Effect.die,
            InvalidKey: Effect.die,
            InvalidPriority: Effect.die,
            ProjectNotFound: Effect.die,
            WorkflowAlreadyRunning: Effect.die,
            // A run that starts a child while its process shuts down is about to be stopped.
            ShuttingDown: (error) => (Option.isSome(run) ? Effect.interruptible(Effect.never) : Effect.die(error))
          })
        )
      )
      return { started, isNew: started.id === wanted.id }
    })

  /** How a child ended, as JSON; none if it has not, and will wake this run's execution when it does. */
  const childExit = (run: EngineRun.EngineRun, workflow: Workflow.Any, key: ExecutionKey, payload: object) =>
    Effect.gen(function* () {
      const { isNew, started } = yield* begin(workflow, key, payload, Option.some(run.workflowId))
      if (!isNew && !hasEnded(started.state)) {
        yield* storing(executions.awaits(key.projectId, started.id, run.workflowId))
      }
      yield* executions.endsHere(started.id)
      const outcome = yield* storing(executions.read(key.projectId, started.id))
      if (!hasEnded(outcome.workflow.state)) return Option.none()
      const { exit } = yield* completeOf(workflow, outcome)
      return Option.some(yield* StoredExit.ofWorkflow(workflow, exit))
    })

  const childResult = (run: EngineRun.EngineRun, workflow: Workflow.Any, key: ExecutionKey, payload: object) =>
    Effect.gen(function* () {
      const name = `Workflow/${key.kind}/${key.executionId}`
      const exit = yield* run.child(name, childExit(run, workflow, key, payload))
      if (Option.isNone(exit)) return new Workflow.Suspended({})
      const decoded = yield* Effect.orDie(Schema.decodeUnknown(StoredExit.schemaOf(workflow))(exit.value))
      return new Workflow.Complete({ exit: decoded })
    })

  function execute<const Discard extends boolean>(
    workflow: Workflow.Any,
    options: {
      readonly executionId: string
      readonly payload: object
      readonly discard: Discard
      readonly parent?: WorkflowInstance["Type"] | undefined
    }
  ): Effect.Effect<Discard extends true ? void : Workflow.Result<unknown, unknown>>
  function execute(
    workflow: Workflow.Any,
    { discard, executionId, payload }: Parameters<Encoded["execute"]>[1]
  ): Effect.Effect<void | Workflow.Result<unknown, unknown>> {
    return Effect.gen(function* () {
      const key = yield* keyOf(workflow.name, executionId)
      if (discard) return yield* Effect.asVoid(begin(workflow, key, payload, Option.none()))
      yield* dieInTransaction(`${workflow.name}.execute`)
      const run = yield* current
      if (Option.isSome(run)) return yield* childResult(run.value, workflow, key, payload)
      const { started } = yield* begin(workflow, key, payload, Option.none())
      return yield* completeOf(workflow, yield* Effect.orDie(executions.join(key.projectId, started.id)))
    })
  }

  /** The execution as it stands; none if it was never started. */
  const look = (key: ExecutionKey) =>
    storing(
      Effect.flatMap(
        executions.find(key),
        Option.match({
          onNone: () => Effect.succeedNone,
          onSome: (id) =>
            Effect.catchTag(
              Effect.asSome(executions.read(key.projectId, id)),
              "WorkflowNotFound",
              () => Effect.succeedNone
            )
        })
      )
    )

  const engine: WorkflowEngine["Type"] = makeUnsafe({
    register: (workflow, execute) =>
      Effect.gen(function* () {
        const context = yield* Effect.context<never>()
        const body: Body = (payload, executionId) =>
          Effect.provideService(execute(payload, executionId), WorkflowEngine, engine)
        yield* Effect.orDie(executions.enlist(registrationOf(executions, workflow, body, context)))
      }),

    execute,

    poll: (workflow, executionId) =>
      Effect.gen(function* () {
        const found = yield* look(yield* keyOf(workflow.name, executionId))
        if (Option.isNone(found)) return undefined
        const { errorMessage, startedAt, state } = found.value.workflow
        if (hasEnded(state)) return yield* completeOf(workflow, found.value)
        const isSuspended = state === "awaiting_input" || state === "paused" || state === "pending"
        if (!isSuspended || Option.isNone(startedAt)) return undefined
        const cause = Option.match(errorMessage, {
          onNone: () => ({}),
          onSome: (message) => ({ cause: Cause.die(new Error(message)) })
        })
        return new Workflow.Suspended(cause)
      }),

    interrupt: (workflow, executionId) =>
      Effect.gen(function* () {
        const key = yield* keyOf(workflow.name, executionId)
        const found = yield* look(key)
        if (Option.isNone(found) || hasEnded(found.value.workflow.state)) return
        const exit = yield* StoredExit.ofDeferred(INTERRUPT.name, Exit.void)
        yield* storing(executions.settle(key, { name: INTERRUPT.name, exit }))
      }),

    resume: (workflow, executionId) =>
      Effect.flatMap(keyOf(workflow.name, executionId), (key) => storing(executions.wake(key))),

    activityExecute: (activity, attempt) =>
      Effect.flatMap(
        current,
        Option.match({
          onNone: () => Effect.dieMessage(`activity ${activity.name} outside of a workflow`),
          onSome: (run) => run.activity(activity, attempt)
        })
      ),

    deferredResult: ({ name }) =>
      Effect.gen(function* () {
        const run = yield* current
        const { executionId, workflow } = yield* WorkflowInstance
        const found = Option.isSome(run)
          ? yield* run.value.result(name)
          : yield* Effect.map(
              storing(executions.deferred(yield* keyOf(workflow.name, executionId), name)),
              Option.flatMap(({ exit, isDue }) => (isDue ? Option.some(exit) : Option.none()))
            )
        return Option.isSome(found) ? yield* Effect.orDie(StoredExit.decode(found.value)) : undefined
      }),

    deferredDone: ({ deferredName, executionId, exit, workflowName }) =>
      Effect.gen(function* () {
        const run = yield* current
        const key = yield* keyOf(workflowName, executionId)
        const json = yield* StoredExit.ofDeferred(deferredName, exit)
        const isOwn = Option.filter(
          run,
          (mine) => mine.key.kind === workflowName && mine.key.executionId === executionId
        )
        if (Option.isSome(isOwn)) return yield* isOwn.value.done(deferredName, json)
        yield* storing(executions.settle(key, { name: deferredName, exit: json }))
      }),

    scheduleClock: (workflow, { clock, executionId }) =>
      Effect.gen(function* () {
        const run = yield* current
        if (Option.isSome(run)) return yield* run.value.schedule(clock)
        const key = yield* keyOf(workflow.name, executionId)
        const { name } = clock.deferred
        const exit = yield* StoredExit.ofDeferred(name, Exit.void)
        yield* storing(executions.settle(key, { name, exit, dueIn: Duration.toMillis(clock.duration) }))
      })
  })
  return engine
}

type Body = (payload: object, executionId: string) => Effect.Effect<unknown, unknown, WorkflowInstance>

/** How the workflow of an execution has ended. */
const completeOf = (workflow: Workflow.Any, { result, workflow: { errorMessage, id, kind } }: WorkflowOutcome) =>
  Effect.gen(function* () {
    const reason = Option.getOrElse(errorMessage, () => "it does not say why")
    if (Option.isNone(result) || result.value.outcome === "defect") {
      // It was cancelled, or could not run: it has no exit of its own.
      return new Workflow.Complete({ exit: Exit.die(new WorkflowFailed({ workflowId: id, kind, reason })) })
    }
    const exit = yield* Schema.decodeUnknown(Schema.parseJson(StoredExit.schemaOf(workflow)))(result.value.json).pipe(
      Effect.orDie
    )
    return new Workflow.Complete({ exit })
  })

/** Makes a workflow startable in this process, in the services that its layer was given. */
const registrationOf = (
  executions: DurableExecutionsService,
  workflow: Workflow.Any,
  body: Body,
  context: Context.Context<never>
): Registration => {
  /** Runs an effect in the services of the registration, and no others. */
  const registered = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.mapInputContext(effect, () => context)
  const decodePayload = Schema.decodeUnknown(Schema.make<object, unknown, never>(workflow.payloadSchema.ast))
  return {
    name: workflow.name,
    versions: [1],
    strategy: undefined,
    retry: undefined,
    timeout: undefined,
    onShutdown: "release",
    limit: undefined,
    isExecution: true,
    encoder: {
      success: (exit) => stored("success", exit),
      error: (errors) => {
        const failed = errors.find((error) => error instanceof Failed)
        return failed === undefined
          ? Effect.succeedNone
          : Effect.orElseSucceed(stored("error", failed.exit), Option.none)
      }
    },
    prepare: (config) =>
      Schema.decodeUnknown(Config)(config).pipe(
        Effect.flatMap(({ payload }) => decodePayload(payload)),
        Effect.mapBoth({
          onSuccess: (payload) => (tools: RunTools) => registered(runOf(executions, workflow, body, payload, tools)),
          onFailure: ({ message }) => message
        }),
        registered
      )
  }
}

/** One run: replays what the execution has done, and goes on from there until it ends or waits. Returns its exit as JSON. */
const runOf = (
  executions: DurableExecutionsService,
  workflow: Workflow.Any,
  body: Body,
  payload: object,
  tools: RunTools
): Effect.Effect<unknown, unknown> =>
  Effect.gen(function* () {
    const executionId = Option.getOrElse(tools.workflow.idempotencyKey, () => tools.workflow.id)
    const key = { projectId: tools.workflow.projectId, kind: workflow.name, executionId }
    const run = yield* EngineRun.make(executions, tools, key)
    const instance = WorkflowInstance.initial(workflow, executionId)
    const result = yield* body(payload, executionId).pipe(
      Effect.onExit((exit) => interruptIfAsked(run, instance, exit)),
      Workflow.intoResult,
      Effect.provideService(WorkflowInstance, instance),
      Effect.provideService(EngineRun.CurrentRun, run),
      (whole) => run.supervise(instance, whole)
    )
    if (result._tag === "Suspended") return yield* run.suspended(result.cause)
    const exit = yield* StoredExit.ofWorkflow(workflow, result.exit)
    if (Exit.isSuccess(result.exit)) return exit
    const { cause } = result.exit
    return yield* new Failed({ message: Cause.isInterruptedOnly(cause) ? "interrupted" : describeCause(cause), exit })
  })

/** Interrupts a workflow that is about to wait, if somebody has asked for it: then it ends, with its compensations. */
const interruptIfAsked = (
  run: EngineRun.EngineRun,
  instance: WorkflowInstance["Type"],
  exit: Exit.Exit<unknown, unknown>
) => {
  const suspendsOnFailure = Context.get(instance.workflow.annotations, Workflow.SuspendOnFailure)
  const isWaiting = instance.suspended || (suspendsOnFailure && Exit.isFailure(exit))
  if (run.isStopped() || !isWaiting) return Effect.void
  return Effect.flatMap(
    run.result(INTERRUPT.name),
    Option.match({
      onNone: () => Effect.void,
      onSome: () =>
        Effect.suspend(() => {
          instance.suspended = false
          instance.interrupted = true
          return Effect.withFiberRuntime<void>((fiber) => Effect.interruptible(Fiber.interrupt(fiber)))
        })
    })
  )
}
