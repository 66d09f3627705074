import { Context, Effect, Layer, Option, Predicate, type Scope } from "effect"
import { ActiveWorkflows } from "./ActiveWorkflows.ts"
import { Notifications } from "./Notifications.ts"
import { type Registration, runnable } from "./Registration.ts"
import { KindAlreadyRegistered } from "./WorkflowError.ts"
import { invalidRunnable } from "./WorkflowState.ts"

/** What `Kinds` can do. */
export interface KindsService {
  /**
   * Adds a registration until the scope closes; then its workflows that run here are stopped and released. Fails with
   * `KindAlreadyRegistered` if a kind of its name is registered. Dies if its name or a version cannot be stored.
   */
  readonly enlist: (registration: Registration) => Effect.Effect<void, KindAlreadyRegistered, Scope.Scope>
  /** The registered kinds by name; none after `close`. */
  readonly open: Effect.Effect<ReadonlyMap<string, Registration>>
  /** The registered kind of this name. */
  readonly find: (name: string) => Option.Option<Registration>
  /** Whether workflows of this registration may be started: it is there, and `close` was not called. */
  readonly isOpen: (registration: Registration) => boolean
  /** Whether `close` was called. */
  readonly isClosed: () => boolean
  /** From now on nothing is started or taken over. Returns whether this was the first call. */
  readonly close: () => boolean
}

const make = Effect.gen(function* () {
  const active = yield* ActiveWorkflows
  const { tell } = yield* Notifications
  const kinds = new Map<string, Registration>()
  let isClosed = false
  return Kinds.of({
    enlist: (registration) =>
      Effect.suspend(() => {
        const { name } = registration
        if (kinds.has(name)) return new KindAlreadyRegistered({ kind: name })
        const invalid = runnable(new Map([[name, registration]]))
          .map(invalidRunnable)
          .find(Predicate.isNotUndefined)
        if (invalid !== undefined) return Effect.die(new RangeError(invalid))
        kinds.set(name, registration)
        return Effect.zipRight(
          // There may be workflows that wait for it.
          tell("work"),
          Effect.addFinalizer(() =>
            Effect.suspend(() => {
              kinds.delete(name)
              return active.drain((entry) => entry.registration === registration)
            })
          )
        )
      }),
    open: Effect.sync(() => (isClosed ? new Map() : kinds)),
    find: (name) => Option.fromNullable(kinds.get(name)),
    isOpen: (registration) => !isClosed && kinds.get(registration.name) === registration,
    isClosed: () => isClosed,
    close: () => {
      const isFirst = !isClosed
      isClosed = true
      return isFirst
    }
  })
})

/** The kinds that this process can run. */
export class Kinds extends Context.Tag("workflow-infra/workflow/Kinds")<Kinds, KindsService>() {
  /** None at first, open. */
  static readonly layer = Layer.effect(
    Kinds,
    Effect.suspend(() => make)
  )
}
