import * as PersistedQueue from "@effect/experimental/PersistedQueue"
import { DurableDeferred, DurableQueue, Workflow } from "@effect/workflow"
import type { WorkflowEngine } from "@effect/workflow/WorkflowEngine"
import { expect } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Option, type Scope } from "effect"
import { eventually } from "../../fixtures/eventually.ts"
import {
  Careless,
  Catching,
  Child,
  ChildDeferred,
  Dying,
  Fragile,
  Gate,
  Gated,
  Mail,
  MailFailed,
  Mended,
  type Notes,
  notes,
  Parent,
  Race,
  Squares,
  Squaring,
  SquaringLayer,
  Trigger
} from "./Workflows.ts"

/** Waits until a workflow has noted something so many times, and returns all notes. */
export const noted = (note: string, times = 1) =>
  eventually(`"${note}" is noted`, notes, (all) => all.filter((one) => one === note).length >= times)

/** A workflow of whatever payload. */
interface Polled {
  readonly poll: (
    executionId: string
  ) => Effect.Effect<Workflow.Result<unknown, unknown> | undefined, never, WorkflowEngine>
}

/** Waits until an execution is suspended. */
export const suspended = (workflow: Polled, executionId: string) =>
  eventually("it waits", workflow.poll(executionId), (result) => result?._tag === "Suspended")

/** Waits until an execution has ended, and returns how. */
export const complete = (workflow: Polled, executionId: string) =>
  Effect.map(
    eventually("it ends", workflow.poll(executionId), (result) => result?._tag === "Complete"),
    (result) => (result?._tag === "Complete" ? result.exit : Exit.die("never"))
  )

const once = (all: ReadonlyArray<string>, note: string) => all.filter((one) => one === note).length

const tokenOf =
  (workflow: Workflow.Any, executionId: string) =>
  <D extends DurableDeferred.Any>(deferred: D) =>
    DurableDeferred.TokenParsed.make({ workflowName: workflow.name, executionId, deferredName: deferred.name }).asToken

/**
 * What `@effect/workflow` promises, and its cluster's engine keeps: each a test on the engine around it, on real time. All of them
 * can run beside each other.
 */
export const behaviours: Record<string, Effect.Effect<void, unknown, WorkflowEngine | Notes | Scope.Scope>> = {
  "runs a workflow to its end: activities with retries, a sleep inside an activity, a deferred": Effect.gen(
    function* () {
      const payload = { id: "mail", to: "ada" }
      const id = yield* Mail.executionId(payload)
      expect(yield* Mail.poll(id)).toBe(undefined)
      const running = yield* Effect.fork(Mail.execute(payload))
      // A suspension runs finalizers, and compensates for nothing.
      yield* noted("finalizer")
      const before = yield* noted("ensuring")
      expect(before).not.toContain("compensation")
      yield* suspended(Mail, id)
      yield* DurableDeferred.succeed(Trigger, { token: tokenOf(Mail, id)(Trigger), value: "hand" })
      const result = { sentTo: "ada", by: "hand" }
      expect(yield* Fiber.join(running)).toEqual(result)
      expect(yield* Mail.execute(payload)).toEqual(result)
      expect(yield* Mail.poll(id)).toEqual(new Workflow.Complete({ exit: Exit.succeed(result) }))
      const all = yield* notes
      expect(all.filter((note) => note.startsWith("attempt"))).toEqual([1, 2, 3, 4, 5].map((n) => `attempt ${n}`))
      expect(all).not.toContain("compensation")
    }
  ),

  "fifty executions with one key are one": Effect.gen(function* () {
    const executing = yield* Effect.fork(
      Effect.replicateEffect(Gated.execute({ id: "fifty" }), 50, { concurrency: "unbounded" })
    )
    const id = yield* Gated.executionId({ id: "fifty" })
    yield* DurableDeferred.succeed(Gate, { token: tokenOf(Gated, id)(Gate), value: undefined })
    yield* Fiber.join(executing)
    expect(yield* notes).toEqual(["before", "after"])
  }),

  "interrupt ends an execution that waits, and its compensations run": Effect.gen(function* () {
    const payload = { id: "interrupted", to: "ada" }
    const id = yield* Mail.executionId(payload)
    const running = yield* Effect.fork(Effect.exit(Mail.execute(payload)))
    yield* noted("ensuring")
    yield* suspended(Mail, id)
    yield* Mail.interrupt(id)
    const exit = yield* Fiber.join(running)
    expect(Exit.isInterrupted(exit)).toBe(true)
    expect(once(yield* notes, "compensation")).toBe(1)
    // It has ended: nothing more to interrupt, nor to resume.
    yield* Mail.interrupt(id)
    yield* Mail.resume(id)
    expect(Exit.isInterrupted(yield* complete(Mail, id))).toBe(true)
  }),

  "withCompensation runs when the workflow fails, and the error comes back as itself": Effect.gen(function* () {
    const error = yield* Effect.flip(Mail.execute({ id: "compensated", to: "nobody" }))
    expect(error).toEqual(new MailFailed({ message: "nobody is there" }))
    expect(error).toBeInstanceOf(MailFailed)
    expect(once(yield* notes, "compensation")).toBe(1)
  }),

  "Activity.raceAll: the first wins, and the others are interrupted": Effect.gen(function* () {
    expect(yield* Race.execute({ id: "race", durable: false })).toBe("fast")
    expect([...(yield* notes)].sort()).toEqual(["slow interrupted", "slower interrupted"])
  }),

  "Activity.raceAll of durable sleeps: the first that is due wins": Effect.gen(function* () {
    expect(yield* Race.execute({ id: "durable race", durable: true })).toBe("fast")
  }),

  "a parent waits without an owner until its child has ended": Effect.gen(function* () {
    const id = yield* Parent.execute({ id: "family" }, { discard: true })
    yield* noted("parent suspended")
    yield* suspended(Parent, id)
    expect(yield* notes).not.toContain("child ends")
    const child = yield* Child.executionId({ id: "family" })
    yield* DurableDeferred.succeed(ChildDeferred, { token: tokenOf(Child, child)(ChildDeferred), value: undefined })
    expect(yield* complete(Parent, id)).toEqual(Exit.void)
    const all = yield* notes
    expect(["child begins", "child ends", "parent ends"].map((note) => once(all, note))).toEqual([1, 1, 1])
  }),

  "two parents wait for one child, which had begun before": Effect.gen(function* () {
    const child = yield* Child.execute({ id: "shared" }, { discard: true })
    yield* suspended(Child, child)
    const parents = yield* Effect.forEach(["shared one", "shared two"], (id) =>
      Parent.execute({ id }, { discard: true })
    )
    for (const parent of parents) yield* suspended(Parent, parent)
    yield* DurableDeferred.succeed(ChildDeferred, { token: tokenOf(Child, child)(ChildDeferred), value: undefined })
    for (const parent of parents) expect(yield* complete(Parent, parent)).toEqual(Exit.void)
  }),

  "an interruption of a parent interrupts its child": Effect.gen(function* () {
    const id = yield* Parent.execute({ id: "sad-family" }, { discard: true })
    yield* noted("parent suspended")
    yield* suspended(Parent, id)
    yield* Parent.interrupt(id)
    expect(Exit.isInterrupted(yield* complete(Parent, id))).toBe(true)
    const child = yield* Child.executionId({ id: "sad-family" })
    expect(Exit.isInterrupted(yield* complete(Child, child))).toBe(true)
    expect(yield* notes).toContain("child compensates")
  }),

  "a child with discard runs on its own": Effect.gen(function* () {
    yield* Careless.execute({ id: "careless" })
    const child = yield* Child.executionId({ id: "careless-child" })
    yield* suspended(Child, child)
    yield* DurableDeferred.succeed(ChildDeferred, { token: tokenOf(Child, child)(ChildDeferred), value: undefined })
    expect(yield* complete(Child, child)).toEqual(Exit.void)
  }),

  "a deferred may be done before its execution begins, and the first result counts": Effect.gen(function* () {
    const id = yield* Mail.executionId({ id: "early", to: "ada" })
    const token = tokenOf(Mail, id)(Trigger)
    yield* DurableDeferred.succeed(Trigger, { token, value: "early bird" })
    yield* DurableDeferred.succeed(Trigger, { token, value: "latecomer" })
    expect(yield* Mail.execute({ id: "early", to: "ada" })).toEqual({ sentTo: "ada", by: "early bird" })
  }),

  "SuspendOnFailure: an execution waits where it failed, says why, and goes on when it is resumed": Effect.gen(
    function* () {
      const state = yield* Mended
      state.isMended = false
      const id = yield* Fragile.execute({ id: "fragile" }, { discard: true })
      const result = yield* suspended(Fragile, id)
      expect(result?._tag === "Suspended" && result.cause !== undefined && Cause.pretty(result.cause)).toContain("boom")
      expect(yield* notes).toEqual(["suspended: Error: boom"])
      state.isMended = true
      yield* Fragile.resume(id)
      expect(yield* complete(Fragile, id)).toEqual(Exit.void)
      expect(yield* notes).toEqual(["suspended: Error: boom", "mended"])
    }
  ),

  "an activity's defect can be caught": Effect.gen(function* () {
    yield* Catching.execute({ id: "catching" })
    expect(yield* notes).toEqual(["caught Error: boom"])
  }),

  "a defect that is no JSON comes back with its name and message": Effect.gen(function* () {
    const exit = yield* Effect.exit(Dying.execute({ id: "dying" }))
    const [defect] = Cause.defects(Option.getOrThrow(Exit.causeOption(exit)))
    expect(defect).toBeInstanceOf(Error)
    expect(defect).toMatchObject({ name: "Error", message: "not of this world" })
  }),

  "DurableQueue: an execution waits for a worker's result": Effect.gen(function* () {
    const worker = DurableQueue.worker(Squares, ({ n }) => Effect.succeed(n * n))
    const queued = Layer.merge(SquaringLayer, worker).pipe(
      Layer.provideMerge(PersistedQueue.layer.pipe(Layer.provide(PersistedQueue.layerStoreMemory)))
    )
    expect(yield* Effect.provide(Squaring.execute({ id: "squares" }), queued)).toEqual([4, 9])
  })
}
