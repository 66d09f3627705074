import { describe, expect, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Option, Scope, TestClock } from "effect"
import { DatabaseError } from "../../src/database/DatabaseError.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import type { StartOptions } from "../../src/workflow/Registered.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { defaults } from "../../src/workflow/WorkflowSettings.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { endless, kind as kindOf, look } from "../fixtures/TestWorkflows.ts"

const calm = { ...defaults, pollInterval: Duration.seconds(5) }
const deadline = Duration.toMillis(calm.shutdownDeadline)

const options = (n = 0): StartOptions<null> => ({
  projectId: "project",
  datasourceId: `00000000-0000-0000-0000-${`${n}`.padStart(12, "0")}`,
  config: null
})

const run = <A, E>(test: Effect.Effect<A, E, TestInfra.Memory | Scope.Scope>) => Effect.provide(test, TestInfra.memory)

describe("shutdown", () => {
  it.scoped("calls back for each active workflow, stores what was said last, and releases them all", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const kind = yield* infra.register(
        kindOf("talking", ({ progress }) =>
          Effect.gen(function* () {
            for (let done = 0; ; done++) {
              yield* progress({ message: "going on", done, total: 1_000 })
              yield* Effect.sleep("10 millis")
            }
          })
        )
      )
      const started = yield* Effect.forEach([1, 2, 3], (n) => kind.start(options(n)))
      yield* TestClock.adjust("1 second")
      const seen: Array<string> = []
      yield* infra.shutdown(({ id }) => Effect.sync(() => seen.push(id)))
      expect(seen.toSorted()).toEqual(started.map(({ id }) => id).toSorted())
      for (const { id } of started) {
        const workflow = yield* look("project", id)
        expect([workflow.state, workflow.ownerId, workflow.attempt]).toEqual(["pending", Option.none(), 0])
        expect(Option.exists(workflow.progress, ({ done }) => done >= 99)).toBe(true)
      }
    }).pipe(run)
  )

  it.scoped("unfinished tasks of a released workflow wait as pending", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const kind = yield* infra.register(
        kindOf("two tasks", ({ queue }) =>
          Effect.zipRight(
            queue.enqueue({ id: "quick", name: "Quick", class: "data", execute: Effect.void }),
            queue.enqueue({ id: "slow", name: "Slow", class: "data", execute: Effect.never })
          )
        )
      )
      const { id } = yield* kind.start(options())
      yield* TestClock.adjust("1 second")
      yield* infra.shutdown()
      const tasks = Option.getOrThrow(yield* infra.loadQueue("project", id))
      expect(tasks.map((task) => [task.id, task.status])).toEqual([
        ["quick", "completed"],
        ["slow", "pending"]
      ])
    }).pipe(run)
  )

  it.scoped("returns by its deadline though a task hangs, and releases its workflow all the same", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const kind = yield* infra.register(kindOf("stubborn", () => Effect.uninterruptible(Effect.never)))
      const { id } = yield* kind.start(options())
      yield* TestClock.adjust("1 second")
      const closing = yield* Effect.fork(infra.shutdown())
      yield* TestClock.adjust(deadline)
      expect(yield* Fiber.poll(closing)).not.toEqual(Option.none())
      expect((yield* look("project", id)).state).toBe("pending")
    }).pipe(run)
  )

  it.scoped("returns by its deadline though the database hangs, and the layer with it", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const hang = () => Effect.uninterruptible(Effect.never)
      let down = false
      const hanging = {
        ...repository,
        end: (...args: Parameters<typeof repository.end>) => (down ? hang() : repository.end(...args)),
        save: (...args: Parameters<typeof repository.save>) => (down ? hang() : repository.save(...args)),
        claim: (...args: Parameters<typeof repository.claim>) => (down ? hang() : repository.claim(...args)),
        requests: (...args: Parameters<typeof repository.requests>) => (down ? hang() : repository.requests(...args)),
        revokeOrphans: Effect.suspend(() => (down ? hang() : repository.revokeOrphans))
      }
      const scope = yield* Scope.make()
      const infra = yield* TestInfra.start(calm).pipe(
        Effect.provideService(WorkflowRepository, hanging),
        Scope.extend(scope)
      )
      const kind = yield* Scope.extend(
        infra.register(
          kindOf("talking", ({ progress }) =>
            Effect.zipRight(progress({ message: "begun", done: 0, total: 1 }), Effect.never)
          )
        ),
        scope
      )
      yield* kind.start(options())
      down = true
      yield* TestClock.adjust("20 seconds")
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust(deadline)
      expect(yield* Fiber.poll(closing)).not.toEqual(Option.none())
    }).pipe(run)
  )

  it.scoped("a callback that hangs keeps no workflow from being released", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const kind = yield* infra.register(endless("endless"))
      const { id } = yield* kind.start(options())
      const closing = yield* Effect.fork(infra.shutdown(() => Effect.never))
      yield* TestClock.adjust(deadline)
      expect(yield* Fiber.poll(closing)).not.toEqual(Option.none())
      expect((yield* look("project", id)).state).toBe("pending")
    }).pipe(run)
  )

  it.scoped("whoever comes second awaits the first", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const kind = yield* infra.register(
        kindOf("slow to stop", () => Effect.onInterrupt(Effect.never, () => Effect.sleep("3 seconds")))
      )
      const { id } = yield* kind.start(options())
      yield* TestClock.adjust("1 second")
      let calls = 0
      const first = yield* Effect.fork(infra.shutdown(() => Effect.sync(() => calls++)))
      const second = yield* Effect.fork(infra.shutdown(() => Effect.sync(() => calls++)))
      yield* TestClock.adjust("2 seconds")
      expect([yield* Fiber.poll(first), yield* Fiber.poll(second)]).toEqual([Option.none(), Option.none()])
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(second)
      expect((yield* look("project", id)).state).toBe("pending")
      expect(calls).toBe(1)
    }).pipe(run)
  )

  it.scoped("goes on where whoever asked for it gave up waiting, and the layer's end awaits it", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const infra = yield* Scope.extend(TestInfra.start(calm), scope)
      const kind = yield* infra.register(
        kindOf("slow to stop", () => Effect.onInterrupt(Effect.never, () => Effect.sleep("3 seconds")))
      )
      const { id } = yield* kind.start(options())
      yield* TestClock.adjust("1 second")
      const impatient = yield* Effect.fork(Effect.timeoutOption(infra.shutdown(), "1 second"))
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(impatient)).toEqual(Option.none())
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.poll(closing)).toEqual(Option.none())
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
      expect((yield* look("project", id)).state).toBe("pending")
    }).pipe(run)
  )

  it.scoped("afterwards a start fails with ShuttingDown, and nothing is stored", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const kind = yield* infra.register(endless("endless"))
      yield* infra.shutdown()
      const error = yield* Effect.flip(kind.start(options()))
      expect(error._tag).toBe("ShuttingDown")
      expect(yield* infra.latest({ ...options(), kind: "endless" })).toEqual(Option.none())
    }).pipe(run)
  )

  it.scoped("a kind that is not to be handed on fails with «server shutdown»", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const kind = yield* infra.register(endless("endless", { onShutdown: "fail" }))
      const { id } = yield* kind.start(options())
      yield* infra.shutdown()
      const workflow = yield* look("project", id)
      expect([workflow.state, workflow.errorMessage]).toEqual(["failed", Option.some("server shutdown")])
    }).pipe(run)
  )

  it.scoped("another process goes on at once with what was released", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const other = yield* TestInfra.start(calm)
      const kind = yield* infra.register(endless("endless"))
      const { id } = yield* kind.start(options())
      yield* other.register(endless("endless"))
      yield* infra.shutdown()
      yield* TestClock.adjust(calm.pollInterval)
      const workflow = yield* look("project", id)
      expect(workflow.ownerId).toEqual(Option.some(yield* other.serverInstanceId))
      expect(workflow.attempt).toBe(0)
    }).pipe(run)
  )

  it.scoped("a workflow whose claim comes back while the doors close is given back at once", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const claimed = yield* Deferred.make<void>()
      const open = yield* Effect.makeLatch()
      const slow = {
        ...repository,
        claim: (...args: Parameters<typeof repository.claim>) =>
          repository.claim(...args).pipe(
            Effect.tap((got) => (got.length > 0 ? Deferred.succeed(claimed, undefined) : Effect.void)),
            Effect.tap(open.await)
          )
      }
      const starter = yield* TestInfra.start({ ...calm, maxActiveWorkflows: 0 })
      const kind = yield* starter.register(endless("endless"))
      const { id } = yield* kind.start(options())
      const infra = yield* Effect.provideService(TestInfra.start(calm), WorkflowRepository, slow)
      yield* infra.register(endless("endless"))
      yield* TestClock.adjust(calm.pollInterval)
      yield* Deferred.await(claimed)
      yield* infra.shutdown()
      yield* open.open
      yield* Effect.yieldNow()
      yield* TestClock.adjust("1 second")
      const workflow = yield* look("project", id)
      expect([workflow.state, workflow.ownerId]).toEqual(["pending", Option.none()])
    }).pipe(run)
  )
})

describe("a kind", () => {
  it.scoped("that is registered twice in one process is refused", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      yield* infra.register(endless("endless"))
      const error = yield* Effect.flip(infra.register(endless("endless")))
      expect(error.message).toBe("workflow kind endless is already registered")
    }).pipe(run)
  )

  it.scoped("whose scope closes hands its workflows on, and those of others go on", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const scope = yield* Scope.make()
      const going = yield* Scope.extend(infra.register(endless("going")), scope)
      const staying = yield* infra.register(endless("staying"))
      const gone = yield* going.start(options())
      const stayed = yield* staying.start(options())
      yield* Scope.close(scope, Exit.void)
      expect((yield* look("project", gone.id)).state).toBe("pending")
      expect((yield* look("project", stayed.id)).state).toBe("running")
      const error = yield* Effect.flip(going.start(options(1)))
      expect(error._tag).toBe("ShuttingDown")
    }).pipe(run)
  )
})

describe("a run", () => {
  it.scoped("that takes longer than its kind allows fails, although its task does not heed it", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const stuck = kindOf("stuck", ({ queue }) =>
        queue.enqueue({ id: "a", name: "Hang", class: "data", execute: Effect.uninterruptible(Effect.never) })
      )
      const kind = yield* infra.register({ ...stuck, timeout: "1 minute" })
      const { id } = yield* kind.start(options())
      yield* TestClock.adjust("61 seconds")
      const workflow = yield* look("project", id)
      expect([workflow.state, workflow.errorMessage]).toEqual(["failed", Option.some("timed out after 1m")])
    }).pipe(run)
  )

  it.scoped("that our own database fails goes on later, and is given up when nothing comes of it five times", () =>
    Effect.gen(function* () {
      let runs = 0
      const infra = yield* TestInfra.start(calm)
      const kind = yield* infra.register(
        kindOf("unlucky", () =>
          Effect.suspend(() => {
            runs++
            return Effect.fail(new DatabaseError({ message: "statement timeout", code: "57014", retryable: true }))
          })
        )
      )
      const { id } = yield* kind.start(options())
      yield* TestClock.adjust("1 minute")
      const workflow = yield* look("project", id)
      expect([workflow.state, runs]).toEqual(["failed", 5])
      expect(Option.getOrThrow(workflow.errorMessage)).toMatch(/given up: 5 owners .*statement timeout/)
    }).pipe(run)
  )

  it.scoped("that an outage of our own database ends goes on when it is over, however many there are", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const away = new DatabaseError({ message: "Connection terminated unexpectedly", code: null, retryable: true })
      let outages = 0
      const flapping = {
        ...repository,
        tasks: (...args: Parameters<typeof repository.tasks>) =>
          Effect.suspend(() => (outages++ % 2 === 0 ? Effect.fail(away) : repository.tasks(...args)))
      }
      const infra = yield* Effect.provideService(TestInfra.start(calm), WorkflowRepository, flapping)
      let runs = 0
      const kind = yield* infra.register(
        kindOf("patient", () => Effect.suspend(() => (++runs < 20 ? Effect.fail(away) : Effect.void)))
      )
      const { id } = yield* kind.start(options())
      yield* TestClock.adjust("5 minutes")
      const workflow = yield* look("project", id)
      expect([workflow.state, workflow.attempt, runs]).toEqual(["completed", 0, 20])
    }).pipe(run)
  )

  it.scoped("that fails ends its workflow as failed, with the task's name and what happened", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const kind = yield* infra.register(
        kindOf("failing", ({ queue }) =>
          queue.enqueue({
            id: "a",
            name: "Read orders",
            class: "data",
            execute: Effect.fail({ message: "no such table" })
          })
        )
      )
      const { id } = yield* kind.start(options())
      yield* TestClock.adjust("1 second")
      const workflow = yield* look("project", id)
      expect([workflow.state, workflow.errorMessage]).toEqual(["failed", Option.some("Read orders: no such table")])
    }).pipe(run)
  )

  it.scoped("never sees its starter's transaction: it runs in the context that its kind was registered in", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const tenants = yield* TenantContext
      const seen = yield* Deferred.make<string>()
      const kind = yield* infra.register(
        kindOf("curious", () =>
          Effect.matchCauseEffect(Effect.exit(tenants.withProject("another")(Effect.void)), {
            onFailure: () => Effect.void,
            onSuccess: (exit) => Deferred.succeed(seen, exit._tag)
          })
        )
      )
      yield* tenants.withProject("project")(kind.start(options()))
      yield* TestClock.adjust("1 second")
      expect(yield* Deferred.await(seen)).toBe("Success")
    }).pipe(Effect.provide(TenantContext.layerMemory), run)
  )

  it.scoped("beyond the process's limit waits as pending, and runs when there is room", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start({ ...calm, maxActiveWorkflows: 1 })
      const done = yield* Deferred.make<void>()
      const kind = yield* infra.register(kindOf("waiting", () => Deferred.await(done)))
      const first = yield* kind.start(options(1))
      const second = yield* kind.start(options(2))
      expect([first.state, second.state]).toEqual(["running", "pending"])
      yield* TestClock.adjust("1 minute")
      expect((yield* look("project", second.id)).state).toBe("pending")
      yield* Deferred.succeed(done, undefined)
      yield* TestClock.adjust("1 minute")
      expect((yield* look("project", second.id)).state).toBe("completed")
    }).pipe(run)
  )
})
