import { describe, expect, it as test, layer } from "@effect/vitest"
import { Deferred, Duration, Effect, Option, Schema, TestClock } from "effect"
import { Database } from "../../src/database/Database.ts"
import { DatabaseError } from "../../src/database/DatabaseError.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { ServerRepository } from "../../src/workflow/ServerRepository.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { RELEASED, WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { defaults } from "../../src/workflow/WorkflowSettings.ts"
import { MAX_ATTEMPTS } from "../../src/workflow/WorkflowState.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import {
  complete,
  ghost,
  given,
  kind as kindOf,
  look,
  ownershipOf,
  reaches,
  runs,
  task
} from "../fixtures/TestWorkflows.ts"

/** A workflow of this kind, whose owner no process runs. */
const haunted = (kind: string) =>
  Effect.gen(function* () {
    const repository = yield* WorkflowRepository
    const projectId = yield* TestInfra.project
    const ghostId = yield* uuidv7
    yield* ghost(ghostId, Duration.hours(1))
    const workflow = yield* repository.insert(given(yield* uuidv7, projectId, Option.some(ghostId), { kind }))
    return { ghostId, projectId, workflow, ownership: ownershipOf(workflow) }
  })

/** The database's clock goes on by more than this server's lease. */
const expire = (serverId: string) =>
  Effect.flatMap(
    Database,
    ({ work: sql }) =>
      sql`UPDATE engine.server_instances SET expires_at = now() - interval '1 millisecond' WHERE id = ${serverId}`
  )

/** A kind whose workflows complete at once. */
const instant = (name: string) => kindOf(name, () => Effect.void)

// 1,440 polls: more than the 1,024 after which a doubled number is infinite.
test.scoped(
  "takeover continues after an outage of hours, also with a poll interval of fractional milliseconds",
  () =>
    Effect.gen(function* () {
      const servers = yield* ServerRepository
      const repository = yield* WorkflowRepository
      let isAway = true
      const unlocked = Effect.suspend(() =>
        isAway ? new DatabaseError({ message: "away", code: null, retryable: true }) : Effect.succeed([])
      )
      const infra = yield* TestInfra.start({ ...defaults, pollInterval: Duration.micros(5_000_500n) }).pipe(
        Effect.provideService(ServerRepository, { ...servers, unlocked })
      )
      yield* infra.register(instant("late"))
      yield* repository.insert(given("late", "project", Option.none(), { kind: "late" }))
      yield* TestClock.adjust("2 hours")
      expect((yield* infra.get("project", "late")).state).toBe("pending")
      isAway = false
      yield* TestClock.adjust("10 seconds")
      expect((yield* infra.get("project", "late")).state).toBe("completed")
    }).pipe(Effect.provide(TestInfra.memory)),
  180_000
)

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("takeover", (it) => {
  describe("of a workflow whose owner", () => {
    it.scoped("has released it", () =>
      Effect.gen(function* () {
        const repository = yield* WorkflowRepository
        const { ownership, workflow } = yield* haunted("released")
        yield* repository.end(ownership, RELEASED)
        const infra = yield* TestInfra.start()
        yield* infra.register(instant("released"))
        const ended = yield* reaches(infra, workflow, "completed")
        expect([ended.epoch, ended.attempt]).toEqual([4, 0])
      })
    )

    it.scoped("has let its lease expire", () =>
      Effect.gen(function* () {
        const { ghostId, workflow } = yield* haunted("expired")
        const infra = yield* TestInfra.start()
        yield* infra.register(instant("expired"))
        yield* expire(ghostId)
        const ended = yield* reaches(infra, workflow, "completed")
        expect([ended.epoch, ended.attempt]).toEqual([4, 1])
      })
    )

    it.scoped("is dead", () =>
      Effect.gen(function* () {
        const servers = yield* ServerRepository
        const { ghostId, workflow } = yield* haunted("dead")
        const infra = yield* TestInfra.start()
        yield* infra.register(instant("dead"))
        yield* servers.remove(ghostId)
        yield* reaches(infra, workflow, "completed")
      })
    )
  })

  it.scoped("a workflow whose owner lives is not taken, however many look", () =>
    Effect.gen(function* () {
      const { ghostId, projectId, workflow } = yield* haunted("kept")
      const infras = yield* Effect.forEach([1, 2], () => TestInfra.start())
      for (const infra of infras) yield* infra.register(instant("kept"))
      // Proof that they looked: a workflow of the same kind that is free.
      const free = yield* haunted("kept")
      yield* expire(free.ghostId)
      for (const infra of infras) yield* reaches(infra, free.workflow, "completed")
      const now = yield* look(projectId, workflow.id)
      expect([now.state, now.ownerId, now.epoch]).toEqual(["running", Option.some(ghostId), 1])
    })
  )

  it.scoped("exactly one of several servers takes a free workflow, and nobody takes it away again", () =>
    Effect.gen(function* () {
      const epochs: Array<number> = []
      const done = yield* Deferred.make<void>()
      const kind = kindOf("single", ({ workflow }) =>
        Effect.zipRight(
          Effect.sync(() => epochs.push(workflow.epoch)),
          Deferred.await(done)
        )
      )
      const infras = yield* Effect.forEach([1, 2, 3], () => TestInfra.start())
      for (const infra of infras) yield* infra.register(kind)
      const { ghostId, projectId, workflow } = yield* haunted("single")
      yield* expire(ghostId)
      yield* eventually("it runs", look(projectId, workflow.id), ({ epoch, state }) => state === "running" && epoch > 1)
      // Each of them sweeps again: another workflow passes through all three doors.
      for (const [n, infra] of infras.entries()) {
        yield* infra.register(instant(`marker ${n}`))
        const marker = yield* haunted(`marker ${n}`)
        yield* expire(marker.ghostId)
        yield* reaches(infra, marker.workflow, "completed")
      }
      const now = yield* look(projectId, workflow.id)
      expect([now.state, now.epoch, epochs]).toEqual(["running", 3, [3]])
      yield* Deferred.succeed(done, undefined)
      yield* eventually("it completes", look(projectId, workflow.id), ({ state }) => state === "completed")
    })
  )

  it.scoped("servers share what a dead one leaves, and none has more than its limit", () =>
    Effect.gen(function* () {
      const kind = kindOf("shared", () => Effect.never)
      const small = yield* TestInfra.start({ ...TestInfra.quick, maxActiveWorkflows: 2 })
      const others = yield* Effect.forEach([1, 2], () => TestInfra.start())
      for (const infra of [small, ...others]) yield* infra.register(kind)
      const ids = yield* Effect.forEach([small, ...others], ({ serverInstanceId }) => serverInstanceId)
      const repository = yield* WorkflowRepository
      const ghostId = yield* uuidv7
      yield* ghost(ghostId, Duration.hours(1))
      const projectId = yield* TestInfra.project
      for (let n = 0; n < 30; n++) {
        const datasourceId = Option.some(yield* uuidv7)
        const workflow = given(yield* uuidv7, projectId, Option.some(ghostId), { kind: "shared" })
        yield* repository.insert({ ...workflow, datasourceId })
      }
      yield* expire(ghostId)
      const { work: sql } = yield* Database
      const owners = sql<{ owner: string; workflows: number }>`SELECT owner_id AS owner, count(*)::int AS workflows
        FROM engine.workflows WHERE kind = 'shared' AND owner_id = ANY(${ids}::uuid[]) GROUP BY owner_id`
      const shares = yield* eventually(
        "all are taken",
        owners,
        (seen) => seen.reduce((sum, { workflows }) => sum + workflows, 0) === 30
      )
      const [least, ...rest] = ids.map((id) => shares.find(({ owner }) => owner === id)?.workflows ?? 0)
      expect(least).toBe(2)
      // A third each where all come at once; whoever comes late, finds less.
      for (const share of rest) expect(share).toBeGreaterThanOrEqual(5)
    })
  )

  it.scoped("a kind that no process here knows is left alone", () =>
    Effect.gen(function* () {
      const { ghostId, projectId, workflow } = yield* haunted("foreign")
      const known = yield* haunted("known")
      const infra = yield* TestInfra.start()
      yield* infra.register(instant("known"))
      yield* expire(ghostId)
      yield* expire(known.ghostId)
      yield* reaches(infra, known.workflow, "completed")
      yield* eventually("it is free", look(projectId, workflow.id), ({ state }) => state === "pending")
      const now = yield* look(projectId, workflow.id)
      expect([now.ownerId, now.epoch]).toEqual([Option.none(), 2])
    })
  )

  it.scoped(
    "five owners in a row that die without completing a task fail the workflow; a completed task starts the count anew",
    () =>
      Effect.gen(function* () {
        const repository = yield* WorkflowRepository
        const servers = yield* ServerRepository
        const { ghostId, projectId, workflow } = yield* haunted("deadly")
        let owner = ghostId
        const die = Effect.gen(function* () {
          yield* servers.remove(owner)
          yield* repository.revokeOrphans
          return (yield* look(projectId, workflow.id)).attempt
        })
        const claim = Effect.gen(function* () {
          owner = yield* uuidv7
          yield* ghost(owner, Duration.hours(1))
          const [claimed] = yield* repository.claim(owner, runs("deadly"), 1)
          return ownershipOf(claimed ?? (yield* Effect.dieMessage("nothing to claim")))
        })
        expect(yield* die).toBe(1)
        yield* claim
        expect(yield* die).toBe(2)
        yield* complete(repository, yield* claim, task("a", { status: "completed" }), Effect.void)
        expect(yield* die).toBe(0)
        // A release says nothing about the workflow, nor do tasks that an earlier owner completed.
        yield* repository.end(yield* claim, RELEASED)
        for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
          yield* claim
          expect(yield* die).toBe(attempt)
        }
        let times = 0
        const infra = yield* TestInfra.start()
        yield* infra.register(kindOf("deadly", () => Effect.sync(() => times++)))
        const failed = yield* reaches(infra, workflow, "failed")
        expect(failed.errorMessage).toEqual(Option.some("given up: 5 owners in a row died without completing a task"))
        expect(times).toBe(0)
      })
  )

  it.scoped("an owner in whose time the database was restarted is not blamed for its end", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const { ghostId, projectId, workflow } = yield* haunted("blameless")
      yield* sql`UPDATE engine.workflows SET claimed_at = pg_postmaster_start_time() - interval '1 second'
        WHERE id = ${workflow.id}`
      yield* Effect.flatMap(ServerRepository, (servers) => servers.remove(ghostId))
      yield* Effect.flatMap(WorkflowRepository, ({ revokeOrphans }) => revokeOrphans)
      const { attempt, state } = yield* look(projectId, workflow.id)
      expect([state, attempt]).toEqual(["pending", 0])
    })
  )

  it.scoped("of workflows with one attempt left a server makes one at a time, each until it has completed a task", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const { work: sql } = yield* Database
      const stored = yield* Effect.forEach([1, 2, 3], () => haunted("suspect"))
      for (const { ghostId } of stored) yield* expire(ghostId)
      yield* Effect.flatMap(ServerRepository, ({ removeExpired }) => removeExpired())
      yield* repository.revokeOrphans
      const [poison, sibling, fresh] = stored.map(({ workflow }) => workflow.id)
      yield* sql`UPDATE engine.workflows SET attempt = ${MAX_ATTEMPTS - 1} WHERE id IN ${sql.in([poison, sibling])}`
      const owner = yield* uuidv7
      yield* ghost(owner, Duration.hours(1))
      const claim = Effect.map(repository.claim(owner, runs("suspect"), 10), (all) =>
        all.map(({ id }) => id).toSorted()
      )
      const first = yield* repository.claim(owner, runs("suspect"), 10)
      expect(first.map(({ id }) => id).toSorted()).toEqual([poison, fresh].toSorted())
      expect(yield* claim).toEqual([])
      const trying = first.find(({ id }) => id === poison) ?? (yield* Effect.dieMessage("it was claimed"))
      yield* complete(repository, ownershipOf(trying), task("a", { status: "completed" }), Effect.void)
      expect(yield* claim).toEqual([sibling])
    })
  )

  it.scoped("goes on where the last owner stopped: its completed tasks do not run again", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const { ghostId, ownership, projectId, workflow } = yield* haunted("half done")
      for (const n of [0, 1, 2]) {
        yield* complete(repository, ownership, task(`t${n}`, { ordinal: n, status: "completed" }), Effect.void)
      }
      yield* repository.save(ownership, {
        tasks: [task("t3", { ordinal: 3, status: "running" })],
        progress: Option.none()
      })
      yield* expire(ghostId)
      const ran: Array<string> = []
      const infra = yield* TestInfra.start()
      yield* infra.register(
        kindOf("half done", ({ queue }) =>
          Effect.forEach([0, 1, 2, 3, 4], (n) =>
            queue.enqueue({ id: `t${n}`, name: `T${n}`, class: "data", execute: Effect.sync(() => ran.push(`t${n}`)) })
          )
        )
      )
      yield* reaches(infra, workflow, "completed")
      expect(ran).toEqual(["t3", "t4"])
      const tasks = yield* repository.tasks(projectId, workflow.id)
      expect(tasks.map(({ id, status }) => `${id} ${status}`)).toEqual([0, 1, 2, 3, 4].map((n) => `t${n} completed`))
    })
  )

  it.scoped("a workflow whose config a process cannot read is left to those who can, and says so", () =>
    Effect.gen(function* () {
      const { ghostId, projectId, workflow } = yield* haunted("changed")
      yield* expire(ghostId)
      const unable = yield* TestInfra.start()
      yield* unable.register(
        WorkflowKind.make("changed", { config: Schema.Struct({ schema: Schema.String }), run: () => Effect.void })
      )
      const left = yield* eventually(
        "it is left",
        look(projectId, workflow.id),
        ({ errorMessage, state }) => state === "pending" && Option.isSome(errorMessage)
      )
      expect(Option.getOrThrow(left.errorMessage)).toContain("schema")
      expect((yield* unable.health).reasons).toContain("this server could not read the config of 1 workflows")
      const able = yield* TestInfra.start()
      yield* able.register(instant("changed"))
      const ended = yield* reaches(able, workflow, "completed")
      // Tried once by the one, and then by the other.
      expect([ended.epoch, ended.attempt]).toEqual([left.epoch + 2, left.attempt])
      const unread = "this server could not read"
      yield* eventually(
        "it no longer says so",
        unable.health,
        ({ reasons }) => !reasons.some((reason) => reason.startsWith(unread))
      )
    })
  )

  it.scoped("a workflow of a version that nobody runs waits, and health says so until somebody comes who does", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const projectId = yield* TestInfra.project
      const of = (version: number) =>
        Effect.flatMap(uuidv7, (id) =>
          repository.insert(
            given(id, projectId, Option.none(), { kind: "versioned", version, datasourceId: Option.some(id) })
          )
        )
      const [first, third] = [yield* of(1), yield* of(3)]
      const kind = (version: number, earlierVersions: ReadonlyArray<number> = []) =>
        WorkflowKind.make("versioned", { config: Schema.Null, version, earlierVersions, run: () => Effect.void })
      const old = yield* TestInfra.start()
      yield* old.register(kind(2, [1]))
      yield* reaches(old, first, "completed")
      const waiting = "workflows of kind versioned, version 3, wait: no server that is there can run them"
      yield* eventually("health says so", old.health, ({ reasons }) => reasons.includes(waiting))
      expect((yield* look(projectId, third.id)).state).toBe("pending")
      const young = yield* TestInfra.start()
      yield* young.register(kind(3))
      yield* reaches(young, third, "completed")
      yield* eventually("health says so no longer", old.health, ({ reasons }) => !reasons.includes(waiting))
    })
  )
})
