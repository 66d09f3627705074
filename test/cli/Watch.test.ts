import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Ref, TestClock, Stream } from "effect"
import { make as makeScreen, Screen } from "../../src/cli/Screen.ts"
import { runSteps, type Step } from "../../src/cli/Watch.ts"
import { DatabaseError } from "../../src/database/DatabaseError.ts"
import { WorkflowAlreadyRunning, WorkflowNotFound } from "../../src/workflow/WorkflowError.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import type { WorkflowInfraService } from "../../src/workflow/WorkflowInfraService.ts"
import { hasEnded, type Workflow } from "../../src/workflow/WorkflowState.ts"

type States = ReadonlyArray<Workflow["state"]>

const workflow = (id: string, state: Workflow["state"]): Workflow => ({
  id,
  projectId: "p",
  datasourceId: Option.some("d"),
  ontologyId: Option.none(),
  idempotencyKey: Option.none(),
  exclusiveKey: Option.none(),
  kind: id.split(" ")[0] ?? "",
  version: 1,
  state,
  requested: Option.none(),
  config: {},
  errorMessage: state === "failed" ? Option.some("out of luck") : Option.none(),
  ownerId: Option.none(),
  epoch: 1,
  attempt: 0,
  createdAt: new Date(0),
  startAt: new Date(0),
  priority: 0,
  startedAt: Option.none(),
  completedAt: Option.none(),
  progress: Option.none()
})

const unused = () => Effect.dieMessage("nobody should ask for this")

/** Workflows that go from one state to the next whenever somebody looks; the last one stays. */
const world = Effect.fn(function* (earlier: Readonly<Record<string, States>> = {}) {
  const states = new Map<string, States>(Object.entries(earlier))
  const events: Array<string> = []
  const failures = yield* Ref.make(0)
  const next = (id: string) => {
    const [state = "completed", ...rest] = states.get(id) ?? []
    if (rest.length > 0) states.set(id, rest)
    return workflow(id, state)
  }
  const infra: WorkflowInfraService = {
    serverInstanceId: unused(),
    register: unused,
    list: unused,
    getAll: unused,
    adopt: () => Effect.void,
    get: (_, id) =>
      Effect.gen(function* () {
        const failing = yield* Ref.getAndUpdate(failures, (n) => Math.max(0, n - 1))
        if (failing > 0) return yield* new DatabaseError({ message: "restarting", code: "57P01", retryable: true })
        return states.has(id) ? next(id) : yield* new WorkflowNotFound({ workflowId: id })
      }),
    latest: ({ kind }) =>
      Effect.sync(() =>
        Option.map(Option.fromNullable(states.get(`${kind} earlier`)?.[0]), (state) =>
          workflow(`${kind} earlier`, state)
        )
      ),
    resume: (_, id) =>
      Effect.sync(() => {
        events.push(`resume ${id}`)
        states.set(id, ["running", "completed"])
      }),
    loadQueue: () => Effect.succeedNone,
    cancel: unused,
    retry: unused,
    tasks: unused,
    lostOwners: unused,
    throughput: unused,
    servers: unused,
    pause: unused,
    changes: () => Stream.die("not used here"),
    hints: Stream.die("not used here"),
    health: unused(),
    startHeartbeat: unused,
    stopHeartbeat: unused,
    startTaskQueueWriter: unused,
    sendTaskQueueUpdate: unused,
    stopTaskQueueWriter: unused,
    storeQueue: unused,
    deleteQueue: unused,
    mapTaskStatus: () => "unknown",
    shutdown: unused
  }
  const step = (kind: string, ...then: States): Step<never> => ({
    title: kind,
    kind,
    start: Effect.suspend(() => {
      const id = `${kind} earlier`
      const [state] = states.get(id) ?? []
      if (state !== undefined && !hasEnded(state)) return new WorkflowAlreadyRunning({ workflowId: id, kind })
      events.push(`start ${kind}`)
      states.set(`${kind} new`, then)
      return Effect.succeed(workflow(`${kind} new`, "running"))
    })
  })
  const printed: Array<string> = []
  const output = { isTTY: false, write: (text: string) => printed.push(text.trimEnd()) }
  const layer = Layer.mergeAll(
    Layer.succeed(WorkflowInfra, infra),
    Layer.scoped(Screen, makeScreen(output, output, true))
  )
  const run = (...steps: ReadonlyArray<Step<never>>) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(runSteps({ projectId: "p", datasourceId: "d", steps }))
      yield* TestClock.adjust("1 minute")
      return yield* Fiber.join(fiber)
    }).pipe(Effect.provide(layer))
  return { run, step, states, events, printed, failures }
})

describe("The steps of the main job", () => {
  it.effect("are done one after the other, each until it has ended", () =>
    Effect.gen(function* () {
      const { events, printed, run, step } = yield* world()
      yield* run(step("entities", "running", "running", "completed"), step("relationships", "pending", "completed"))
      expect(events).toEqual(["start entities", "start relationships"])
      expect(printed).toEqual([
        "entities: started",
        "entities: done, 0 tasks in 0.4 s",
        "relationships: started",
        "relationships: done, 0 tasks in 0.2 s"
      ])
    })
  )

  it.effect("end with the first that fails, which says why", () =>
    Effect.gen(function* () {
      const { events, run, step } = yield* world()
      const error = yield* Effect.flip(run(step("entities", "running", "failed"), step("relationships", "completed")))
      expect(error.message).toBe("entities failed: out of luck")
      expect(events).toEqual(["start entities"])
    })
  )

  it.effect("go on where an earlier run of the same command ended: what was done is not repeated", () =>
    Effect.gen(function* () {
      const { events, printed, run, step } = yield* world({
        "entities earlier": ["completed"],
        "relationships earlier": ["running", "pending", "running", "completed"]
      })
      yield* run(step("entities", "completed"), step("relationships", "completed"), step("ontology", "completed"))
      expect(events).toEqual(["start ontology"])
      expect(printed.slice(0, 2)).toEqual(["entities: done before, 0 tasks", "relationships: started"])
    })
  )

  it.effect("wait for a step that another process has begun anew, where one cannot start without it", () =>
    Effect.gen(function* () {
      const { events, run, states, step } = yield* world()
      const missing = new DatabaseError({ message: "entities are missing", code: null, retryable: false })
      const { start, ...relationships } = step("relationships", "completed")
      const tried = yield* Ref.make(false)
      yield* run(step("entities", "completed"), {
        ...relationships,
        start: Effect.gen(function* () {
          if (yield* Ref.getAndSet(tried, true)) return yield* start
          states.set("entities earlier", ["running", "running", "completed"])
          return yield* missing
        })
      })
      expect(events).toEqual(["start entities", "start relationships"])
      expect(states.get("entities earlier")).toEqual(["completed"])
    })
  )

  it.effect("begin anew where everything had ended", () =>
    Effect.gen(function* () {
      const { events, run, step } = yield* world({
        "entities earlier": ["completed"],
        "relationships earlier": ["failed"]
      })
      yield* run(step("entities", "completed"), step("relationships", "completed"))
      expect(events).toEqual(["start entities", "start relationships"])
    })
  )

  it.effect("let a workflow go on that somebody had paused", () =>
    Effect.gen(function* () {
      const { events, run, step } = yield* world({ "entities earlier": ["paused"] })
      yield* run(step("entities", "completed"))
      expect(events).toEqual(["resume entities earlier"])
    })
  )

  it.effect("wait for a database that is away for a moment", () =>
    Effect.gen(function* () {
      const { events, failures, run, step } = yield* world()
      yield* Ref.set(failures, 20)
      yield* run(step("entities", "running", "completed"))
      expect(events).toEqual(["start entities"])
    })
  )
})
