import { Activity, DurableClock, DurableDeferred, DurableQueue, Workflow } from "@effect/workflow"
import { WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import { Cause, Context, Deferred, Duration, Effect, Layer, Ref, Schema } from "effect"

/** What workflows note while they run, in order: anything may be there twice. */
export class Notes extends Context.Tag("test/workflow/engine/Notes")<
  Notes,
  {
    readonly all: Effect.Effect<ReadonlyArray<string>>
    readonly add: (note: string) => Effect.Effect<void>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.map(Ref.make<ReadonlyArray<string>>([]), (notes) => ({
      all: Ref.get(notes),
      add: (note: string) => Ref.update(notes, (before) => [...before, note])
    }))
  )
}

export const add = (text: string) => Effect.flatMap(Notes, (notes) => notes.add(text))
export const notes = Effect.flatMap(Notes, ({ all }) => all)

/** Workflows under test have an id as their payload, which is their idempotency key, too. */
const named = <const Name extends string>(name: Name) =>
  Workflow.make({ name, payload: { id: Schema.String }, idempotencyKey: ({ id }) => id })

const activity = (name: string) => Activity.make({ name, execute: add(name) })

/** Shorter than what sleeps in memory by default. */
const sleep = (name: string, duration: Duration.DurationInput) =>
  DurableClock.sleep({ name, duration, inMemoryThreshold: Duration.zero })

export class MailFailed extends Schema.TaggedError<MailFailed>()("MailFailed", { message: Schema.String }) {}

/** Fails four times to send, sleeps inside an activity, and waits for its trigger; or fails after it has sent. */
export const Mail = Workflow.make({
  name: "Mail",
  payload: { id: Schema.String, to: Schema.String },
  success: Schema.Struct({ sentTo: Schema.String, by: Schema.String }),
  error: MailFailed,
  idempotencyKey: ({ id }) => id
})
export const Trigger = DurableDeferred.make("Trigger", { success: Schema.String })

const MailLayer = Mail.toLayer(
  Effect.fnUntraced(function* ({ to }) {
    yield* Effect.addFinalizer(() => add("finalizer"))
    yield* Activity.make({
      name: "Send",
      error: MailFailed,
      execute: Effect.gen(function* () {
        const attempt = yield* Activity.CurrentAttempt
        yield* add(`attempt ${attempt}`)
        if (attempt < 5) return yield* new MailFailed({ message: `attempt ${attempt}` })
      })
    }).pipe(
      Mail.withCompensation(() => add("compensation")),
      Activity.retry({ times: 5 })
    )
    if (to === "nobody") return yield* new MailFailed({ message: "nobody is there" })
    yield* Activity.make({ name: "Sleep", execute: sleep("a moment", "200 millis") })
    const by = yield* Effect.ensuring(DurableDeferred.await(Trigger), add("ensuring"))
    return { sentTo: to, by }
  })
)

export const Race = Workflow.make({
  name: "Race",
  payload: { id: Schema.String, durable: Schema.Boolean },
  success: Schema.String,
  idempotencyKey: ({ id }) => id
})

const runner = (name: string, durable: boolean, millis: number) =>
  Activity.make({
    name,
    success: Schema.String,
    execute: (durable ? sleep(name, millis) : Effect.sleep(millis)).pipe(
      Effect.as(name),
      Effect.onInterrupt(() => add(`${name} interrupted`))
    )
  })

const RaceLayer = Race.toLayer(({ durable }) =>
  Activity.raceAll("race", [
    runner("slow", durable, 60_000),
    runner("slower", durable, 120_000),
    runner("fast", durable, 300)
  ])
)

/** Waits for its child, which waits for a deferred. */
export const Parent = named("Parent")
export const Child = named("Child")
export const ChildDeferred = DurableDeferred.make("ChildDeferred")

const ParentLayer = Parent.toLayer(
  Effect.fnUntraced(function* ({ id }) {
    const instance = yield* WorkflowInstance
    yield* Effect.addFinalizer(() => (instance.suspended ? add("parent suspended") : Effect.void))
    // Several parents may have one child.
    yield* Child.execute({ id: id.split(" ")[0] ?? "" })
    yield* activity("parent ends")
  })
)
const ChildLayer = Child.toLayer(
  Effect.fnUntraced(function* () {
    yield* Child.withCompensation(activity("child begins"), () => add("child compensates"))
    yield* DurableDeferred.await(ChildDeferred)
    yield* activity("child ends")
  })
)

/** Starts a child and does not wait for it. */
export const Careless = named("Careless")
const CarelessLayer = Careless.toLayer(({ id }) =>
  Effect.asVoid(Child.execute({ id: `${id}-child` }, { discard: true }))
)

/** Two activities around a gate, which is a deferred. */
export const Gated = named("Gated")
export const Gate = DurableDeferred.make("Gate")
/** Holds the activity `before` in the process, where a test provides it. */
export class Hold extends Context.Reference<Hold>()("test/workflow/engine/Hold", {
  defaultValue: (): Deferred.Deferred<void> | undefined => undefined
}) {}
const GatedLayer = Gated.toLayer(
  Effect.fnUntraced(function* () {
    const hold = yield* Hold
    yield* Activity.make({
      name: "before",
      execute: Effect.zipRight(add("before"), hold === undefined ? Effect.void : Deferred.await(hold))
    })
    yield* DurableDeferred.await(Gate)
    yield* activity("after")
  })
)

/** Waits for the gate when its child has ended. */
export const Patient = named("Patient")
const PatientLayer = Patient.toLayer(
  Effect.fnUntraced(function* ({ id }) {
    yield* Child.execute({ id })
    yield* add("patient waits")
    yield* DurableDeferred.await(Gate)
  })
)

/** An activity of it dies until somebody mends it; then the execution is resumed by hand. */
export const Fragile = named("Fragile").annotate(Workflow.SuspendOnFailure, true)
export class Mended extends Context.Reference<Mended>()("test/workflow/engine/Mended", {
  defaultValue: () => ({ isMended: false })
}) {}
const FragileLayer = Fragile.toLayer(
  Effect.fnUntraced(function* () {
    const state = yield* Mended
    const instance = yield* WorkflowInstance
    yield* Effect.addFinalizer(() =>
      instance.cause === undefined ? Effect.void : add(`suspended: ${Cause.pretty(instance.cause).split("\n")[0]}`)
    )
    yield* Activity.make({
      name: "fragile",
      execute: Effect.suspend(() => (state.isMended ? add("mended") : Effect.die(new Error("boom"))))
    })
  })
)

export const Catching = named("Catching")
const CatchingLayer = Catching.toLayer(() =>
  Activity.make({ name: "dies", execute: Effect.die(new Error("boom")) }).pipe(
    Effect.catchAllCause((cause) => activity(`caught ${String(Cause.squash(cause))}`))
  )
)

/** Dies with something that JSON has no word for. */
export const Dying = named("Dying")
const DyingLayer = Dying.toLayer(() =>
  Activity.make({
    name: "dies",
    execute: Effect.suspend(() => Effect.die(Object.assign(new Error("not of this world"), { big: 1n })))
  })
)

/** Gives work to a queue, whose worker may be anywhere. */
export const Squares = DurableQueue.make({
  name: "Squares",
  payload: { n: Schema.Int },
  success: Schema.Int,
  idempotencyKey: ({ n }) => String(n)
})
export const Squaring = Workflow.make({
  name: "Squaring",
  payload: { id: Schema.String },
  success: Schema.Array(Schema.Int),
  idempotencyKey: ({ id }) => id
})
export const SquaringLayer = Squaring.toLayer(() => Effect.forEach([2, 3], (n) => DurableQueue.process(Squares, { n })))

/** Sleeps a day, and its parent waits for it. */
export const Long = named("Long")
export const LongParent = named("LongParent")
const LongLayer = Long.toLayer(() => DurableClock.sleep({ name: "sleep", duration: "1 day" }))
const LongParentLayer = LongParent.toLayer(({ id }) => Long.execute({ id }))

/** Every workflow here but the one that needs a queue. */
export const layer = Layer.mergeAll(
  MailLayer,
  RaceLayer,
  ParentLayer,
  ChildLayer,
  CarelessLayer,
  GatedLayer,
  PatientLayer,
  FragileLayer,
  CatchingLayer,
  DyingLayer,
  LongLayer,
  LongParentLayer
)
