import { describe, expect, it, layer } from "@effect/vitest"
import { Duration, Effect, Layer, Option, Ref } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { Projects } from "../../src/tenant/Projects.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { CANCELLED, type NewWorkflow, WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import type { RunningLimit, Workflow } from "../../src/workflow/WorkflowState.ts"
import { MAX_ATTEMPTS } from "../../src/workflow/WorkflowState.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { ghost, given, kind as kindOf, ownershipOf } from "../fixtures/TestWorkflows.ts"

const inMemory = Layer.merge(
  TestInfra.memory,
  Layer.succeed(
    Projects,
    Projects.of({
      ensure: () => uuidv7,
      get: () => Effect.succeedNone,
      list: Effect.succeed([]),
      find: () => Effect.succeedNone
    })
  )
)
type Repositories = Layer.Layer.Success<typeof inMemory>

/** A test of what both repositories do. */
const both = (does: string, test: Effect.Effect<void, unknown, Repositories>) => {
  it.scopedLive(`${does}, in memory`, () => Effect.provide(test, inMemory))
  it.scopedLive(`${does}, in PostgreSQL`, () => Effect.provide(test, TestInfra.database))
}

/** Projects with pending workflows of a kind "limited", and a server that claims them. */
const waiting = (counts: ReadonlyArray<number>, changes: (n: number) => Partial<NewWorkflow> = () => ({})) =>
  Effect.gen(function* () {
    const repository = yield* WorkflowRepository
    const serverId = yield* uuidv7
    yield* ghost(serverId, Duration.hours(1))
    const projects = yield* Effect.forEach(counts, (count) =>
      Effect.gen(function* () {
        const projectId = yield* TestInfra.project
        for (let n = 0; n < count; n++) {
          yield* repository.insert(given(yield* uuidv7, projectId, Option.none(), { kind: "limited", ...changes(n) }))
        }
        return projectId
      })
    )
    const claim = (limit: RunningLimit, most: number, only?: ReadonlyArray<string>) =>
      repository.claim(
        serverId,
        [
          { kind: "limited", version: 1, limit },
          { kind: "free", version: 1 }
        ],
        most,
        only === undefined ? {} : { only: { projectIds: only, workflowIds: [] } }
      )
    const perProject = (claimed: ReadonlyArray<Workflow>) =>
      projects.map((project) => claimed.filter(({ projectId }) => projectId === project).length)
    const end = (workflow: Workflow) => repository.end(ownershipOf(workflow), CANCELLED)
    return { repository, projects, claim, perProject, end, serverId }
  })

describe("a limit of running workflows", () => {
  both(
    "is kept by every claim, over all projects, and each end makes room for one",
    Effect.gen(function* () {
      const { claim, end } = yield* waiting([4, 4, 4])
      const first = yield* claim({ running: 5 }, 3)
      expect(first.length).toBe(3)
      expect((yield* claim({ running: 5 }, 10)).length).toBe(2)
      expect(yield* claim({ running: 5 }, 10)).toEqual([])
      for (const workflow of first.slice(0, 2)) yield* end(workflow)
      expect((yield* claim({ running: 5 }, 10)).length).toBe(2)
      // Another server's code may have another limit.
      expect(yield* claim({ running: 4 }, 10)).toEqual([])
      expect((yield* claim({ running: 7 }, 10)).length).toBe(2)
      expect((yield* claim({}, 10)).length).toBe(3)
    })
  )

  both(
    "for each project is kept by every claim, and shares what runs among them",
    Effect.gen(function* () {
      const { claim, end, perProject } = yield* waiting([9, 1, 9, 0, 2])
      const first = yield* claim({ perProject: 3 }, 50)
      expect(perProject(first)).toEqual([3, 1, 3, 0, 2])
      expect(yield* claim({ perProject: 3 }, 50)).toEqual([])
      for (const workflow of first) yield* end(workflow)
      expect(perProject(yield* claim({ perProject: 3, running: 5 }, 50)).toSorted()).toEqual([0, 0, 0, 2, 3])
    })
  )

  both(
    "is shared by the projects: those with the fewest running go first, however many wait in others",
    Effect.gen(function* () {
      const { claim, perProject } = yield* waiting([30, 30, 1, 2])
      expect(perProject(yield* claim({ running: 4 }, 50))).toEqual([1, 1, 1, 1])
      expect(perProject(yield* claim({ running: 7 }, 50))).toEqual([1, 1, 0, 1])
      expect(perProject(yield* claim({ running: 11 }, 50))).toEqual([2, 2, 0, 0])
      // Also where the server has less room than the limit leaves.
      expect(yield* Effect.map(claim({ running: 40 }, 6), perProject)).toEqual([3, 3, 0, 0])
    })
  )

  both(
    "keeps no project from its turn, also where one runs at a time",
    Effect.gen(function* () {
      const { claim, end, projects } = yield* waiting([60, 1])
      let turns = 0
      // Chance decides between equals: that it never decides for the second project in 50 turns does not happen (2^-50).
      for (; turns < 50; turns++) {
        const [workflow] = yield* claim({ running: 1 }, 50)
        if (workflow !== undefined) yield* end(workflow)
        if (workflow?.projectId === projects[1]) break
      }
      expect(turns).toBeLessThan(50)
    })
  )

  both(
    "holds for a server that may take over some projects and workflows only",
    Effect.gen(function* () {
      const { claim, perProject, projects, repository } = yield* waiting([5, 5, 5])
      const [first = "", second = "", third = ""] = projects
      expect(perProject(yield* claim({ running: 3, perProject: 2 }, 50, [first]))).toEqual([2, 0, 0])
      expect(perProject(yield* claim({ running: 3, perProject: 2 }, 50, [first, second]))).toEqual([0, 1, 0])
      const { id } = yield* repository.insert(given(yield* uuidv7, third, Option.none(), { kind: "limited" }))
      const run = { kind: "limited", version: 1, limit: { running: 9 } }
      const serverId = yield* uuidv7
      yield* ghost(serverId, Duration.hours(1))
      const claimed = yield* repository.claim(serverId, [run], 50, { only: { projectIds: [], workflowIds: [id] } })
      expect(claimed.map((workflow) => workflow.id)).toEqual([id])
    })
  )

  both(
    "takes of a project those with a higher priority, and then the oldest, none before its time, and of others as before",
    Effect.gen(function* () {
      const { claim, projects, repository } = yield* waiting([6], (n) => ({
        priority: n % 2,
        startAt: Option.some(n === 5 ? new Date("2999-01-01") : new Date(1_000 * (10 - n)))
      }))
      const [projectId = ""] = projects
      for (let n = 0; n < 2; n++) {
        yield* repository.insert(given(yield* uuidv7, projectId, Option.none(), { kind: "free", priority: -n }))
      }
      const order: Array<ReadonlyArray<number>> = []
      for (let n = 1; n <= 5; n++) {
        for (const { priority, startAt } of yield* claim({ running: n }, 50, projects).pipe(
          Effect.map((claimed) => claimed.filter(({ kind }) => kind === "limited"))
        )) {
          order.push([priority, Number(startAt) / 1_000])
        }
      }
      expect(order).toEqual([
        [1, 7],
        [1, 9],
        [0, 6],
        [0, 8],
        [0, 10]
      ])
      expect(
        (yield* repository.list({
          projectId,
          kind: Option.some("free"),
          states: ["running"],
          idempotencyKey: Option.none(),
          exclusiveKey: Option.none(),
          from: Option.none(),
          to: Option.none(),
          limit: 10,
          after: Option.none()
        })).length
      ).toBe(2)
    })
  )

  both(
    "holds for workflows with one attempt left, of which a server still owns one at a time",
    Effect.gen(function* () {
      const { claim, end, repository } = yield* waiting([3])
      for (let attempt = 0; attempt < MAX_ATTEMPTS - 1; attempt++) {
        for (const workflow of yield* claim({ running: 3 }, 50)) {
          yield* repository.end(ownershipOf(workflow), {
            state: "pending",
            errorMessage: Option.none(),
            unfinishedTasks: "pending",
            isAttempt: true
          })
        }
      }
      const first = yield* claim({ running: 3 }, 50)
      expect(first.map(({ attempt }) => attempt)).toEqual([MAX_ATTEMPTS - 1])
      expect(yield* claim({ running: 3 }, 50)).toEqual([])
      for (const workflow of first) yield* end(workflow)
      expect((yield* claim({ running: 1 }, 50)).length).toBe(1)
    })
  )

  it("is whole numbers from 1", () => {
    for (const limit of [{ running: 0 }, { perProject: 1.5 }, { running: Infinity }, { perProject: -1 }]) {
      expect(() => WorkflowKind.make("a", { ...kindOf("a", () => Effect.void), limit })).toThrow(
        /^limit\.(running|perProject) of kind a must be a whole number from 1, but is /
      )
    }
  })
})

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("servers with a limit", (it) => {
  it.scoped(
    "start no more than that at the same moment, together and of each project, and in the end all",
    () =>
      Effect.gen(function* () {
        const limit = { running: 5, perProject: 2 }
        const running = yield* Ref.make<ReadonlyArray<string>>([])
        const most = yield* Ref.make({ running: 0, perProject: 0 })
        // None ends before as many run as may: a busy machine starts them slowly.
        const full = yield* Effect.makeLatch()
        const counted = WorkflowKind.make("counted", {
          ...kindOf("counted", ({ workflow: { projectId } }) =>
            Effect.acquireUseRelease(
              Effect.flatMap(
                Ref.updateAndGet(running, (all) => [...all, projectId]),
                (all) =>
                  Effect.zipRight(
                    Ref.update(most, (before) => ({
                      running: Math.max(before.running, all.length),
                      perProject: Math.max(before.perProject, all.filter((one) => one === projectId).length)
                    })),
                    Effect.when(full.open, () => all.length >= limit.running)
                  )
              ),
              () => Effect.zipRight(full.await, Effect.sleep("20 millis")),
              () =>
                Ref.update(running, (all) => {
                  const at = all.indexOf(projectId)
                  return all.toSpliced(at, 1)
                })
            )
          ),
          limit
        })
        const servers = yield* Effect.forEach([1, 2, 3], () =>
          Effect.flatMap(TestInfra.start(), ({ register }) => register(counted))
        )
        const projects = yield* Effect.replicateEffect(TestInfra.project, 4)
        const starts = servers.flatMap((server) =>
          projects.flatMap((projectId, n) =>
            Array.from({ length: n === 0 ? 20 : 4 }, () => server.start({ projectId, config: null }))
          )
        )
        const started = yield* Effect.all(starts, { concurrency: 16 })
        expect(new Set(started.map(({ state }) => state))).toEqual(new Set(["pending"]))
        const { work: sql } = yield* Database
        const left = Effect.map(
          sql<{
            n: number
          }>`SELECT count(*)::int AS n FROM engine.workflows WHERE kind = 'counted' AND state <> 'completed'`,
          ([row]) => row?.n ?? 0
        )
        yield* eventually("all have run", left, (n) => n === 0)
        expect(yield* Ref.get(most)).toEqual({ running: 5, perProject: 2 })
      }),
    120_000
  )

  it.scoped(
    "that claim at the same moment claim together what there is room for, each time",
    () =>
      Effect.gen(function* () {
        const repository = yield* WorkflowRepository
        const servers = yield* Effect.replicateEffect(uuidv7, 6)
        for (const id of servers) yield* ghost(id, Duration.hours(1))
        const kinds = ["b", "a", "c"].map((kind, n) => ({ kind, version: 1, limit: { running: 3 + n, perProject: 2 } }))
        const projects = yield* Effect.replicateEffect(TestInfra.project, 5)
        for (const projectId of projects) {
          for (const { kind } of kinds) {
            for (let n = 0; n < 10; n++) {
              yield* repository.insert(given(yield* uuidv7, projectId, Option.none(), { kind }))
            }
          }
        }
        for (let round = 0; round < 8; round++) {
          const claims = servers.map((id, n) =>
            repository.claim(id, [...kinds.slice(n % 3), ...kinds.slice(0, n % 3)], 1 + ((n + round) % 4))
          )
          const claimed = (yield* Effect.all(claims, { concurrency: "unbounded" })).flat()
          for (const { kind, limit } of kinds) {
            const ofKind = claimed.filter((workflow) => workflow.kind === kind)
            expect(ofKind.length).toBeLessThanOrEqual(limit.running)
            for (const projectId of projects) {
              expect(ofKind.filter((one) => one.projectId === projectId).length).toBeLessThanOrEqual(limit.perProject)
            }
          }
          // Six servers want 13 or more together, and there is room for 12.
          expect(claimed.length).toBe(12)
          for (const workflow of claimed) yield* repository.end(ownershipOf(workflow), CANCELLED)
        }
      }),
    120_000
  )
})
