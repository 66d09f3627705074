import { describe, expect } from "@effect/vitest"
import { Clock, Duration, Effect, Either, Option } from "effect"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { CANCELLED, type Ending, type NewWorkflow } from "../../src/workflow/WorkflowRepository.ts"
import type { ListQuery, Place } from "../../src/workflow/WorkflowList.ts"
import { WorkflowState } from "../../src/workflow/WorkflowState.ts"
import { both, owning } from "../fixtures/bothRepositories.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { look, ownershipOf, runs, task } from "../fixtures/TestWorkflows.ts"

const completed: Ending = { state: "completed", errorMessage: Option.none(), unfinishedTasks: "unknown" }

const key = (text: string) => Option.some(text)

describe("a workflow's result", () => {
  const result = {
    outcome: "success",
    json: JSON.stringify({ z: [1, -0.5, null], a: "NUL \0, half \uD800, \u{1F600}" })
  } as const

  both(
    "is there when it has ended, exactly as it was given, and before that there is none",
    Effect.gen(function* () {
      const { insert, projectId, repository } = yield* owning
      const workflow = yield* insert({})
      const read = Effect.map(repository.outcome(projectId, workflow.id), Option.getOrThrow)
      expect(yield* read).toEqual({ workflow, result: Option.none() })
      yield* repository.end(ownershipOf(workflow), { ...completed, result })
      const ended = yield* read
      expect([ended.workflow.state, ended.result]).toEqual(["completed", Option.some(result)])
      expect(yield* repository.outcome(yield* TestInfra.project, workflow.id)).toEqual(Option.none())
      expect(yield* repository.outcome(projectId, yield* uuidv7)).toEqual(Option.none())
      expect(yield* repository.outcome(projectId, "no id")).toEqual(Option.none())
    })
  )

  both(
    "is refused from an owner that no longer is, with the end",
    Effect.gen(function* () {
      const { insert, projectId, repository } = yield* owning
      const workflow = yield* insert({})
      const stale = ownershipOf(workflow)
      yield* repository.end(stale, { ...completed, state: "paused" })
      expect((yield* Effect.flip(repository.end(stale, { ...completed, result })))._tag).toBe("OwnershipLost")
      const now = Option.getOrThrow(yield* repository.outcome(projectId, workflow.id))
      expect([now.workflow.state, now.result]).toEqual(["paused", Option.none()])
    })
  )

  both(
    "of each of many that end and are read at the same moment is its own",
    Effect.gen(function* () {
      const { insert, projectId, repository } = yield* owning
      const started = yield* Effect.replicateEffect(insert({}), 50)
      const all = { concurrency: "unbounded" } as const
      yield* Effect.forEach(
        started,
        (workflow, n) =>
          repository.end(ownershipOf(workflow), {
            ...completed,
            ...(n % 3 === 0 ? {} : { result: { outcome: "success" as const, json: `${n}` } })
          }),
        all
      )
      const read = yield* Effect.forEach(started, ({ id }) => repository.outcome(projectId, id), all)
      expect(read.map((one) => Option.flatMap(one, ({ result }) => Option.map(result, ({ json }) => json)))).toEqual(
        started.map((_, n) => (n % 3 === 0 ? Option.none() : Option.some(`${n}`)))
      )
    })
  )
})

describe("a workflow for later", () => {
  both(
    "is claimed by nobody before its time",
    Effect.gen(function* () {
      const { insert, projectId, repository, serverId } = yield* owning
      const claimed = Effect.map(repository.claim(serverId, runs("later"), 10), (all) => all.map(({ id }) => id))
      const later = { kind: "later", ownerId: Option.none() }
      const inAnHour = new Date((yield* Clock.currentTimeMillis) + Duration.toMillis("1 hour"))
      const tomorrow = yield* insert({ ...later, startAt: Option.some(inAnHour) })
      expect([tomorrow.state, tomorrow.startAt]).toEqual(["pending", inAnHour])
      expect(yield* look(projectId, tomorrow.id)).toEqual(tomorrow)
      const first = yield* insert({ ...later, startAt: Option.some(new Date(0)) })
      expect(yield* claimed).toEqual([first.id])
      expect(yield* repository.share(runs("later"), 10)).toEqual({ share: 0, due: [] })
      const soon = (yield* Clock.currentTimeMillis) + 300
      const second = yield* insert({ ...later, startAt: Option.some(new Date(soon)) })
      yield* eventually("it is claimed", claimed, ([id]) => id === second.id)
      expect(yield* Clock.currentTimeMillis).toBeGreaterThanOrEqual(soon)
      expect(yield* claimed).toEqual([])
    })
  )
})

describe("a priority", () => {
  both(
    "of pending workflows decides who is claimed first, over all kinds, and age among equals, but not before a workflow's time",
    Effect.gen(function* () {
      const { insert, projectId, repository, serverId } = yield* owning
      const at = (seconds: number) => Option.some(new Date(seconds * 1_000))
      const names = new Map<string, string>()
      const add = (name: string, changes: Partial<NewWorkflow>) =>
        Effect.map(insert({ kind: "a", ownerId: Option.none(), ...changes }), ({ id }) => names.set(id, name))
      yield* add("later", { startAt: Option.some(new Date("2999-01-01")), priority: 100 })
      yield* add("old", { startAt: at(1) })
      yield* add("urgent and young", { startAt: at(9), priority: 7 })
      yield* add("low and old", { startAt: at(0), priority: -100 })
      yield* add("young", { startAt: at(3), kind: "b" })
      yield* add("urgent and old", { startAt: at(8), kind: "b", priority: 7 })
      yield* add("most urgent", { startAt: at(9), kind: "b", priority: 100 })
      const next = (limit: number) =>
        Effect.map(repository.claim(serverId, runs("a", "b"), limit), (all) => all.map(({ id }) => names.get(id)))
      expect((yield* repository.share(runs("a", "b"), 10)).share).toBe(6)
      for (const name of ["most urgent", "urgent and old", "urgent and young"]) expect(yield* next(1)).toEqual([name])
      expect(new Set(yield* next(2))).toEqual(new Set(["old", "young"]))
      const [last] = yield* repository.claim(serverId, runs("a", "b"), 10)
      expect([names.get(last?.id ?? ""), last?.priority]).toEqual(["low and old", -100])
      expect(yield* look(projectId, last?.id ?? "")).toEqual(last)
      expect(yield* next(10)).toEqual([])
    })
  )
})

describe("a retry", () => {
  both(
    "makes a failed workflow pending, with what is not completed of it, and forgets why it failed",
    Effect.gen(function* () {
      const { insert, projectId, repository, serverId } = yield* owning
      const workflow = yield* insert({ kind: "retried" })
      const tasks = [task("a", { status: "completed" }), task("b", { status: "failed", ordinal: 1, error: key("no") })]
      const failed: Ending = {
        state: "failed",
        errorMessage: key("no"),
        unfinishedTasks: "pending",
        result: { outcome: "error", json: '"no"' }
      }
      yield* repository.end(ownershipOf(workflow), failed, { tasks, progress: Option.none() })
      yield* repository.retry(projectId, workflow.id)
      const { result, workflow: again } = Option.getOrThrow(yield* repository.outcome(projectId, workflow.id))
      expect([again.state, again.errorMessage, again.completedAt, result]).toEqual([
        "pending",
        Option.none(),
        Option.none(),
        Option.none()
      ])
      const stored = yield* repository.tasks(projectId, workflow.id)
      expect(stored.map(({ error, status }) => [status, Option.isSome(error)])).toEqual([
        ["completed", false],
        ["pending", false]
      ])
      const [claimed] = yield* repository.claim(serverId, runs("retried"), 10)
      expect(claimed?.id).toBe(workflow.id)
      expect((yield* Effect.flip(repository.retry(projectId, workflow.id)))._tag).toBe("InvalidTransition")
      expect((yield* Effect.flip(repository.retry(yield* TestInfra.project, workflow.id)))._tag).toBe(
        "WorkflowNotFound"
      )
    })
  )

  both(
    "is refused while another workflow has its exclusive key, and leaves it failed",
    Effect.gen(function* () {
      const { insert, projectId, repository } = yield* owning
      const first = yield* insert({ exclusiveKey: key("shop") })
      yield* repository.end(ownershipOf(first), CANCELLED)
      const second = yield* insert({ exclusiveKey: key("shop") })
      expect(yield* Effect.flip(repository.retry(projectId, first.id))).toMatchObject({
        _tag: "WorkflowAlreadyRunning",
        workflowId: second.id
      })
      expect((yield* look(projectId, first.id)).state).toBe("failed")
      yield* repository.end(ownershipOf(second), completed)
      yield* repository.retry(projectId, first.id)
      expect((yield* look(projectId, first.id)).state).toBe("pending")
    })
  )
})

describe("a list", () => {
  const query = (projectId: string, changes: Partial<ListQuery> = {}): ListQuery => ({
    projectId,
    kind: Option.none(),
    states: WorkflowState.literals,
    idempotencyKey: Option.none(),
    exclusiveKey: Option.none(),
    from: Option.none(),
    to: Option.none(),
    limit: 1_000,
    after: Option.none(),
    ...changes
  })

  both(
    "gives those of a project that have one of several ids, each once, and none of another project's",
    Effect.gen(function* () {
      const { insert, projectId, repository } = yield* owning
      const other = yield* insert({ projectId: yield* TestInfra.project })
      const [first, , third] = yield* Effect.all([insert({}), insert({}), insert({})])
      const found = yield* repository.getAll(projectId, [third.id, other.id, "no id", first.id, third.id])
      expect(found.map(({ id }) => id).toSorted()).toEqual([first.id, third.id].toSorted())
      expect(yield* repository.getAll(projectId, [])).toEqual([])
    })
  )

  both(
    "gives page after page of a project's workflows, newest first, each once, also while more are started",
    Effect.gen(function* () {
      const { insert, projectId, repository } = yield* owning
      yield* insert({ projectId: yield* TestInfra.project })
      const started = yield* Effect.forEach(
        Array.from({ length: 25 }, (_, n) => n),
        (n) => insert({ kind: `kind ${n % 3}` }),
        { concurrency: 5 }
      )
      const seen: Array<string> = []
      const sizes: Array<number> = []
      let after = Option.none<Place>()
      do {
        const listed = yield* repository.list(query(projectId, { limit: 10, after }))
        const page = listed.slice(0, 10)
        seen.push(...page.map(({ workflow }) => workflow.id))
        sizes.push(page.length)
        after = listed.length > 10 ? Option.fromNullable(page.at(-1)?.place) : Option.none()
        yield* insert({ kind: "kind 1" })
      } while (Option.isSome(after))
      expect(sizes).toEqual([10, 10, 5])
      const newestFirst = started.toSorted(
        (a, b) => Number(b.createdAt) - Number(a.createdAt) || (a.id < b.id ? 1 : -1)
      )
      expect(seen).toEqual(newestFirst.map(({ id }) => id))
    })
  )

  both(
    "leaves out what the filters leave out, by kind, states, keys and time, and all of them together",
    Effect.gen(function* () {
      const { insert, projectId, repository } = yield* owning
      const first = yield* insert({ idempotencyKey: key("order 1"), exclusiveKey: key("shop") })
      yield* repository.end(ownershipOf(first), completed)
      yield* Effect.sleep("10 millis")
      const second = yield* insert({ idempotencyKey: key("order 2"), exclusiveKey: key("shop") })
      yield* Effect.sleep("10 millis")
      const third = yield* insert({ idempotencyKey: key("order 1"), kind: "other", ownerId: Option.none() })
      const names = new Map([first, second, third].map(({ id }, n) => [id, n + 1]))
      const listed = (changes: Partial<ListQuery>) =>
        Effect.map(repository.list(query(projectId, changes)), (all) =>
          all.map(({ workflow }) => names.get(workflow.id))
        )
      expect(yield* listed({})).toEqual([3, 2, 1])
      expect(yield* listed({ kind: key("given") })).toEqual([2, 1])
      expect(yield* listed({ kind: key("unknown") })).toEqual([])
      expect(yield* listed({ states: ["completed"] })).toEqual([1])
      expect(yield* listed({ states: ["completed", "pending"] })).toEqual([3, 1])
      expect(yield* listed({ states: [] })).toEqual([])
      expect(yield* listed({ idempotencyKey: key("order 1") })).toEqual([3, 1])
      expect(yield* listed({ idempotencyKey: key("order 1"), kind: key("other") })).toEqual([3])
      expect(yield* listed({ exclusiveKey: key("shop") })).toEqual([2, 1])
      expect(yield* listed({ exclusiveKey: key("shop"), states: ["running"] })).toEqual([2])
      expect(yield* listed({ from: Option.some(second.createdAt) })).toEqual([3, 2])
      expect(yield* listed({ to: Option.some(second.createdAt) })).toEqual([1])
      const all = { kind: key("given"), exclusiveKey: key("shop"), idempotencyKey: key("order 2") }
      expect(yield* listed({ ...all, states: ["running"], from: Option.some(first.createdAt) })).toEqual([2])
      expect(yield* listed({ ...all, to: Option.some(first.createdAt) })).toEqual([])
      for (const text of ["a\0b", "\uD800", "'; DROP TABLE workflows; --"]) {
        expect(yield* listed({ kind: key(text) })).toEqual([])
        expect(yield* listed({ exclusiveKey: key(text) })).toEqual([])
        expect(yield* repository.list(query(text))).toEqual([])
      }
    })
  )
})

describe("a workflow's keys", () => {
  both(
    "without any, there are as many workflows of a kind as are started",
    Effect.gen(function* () {
      const { insert } = yield* owning
      const started = yield* Effect.replicateEffect(insert({}), 20)
      expect(new Set(started.map(({ id }) => id)).size).toBe(20)
      expect(new Set(started.map(({ state }) => state))).toEqual(new Set(["running"]))
    })
  )

  both(
    "the same idempotency key gives the same workflow while it runs and when it has ended, whatever else is given",
    Effect.gen(function* () {
      const { insert, projectId, repository } = yield* owning
      const first = yield* insert({ idempotencyKey: key("order 7"), config: 1 })
      expect(first.idempotencyKey).toEqual(key("order 7"))
      expect(yield* insert({ idempotencyKey: key("order 7"), config: 2 })).toEqual(first)
      expect(yield* insert({ idempotencyKey: key("order 7"), ownerId: Option.none() })).toEqual(first)
      // Neither a datasource nor an owner that is gone makes it another one.
      expect((yield* insert({ idempotencyKey: key("order 7"), ownerId: key(yield* uuidv7) })).id).toBe(first.id)
      yield* repository.end(ownershipOf(first), completed)
      const again = yield* insert({ idempotencyKey: key("order 7") })
      expect([again.id, again.state]).toEqual([first.id, "completed"])
      expect(yield* look(projectId, first.id)).toEqual(again)
    })
  )

  both(
    "another kind, another project and another key make another workflow; case, spaces and accents count",
    Effect.gen(function* () {
      const { insert } = yield* owning
      const other = yield* TestInfra.project
      const keys = ["order", "Order", "order ", "", "ord\u00E9r", "orde\u0301r", "'; DROP TABLE workflows; --"]
      const started = yield* Effect.all([
        ...keys.map((text) => insert({ idempotencyKey: key(text) })),
        insert({ idempotencyKey: key("order"), kind: "another" }),
        insert({ idempotencyKey: key("order"), projectId: other })
      ])
      expect(new Set(started.map(({ id }) => id)).size).toBe(keys.length + 2)
      const again = yield* Effect.forEach(keys, (text) => insert({ idempotencyKey: key(text) }))
      expect(again.map(({ id }) => id)).toEqual(started.slice(0, keys.length).map(({ id }) => id))
    })
  )

  both(
    "an exclusive key is one workflow's of a project and kind at a time, in every state until it has ended",
    Effect.gen(function* () {
      const { insert, projectId, repository } = yield* owning
      const shop = { exclusiveKey: key("shop 1") }
      const first = yield* insert(shop)
      const refused = Effect.map(
        Effect.flip(insert(shop)),
        (error) => error._tag === "WorkflowAlreadyRunning" && error.workflowId
      )
      expect(yield* refused).toBe(first.id)
      yield* Effect.all([
        insert({ exclusiveKey: key("shop 2") }),
        insert({ ...shop, kind: "another" }),
        insert({ ...shop, projectId: yield* TestInfra.project })
      ])
      yield* repository.end(ownershipOf(first), { ...completed, state: "paused" })
      expect(yield* refused).toBe(first.id)
      yield* repository.resume(projectId, first.id)
      expect(yield* refused).toBe(first.id)
      yield* repository.request(projectId, first.id, "cancel")
      expect((yield* insert(shop)).id).not.toBe(first.id)
    })
  )

  both(
    "its own idempotency key finds a workflow that its exclusive key keeps others from",
    Effect.gen(function* () {
      const { insert, repository } = yield* owning
      const monday = { idempotencyKey: key("monday"), exclusiveKey: key("shop") }
      const tuesday = { idempotencyKey: key("tuesday"), exclusiveKey: key("shop") }
      const first = yield* insert(monday)
      expect((yield* insert(monday)).id).toBe(first.id)
      expect((yield* Effect.flip(insert(tuesday)))._tag).toBe("WorkflowAlreadyRunning")
      yield* repository.end(ownershipOf(first), CANCELLED)
      const second = yield* insert(tuesday)
      expect((yield* insert(monday)).id).toBe(first.id)
      expect((yield* insert(tuesday)).id).toBe(second.id)
    })
  )

  both(
    "started many times at once, one workflow is there for all",
    Effect.gen(function* () {
      const { insert } = yield* owning
      const starts = Array.from({ length: 200 }, (_, n) =>
        Effect.either(insert({ idempotencyKey: key(`order ${n % 10}`), exclusiveKey: key(`shop ${n % 5}`) }))
      )
      const outcomes = yield* Effect.all(starts, { concurrency: "unbounded" })
      const ids = outcomes.map((outcome) =>
        Either.match(outcome, {
          onLeft: (error) => (error._tag === "WorkflowAlreadyRunning" ? error.workflowId : error._tag),
          onRight: ({ id }) => id
        })
      )
      // Five things, of each of which one of two orders came first.
      expect(new Set(ids).size).toBe(5)
      expect(outcomes.filter(Either.isRight).length).toBe(100)
    })
  )
})
