import { describe, expect, it } from "@effect/vitest"
import { Clock, Context, Duration, Effect, Fiber, Layer, Option, Schema, type Scope, TestClock } from "effect"
import { DatabaseError } from "../../src/database/DatabaseError.ts"
import { Notifications } from "../../src/workflow/Notifications.ts"
import { ServerRepository, type ServerRepositoryService } from "../../src/workflow/ServerRepository.ts"
import { SessionLock } from "../../src/workflow/SessionLock.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { defaults, leaseDuration } from "../../src/workflow/WorkflowSettings.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { endless, given, kind as kindOf, look, ownershipOf, reaches, task } from "../fixtures/TestWorkflows.ts"

/** Every poll costs a test under TestClock real milliseconds: no more of them than it takes. */
const calm = { ...defaults, pollInterval: Duration.seconds(10) }

const unreachable = new DatabaseError({ message: "connection refused", code: null, retryable: true })

/** Runs a test with a `beat` of its own instead of the one in memory. */
const beating =
  (beat: (real: ServerRepositoryService["beat"]) => ServerRepositoryService["beat"]) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(ServerRepository, (servers) =>
      Effect.provideService(effect, ServerRepository, { ...servers, beat: beat(servers.beat) })
    )

/** Counts the beats. */
const counting = (count: { beats: number }) =>
  beating(
    (real) => (id, lease) =>
      Effect.zipRight(
        Effect.sync(() => count.beats++),
        real(id, lease)
      )
  )

const numbered = WorkflowKind.make("numbered", { config: Schema.Int, run: () => Effect.never })

describe("the heartbeat", () => {
  it.scoped("100 workflows of a process are kept by one beat per interval", () => {
    const count = { beats: 0 }
    return Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const kind = yield* infra.register(numbered)
      const started = yield* Effect.forEach(Array.from({ length: 100 }), (_, n) =>
        kind.start({
          projectId: "project",
          datasourceId: `00000000-0000-0000-0000-${`${n}`.padStart(12, "0")}`,
          config: n
        })
      )
      count.beats = 0
      for (let n = 0; n < 10; n++) yield* TestClock.adjust(defaults.heartbeatInterval)
      expect(count.beats).toBe(10)
      for (const { id } of started) expect((yield* look("project", id)).state).toBe("running")
    }).pipe(counting(count), Effect.provide(TestInfra.memory))
  })

  it.scoped("the interval is a setting", () => {
    const count = { beats: 0 }
    return Effect.gen(function* () {
      yield* TestInfra.start({ ...calm, heartbeatInterval: Duration.seconds(3) })
      for (let n = 0; n < 30; n++) yield* TestClock.adjust("1 second")
      expect(count.beats).toBe(10)
    }).pipe(counting(count), Effect.provide(TestInfra.memory))
  })

  it.scoped("a beat that fails is tried again, and the lease survives", () => {
    let failures = 5
    return Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const kind = yield* infra.register(endless("endless"))
      const before = yield* infra.serverInstanceId
      const { id } = yield* kind.start({ projectId: "project", config: null })
      yield* TestClock.adjust("10 minutes")
      expect(failures).toBe(0)
      expect(yield* infra.serverInstanceId).toBe(before)
      const workflow = yield* look("project", id)
      expect([workflow.state, workflow.epoch]).toEqual(["running", 1])
    }).pipe(
      beating(
        (real) => (id, lease) =>
          Effect.suspend(() => (failures > 0 ? (failures--, Effect.fail(unreachable)) : real(id, lease)))
      ),
      Effect.provide(TestInfra.memory)
    )
  })

  it.scoped("a beat that hangs is given up and tried again, and the lease survives", () => {
    let hanging = 2
    return Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const before = yield* infra.serverInstanceId
      yield* TestClock.adjust("10 minutes")
      expect(hanging).toBe(0)
      expect(yield* infra.serverInstanceId).toBe(before)
    }).pipe(
      beating(
        (real) => (id, lease) =>
          Effect.suspend(() => (hanging > 0 ? (hanging--, Effect.uninterruptible(Effect.never)) : real(id, lease)))
      ),
      Effect.provide(TestInfra.memory)
    )
  })
})

describe("a lease that is lost", () => {
  const cable = { cut: false }
  const cuttable = beating(
    (real) => (id, lease) => Effect.suspend(() => (cable.cut ? Effect.uninterruptible(Effect.never) : real(id, lease)))
  )
  const run = <A, E>(test: Effect.Effect<A, E, TestInfra.Memory | Scope.Scope>) =>
    Effect.suspend(() => {
      cable.cut = false
      return Effect.provide(cuttable(test), TestInfra.memory)
    })
  const lease = Duration.toMillis(leaseDuration(defaults))

  it.scoped("interrupts the work before its row expires, and the process goes on under a new id", () =>
    Effect.gen(function* () {
      const interrupted: Array<number> = []
      const infra = yield* TestInfra.start(calm)
      const watched = yield* infra.register(
        kindOf("watched", () =>
          Effect.onInterrupt(Effect.never, () => Effect.map(Clock.currentTimeMillis, (at) => interrupted.push(at)))
        )
      )
      yield* watched.start({ projectId: "project", config: null })
      yield* TestClock.adjust("5 minutes")
      const before = yield* infra.serverInstanceId
      const sinceLastBeat = yield* Clock.currentTimeMillis
      cable.cut = true
      yield* TestClock.adjust(lease)
      expect(interrupted.length).toBe(1)
      expect(Math.max(...interrupted) - sinceLastBeat).toBeLessThanOrEqual(lease - 2_000)
      cable.cut = false
      yield* TestClock.adjust("1 second")
      const after = yield* infra.serverInstanceId
      expect(after).not.toBe(before)
      expect(yield* Effect.flatMap(ServerRepository, (servers) => servers.alive(after))).toBe(true)
    }).pipe(run)
  )

  it.scoped("interrupts the work also while the workflow's writer hangs on the database", () =>
    Effect.gen(function* () {
      let interruptions = 0
      const repository = yield* WorkflowRepository
      const hanging = { ...repository, save: () => Effect.uninterruptible(Effect.never) }
      const infra = yield* Effect.provideService(TestInfra.start(calm), WorkflowRepository, hanging)
      const watched = yield* infra.register(
        kindOf("watched", ({ progress }) =>
          Effect.zipRight(
            progress({ message: "begun", done: 0, total: 1 }),
            Effect.onInterrupt(Effect.never, () => Effect.sync(() => interruptions++))
          )
        )
      )
      yield* watched.start({ projectId: "project", config: null })
      yield* TestClock.adjust("1 second")
      cable.cut = true
      yield* TestClock.adjust(lease)
      expect(interruptions).toBe(1)
    }).pipe(run)
  )

  it.scoped("is found out by a start, long before the next beat, and the start succeeds under the new one", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const kind = yield* infra.register(numbered)
      const before = yield* infra.serverInstanceId
      yield* Effect.flatMap(ServerRepository, (servers) => servers.remove(before))
      const starting = yield* Effect.fork(kind.start({ projectId: "project", config: 1 }))
      yield* TestClock.adjust("1 second")
      const { ownerId } = yield* Fiber.join(starting)
      expect(yield* infra.serverInstanceId).not.toBe(before)
      expect(ownerId).toEqual(Option.some(yield* infra.serverInstanceId))
    }).pipe(Effect.provide(TestInfra.memory))
  )

  it.scoped("discards what its writers have not stored", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const repository = yield* WorkflowRepository
      const owner = Option.some(yield* infra.serverInstanceId)
      const ownership = ownershipOf(yield* repository.insert(given("workflow", "project", owner)))
      yield* infra.startHeartbeat(ownership)
      yield* infra.startTaskQueueWriter(ownership)
      expect(yield* infra.sendTaskQueueUpdate("workflow", [task("a")])).toBe(true)
      yield* TestClock.adjust("1 second")
      cable.cut = true
      yield* TestClock.adjust(lease)
      expect(yield* infra.sendTaskQueueUpdate("workflow", [task("b")])).toBe(false)
      expect((yield* repository.tasks("project", "workflow")).map(({ id }) => id)).toEqual(["a"])
    }).pipe(run)
  )

  it.scoped("leaves its workflows for a process that has a lease, be it the same one", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const kind = yield* infra.register(endless("endless"))
      const { id } = yield* kind.start({ projectId: "project", config: null })
      cable.cut = true
      yield* TestClock.adjust(lease - 1_000)
      expect((yield* look("project", id)).epoch).toBe(1)
      cable.cut = false
      yield* TestClock.adjust("30 seconds")
      const workflow = yield* look("project", id)
      expect(workflow.ownerId).toEqual(Option.some(yield* infra.serverInstanceId))
      expect([workflow.state, workflow.epoch, workflow.attempt]).toEqual(["running", 3, 1])
    }).pipe(run)
  )

  it.scoped("a run that outlives its lease does not disturb the one that follows in the same process", () =>
    Effect.gen(function* () {
      const settings = { ...calm, heartbeatInterval: Duration.seconds(1), heartbeatTimeout: Duration.seconds(1) }
      const infra = yield* TestInfra.start(settings)
      let runs = 0
      const stubborn = kindOf("stubborn", ({ progress }) =>
        Effect.gen(function* () {
          runs++
          if (runs === 1) return yield* Effect.uninterruptible(Effect.never)
          for (let done = 0; ; done++) {
            yield* progress({ message: "going on", done, total: 1_000 })
            yield* Effect.sleep("1 second")
          }
        })
      )
      const kind = yield* infra.register(stubborn)
      const { id } = yield* kind.start({ projectId: "project", config: null })
      cable.cut = true
      yield* TestClock.adjust("4 seconds")
      cable.cut = false
      yield* TestClock.adjust("2 minutes")
      const workflow = yield* look("project", id)
      expect([workflow.state, workflow.epoch, runs]).toEqual(["running", 3, 2])
      expect(Option.exists(workflow.progress, ({ done }) => done > 60)).toBe(true)
    }).pipe(run)
  )

  it.scoped("while the database is away, the tries to take a new one hold one session lock and not many", () =>
    Effect.gen(function* () {
      const held = { now: 0, most: 0 }
      const lock = {
        hold: () =>
          Effect.acquireRelease(
            Effect.sync(() => {
              held.now++
              held.most = Math.max(held.most, held.now)
              return true
            }),
            () => Effect.sync(() => held.now--)
          ),
        age: Effect.succeedNone
      }
      const servers = yield* ServerRepository
      const settings = { ...calm, heartbeatInterval: Duration.seconds(1), heartbeatTimeout: Duration.seconds(1) }
      const layer = WorkflowInfra.layerWith(settings).pipe(
        Layer.provide([Layer.succeed(SessionLock, lock), Notifications.layerLocal]),
        Layer.provide(
          Layer.succeed(ServerRepository, {
            ...servers,
            register: (...args) =>
              Effect.suspend(() => (cable.cut ? Effect.fail(unreachable) : servers.register(...args)))
          })
        )
      )
      const infra = Context.get(yield* Layer.build(layer), WorkflowInfra)
      const before = yield* infra.serverInstanceId
      cable.cut = true
      yield* TestClock.adjust("20 seconds")
      cable.cut = false
      yield* TestClock.adjust("1 second")
      expect(yield* infra.serverInstanceId).not.toBe(before)
      expect(held).toEqual({ now: 1, most: 1 })
    }).pipe(run)
  )
})

describe("a workflow that was put under the lease by hand", () => {
  it.scoped("stays there for as long as the process lives", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const repository = yield* WorkflowRepository
      const owner = Option.some(yield* infra.serverInstanceId)
      const ownership = ownershipOf(yield* repository.insert(given("workflow", "project", owner)))
      yield* infra.startHeartbeat(ownership)
      yield* TestClock.adjust("8 minutes")
      const workflow = yield* look("project", "workflow")
      expect([workflow.ownerId, workflow.epoch]).toEqual([owner, 1])
    }).pipe(Effect.provide(TestInfra.memory))
  )

  it.scoped("is free for others when it is taken out", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const other = yield* TestInfra.start(calm)
      yield* other.register(endless("given"))
      const repository = yield* WorkflowRepository
      const owner = Option.some(yield* infra.serverInstanceId)
      const ownership = ownershipOf(yield* repository.insert(given("workflow", "project", owner)))
      yield* infra.startHeartbeat(ownership)
      yield* TestClock.adjust("1 minute")
      expect((yield* look("project", "workflow")).ownerId).toEqual(owner)
      yield* infra.stopHeartbeat("workflow")
      yield* TestClock.adjust(calm.pollInterval)
      const workflow = yield* reaches(other, { id: "workflow", projectId: "project" }, "running")
      expect(workflow.ownerId).toEqual(Option.some(yield* other.serverInstanceId))
      expect(workflow.attempt).toBe(0)
    }).pipe(Effect.provide(TestInfra.memory))
  )
})
