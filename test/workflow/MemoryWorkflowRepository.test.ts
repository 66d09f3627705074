import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, FastCheck as fc, Option } from "effect"
import { ServerRepository } from "../../src/workflow/ServerRepository.ts"
import { type Ending, WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import {
  hasEnded,
  type Ownership,
  TRANSITIONS,
  type Workflow,
  WorkflowState
} from "../../src/workflow/WorkflowState.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { complete, ghost, given, ownershipOf, runs, task } from "../fixtures/TestWorkflows.ts"

const SERVERS = ["one", "two"]
const WORKFLOWS = ["a", "b", "c"]
const ENDINGS = ["pending", "paused", "awaiting_input", "completed", "failed"] as const satisfies ReadonlyArray<
  Ending["state"]
>

const server = fc.constantFrom(...SERVERS)
const workflow = fc.constantFrom(...WORKFLOWS)

/** Anything that anybody may do; `end`, `save` and `complete` with an ownership that was right at some time. */
const operation = fc.oneof(
  fc.record({ do: fc.constant("insert" as const), id: workflow, owner: fc.option(server, { nil: undefined }) }),
  fc.record({ do: fc.constant("claim" as const), owner: server, limit: fc.integer({ min: 0, max: 3 }) }),
  fc.record({
    do: fc.constantFrom("cancel" as const, "pause" as const, "resume" as const, "retry" as const),
    id: workflow
  }),
  fc.record({ do: fc.constant("end" as const), pick: fc.nat(), state: fc.constantFrom(...ENDINGS) }),
  fc.record({ do: fc.constantFrom("save" as const, "complete" as const), pick: fc.nat() }),
  fc.record({ do: fc.constantFrom("die" as const, "live" as const), owner: server }),
  fc.record({ do: fc.constant("revoke" as const) })
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

const STATES = WorkflowState.literals

describe("the table of transitions", () => {
  it.effect.prop(
    "is kept whatever happens: no other transition, one owner at a time, an epoch that never goes back",
    [fc.array(operation, { maxLength: 60 })],
    ([operations]) =>
      Effect.gen(function* () {
        const repository = yield* WorkflowRepository
        const servers = yield* ServerRepository
        for (const id of SERVERS) yield* ghost(id, Duration.infinity)
        const past: Array<Ownership> = []
        const look = Effect.map(
          Effect.forEach(WORKFLOWS, (id) => repository.get("project", id)),
          (all) => new Map(all.flatMap(Option.toArray).map((each): [string, Workflow] => [each.id, each]))
        )

        const perform = (each: Operation): Effect.Effect<unknown, unknown, TestInfra.Memory> => {
          const held = "pick" in each ? past[each.pick % Math.max(past.length, 1)] : undefined
          switch (each.do) {
            case "insert":
              return repository.insert(
                given(each.id, "project", Option.fromNullable(each.owner), { datasourceId: Option.some(each.id) })
              )
            case "claim":
              return repository.claim(each.owner, runs("given"), each.limit)
            case "cancel":
            case "pause":
              return repository.request("project", each.id, each.do)
            case "resume":
              return repository.resume("project", each.id)
            case "retry":
              return repository.retry("project", each.id)
            case "end":
              return held === undefined
                ? Effect.void
                : repository.end(held, { state: each.state, errorMessage: Option.none(), unfinishedTasks: "pending" })
            case "save":
              return held === undefined
                ? Effect.void
                : repository.save(held, { tasks: [task("t", { status: "running" })], progress: Option.none() })
            case "complete":
              return held === undefined
                ? Effect.void
                : complete(repository, held, task("t", { status: "completed" }), Effect.void)
            case "die":
              return servers.remove(each.owner)
            case "live":
              return Effect.zipRight(servers.remove(each.owner), ghost(each.owner, Duration.infinity))
            case "revoke":
              return repository.revokeOrphans
          }
        }

        let before = yield* look
        for (const each of operations) {
          yield* Effect.either(perform(each))
          const after = yield* look
          for (const now of after.values()) {
            const was = before.get(now.id)
            if (was !== undefined && was.state !== now.state) expect(TRANSITIONS[was.state]).toContain(now.state)
            if (was !== undefined && was.epoch === now.epoch) {
              // What leaves a hand or comes into one does so under a new epoch.
              expect([now.ownerId, now.state === "running"]).toEqual([was.ownerId, was.state === "running"])
            }
            expect(now.epoch).toBeGreaterThanOrEqual(was?.epoch ?? 1)
            expect(Option.isSome(now.ownerId)).toBe(now.state === "running")
            expect(Option.isSome(now.completedAt)).toBe(hasEnded(now.state))
            if (Option.isSome(now.ownerId)) past.push(ownershipOf(now))
          }
          before = after
        }
      }).pipe(Effect.provide(TestInfra.memory)),
    { fastCheck: { numRuns: 300 } }
  )

  it("names every state, and what has completed has nowhere to go", () => {
    expect(Object.keys(TRANSITIONS)).toEqual([...STATES])
    expect(TRANSITIONS.completed).toEqual([])
  })
})

describe("a request", () => {
  const asked = (states: ReadonlyArray<Ending["state"]>, request: "cancel" | "pause") =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      yield* ghost("one", Duration.infinity)
      const inserted = yield* repository.insert(given("a", "project", Option.some("one")))
      for (const state of states) {
        yield* repository.end(ownershipOf(inserted), { state, errorMessage: Option.none(), unfinishedTasks: "pending" })
      }
      const outcome = yield* Effect.either(repository.request("project", "a", request))
      const { state } = Option.getOrThrow(yield* repository.get("project", "a"))
      return [outcome._tag, state]
    }).pipe(Effect.provide(TestInfra.memory))

  it.effect("to cancel ends whatever has no owner and has not ended", () =>
    Effect.gen(function* () {
      expect(yield* asked(["pending"], "cancel")).toEqual(["Right", "failed"])
      expect(yield* asked(["paused"], "cancel")).toEqual(["Right", "failed"])
      expect(yield* asked(["awaiting_input"], "cancel")).toEqual(["Right", "failed"])
      expect(yield* asked(["completed"], "cancel")).toEqual(["Left", "completed"])
    })
  )

  it.effect("to pause is refused where there is nothing to pause", () =>
    Effect.gen(function* () {
      expect(yield* asked(["pending"], "pause")).toEqual(["Right", "paused"])
      expect(yield* asked(["paused"], "pause")).toEqual(["Left", "paused"])
      expect(yield* asked(["awaiting_input"], "pause")).toEqual(["Left", "awaiting_input"])
      expect(yield* asked(["failed"], "pause")).toEqual(["Left", "failed"])
    })
  )

  it.effect("to cancel outweighs one to pause, also after its workflow lost its owner", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      yield* ghost("one", Duration.infinity)
      yield* repository.insert(given("a", "project", Option.some("one")))
      yield* repository.request("project", "a", "cancel")
      yield* Effect.flatMap(ServerRepository, (servers) => servers.remove("one"))
      yield* repository.revokeOrphans
      yield* repository.request("project", "a", "pause")
      const workflow = Option.getOrThrow(yield* repository.get("project", "a"))
      expect([workflow.state, workflow.errorMessage]).toEqual(["failed", Option.some("cancelled")])
    }).pipe(Effect.provide(TestInfra.memory))
  )
})
