import { Context, Duration, Effect, Layer, Option, Schema, type Scope } from "effect"
import { dieInTransaction } from "../database/Database.ts"
import * as Executions from "./Executions.ts"
import { Kinds } from "./Kinds.ts"
import { Outages } from "./Outages.ts"
import type { Registered, StartOptions } from "./Registered.ts"
import type { Registration } from "./Registration.ts"
import * as Schedules from "./Schedules.ts"
import { asNew, keyOf, Starts } from "./Starts.ts"
import { asStorable } from "./Storable.ts"
import { WorkflowControl } from "./WorkflowControl.ts"
import type { KindAlreadyRegistered } from "./WorkflowError.ts"
import type { WorkflowKind } from "./WorkflowKind.ts"
import { WorkflowRepository } from "./WorkflowRepository.ts"
import * as WorkflowResult from "./WorkflowResult.ts"
import { queriesOf } from "./WorkflowStatus.ts"

/** Name of the starts of `execute` in logs and in `health`. */
const EXECUTIONS = "executions"

/** What `Registrations` can do. */
export interface RegistrationsService {
  /**
   * Makes a kind startable in this process, and lets this process take over workflows of this kind. Captures the services that
   * the kind's `run` needs. When the scope closes, its workflows that run here are stopped and released to other processes.
   * Fails with `KindAlreadyRegistered` if a kind of this name is registered in this process.
   */
  readonly register: <Config, Encoded, R, A, AI, E, EI, Class extends string>(
    kind: WorkflowKind<Config, Encoded, R, A, AI, E, EI, Class>
  ) => Effect.Effect<Registered<Config, A, E>, KindAlreadyRegistered, Scope.Scope | R>
}

const make = Effect.gen(function* () {
  const repository = yield* WorkflowRepository
  const control = yield* WorkflowControl
  const kinds = yield* Kinds
  const starts = yield* Starts
  const outages = yield* Outages
  const schedule = yield* Schedules.make
  const executionsOf = yield* Executions.make

  /** Makes the operations that start workflows of a kind. */
  const starting = <Config, Encoded, R, A, AI, E, EI, Class extends string>(
    kind: WorkflowKind<Config, Encoded, R, A, AI, E, EI, Class>,
    registration: Registration,
    version: number
  ) => {
    const wanted = asNew(kind, version)
    /** Whether the schedule goes on: not without its project, or this kind. */
    const startTick = (options: StartOptions<Config>) =>
      Effect.flatMap(wanted(options), (workflow) => starts.store(workflow, registration)).pipe(
        Effect.as(true),
        Effect.catchTags({
          WorkflowAlreadyRunning: ({ workflowId }) =>
            Effect.as(Effect.logInfo(`left out: workflow ${workflowId} has its exclusive key`), true),
          ProjectNotFound: ({ message }) => Effect.as(Effect.logWarning(message), false),
          ShuttingDown: () => Effect.succeed(false),
          InvalidConfig: Effect.die,
          InvalidKey: Effect.die,
          InvalidPriority: Effect.die
        })
      )
    return {
      scheduleTicks: ({ cron, missed, name, ...options }: Parameters<Registered<Config>["schedule"]>[0]) =>
        Effect.gen(function* () {
          yield* keyOf(kind.name, "name", { name }, Schedules.MAX_NAME_BYTES)
          // So that a config that cannot be stored is told now.
          yield* Effect.flatMap(wanted(options), (workflow) => asStorable({ ...workflow, ownerId: Option.none() }))
          yield* schedule({
            key: { projectId: options.projectId, kind: kind.name, name },
            cron,
            missed,
            start: (tick) => startTick({ ...options, startAt: tick, idempotencyKey: Schedules.keyOf(name, tick) })
          })
        }),
      start: (options: StartOptions<Config>) =>
        Effect.flatMap(wanted(options), (workflow) => starts.start(workflow, registration)),
      startOverOutages: (options: StartOptions<Config>) =>
        Effect.zipRight(
          dieInTransaction("execute"),
          Effect.flatMap(wanted(options), (workflow) =>
            outages.during(EXECUTIONS)(starts.store(workflow, registration))
          )
        )
    }
  }

  const register = <Config, Encoded, R, A, AI, E, EI, Class extends string>(
    kind: WorkflowKind<Config, Encoded, R, A, AI, E, EI, Class>
  ): Effect.Effect<Registered<Config, A, E>, KindAlreadyRegistered, Scope.Scope | R> =>
    Effect.gen(function* () {
      const context = yield* Effect.context<R>()
      const { version = 1 } = kind
      const decode = Schema.decodeUnknown(kind.config)
      const registration: Registration = {
        name: kind.name,
        versions: [...new Set([version, ...(kind.earlierVersions ?? [])])],
        strategy: kind.strategy,
        retry: kind.retry,
        timeout: kind.timeout === undefined ? undefined : Duration.decode(kind.timeout),
        onShutdown: kind.onShutdown ?? "release",
        limit: kind.limit,
        encoder: WorkflowResult.encoderOf(kind),
        // Replaces the context: `Effect.provide` would merge, and keep the transaction of the caller of `start`.
        prepare: (stored) =>
          Effect.mapBoth(decode(stored), {
            onSuccess:
              (config) =>
              ({ fenced, progress, queue, workflow }) =>
                Effect.mapInputContext(kind.run({ config, fenced, progress, queue, workflow }), () => context),
            onFailure: ({ message }) => message
          }),
        isExecution: false
      }
      yield* kinds.enlist(registration)
      const { scheduleTicks, start, startOverOutages } = starting(kind, registration, version)
      const executions = executionsOf(kind.name, WorkflowResult.decoderOf(kind))
      return {
        ...executions,
        start,
        schedule: scheduleTicks,
        execute: (options) =>
          Effect.flatMap(startOverOutages(options), ({ id, projectId }) => executions.join(projectId, id)),
        queries: (count) =>
          queriesOf(kind.name, { get: control.get, cancel: control.cancel, tasks: repository.tasks }, count)
      }
    })

  return Registrations.of({ register })
})

/** Makes the kinds of a program startable. */
export class Registrations extends Context.Tag("workflow-infra/workflow/Registrations")<
  Registrations,
  RegistrationsService
>() {
  /** In this process. */
  static readonly layer = Layer.effect(
    Registrations,
    Effect.suspend(() => make)
  )
}
