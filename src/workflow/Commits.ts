import { Cause, Data, Deferred, Duration, Effect, Exit, Fiber, FiberId, FiberRef, Runtime } from "effect"
import { DatabaseError } from "../database/DatabaseError.ts"
import * as Pipeline from "../database/Pipeline.ts"
import type { Tenant } from "../tenant/TenantContext.ts"
import { withTimeLimit } from "../workqueue/TimeLimit.ts"
import type { OutagesService } from "./Outages.ts"
import type { TaskQueueWriter } from "./TaskQueueWriter.ts"
import { OwnershipLost } from "./WorkflowError.ts"
import type { WorkflowRepositoryService } from "./WorkflowRepository.ts"
import type { Ownership } from "./WorkflowState.ts"
import type { WorkflowTask } from "./WorkflowTask.ts"

/** Commits of one transaction, at the most: it stays short, and what is done again where one fails stays little. */
const MAX_GROUP = 100
/** How long a group's commits may take before they are done one by one: as long as a transaction may stand still on the server … */
const GROUP_TIME = Duration.seconds(10)
/** … and a commit by itself before its task fails: as long as a whole transaction may take there. */
const COMMIT_TIME = Duration.minutes(1)
/**
 * How often in a row a commit by itself may lose its connection before its task fails. What befalls a database in between is no
 * fault of its; but a commit that ends every session in which it runs would be tried for ever.
 */
const MAX_LOST = 5
/** Commits of a group that failed that are done at the same time, each by itself: one that blocks does not keep the others. */
const ALONE_AT_ONCE = 4
/** SQLSTATE of a right that is missing. In a commit it is told at the task: nobody may ever grant it. */
const NO_RIGHT = "42501"
/** What of the engine's work this is, for those who look at its health. */
const COMMITS = "commits"

/** What a group fails with where one of its commits is not to be made any more. */
const WITHDRAWN = "withdrawn"

/** Kinds of workflows that have had a commit of more than one statement: theirs are not sent together any more. */
const severalStatements = new Set<string>()

/** One workflow's commits on their way to the database. */
export interface Commits {
  /**
   * Runs a task's commit and marks the task completed, both or neither, under the fence. Returns when that is stored. Interrupted, it
   * withdraws the commit where that is still possible; where it is not, the task is completed all the same.
   */
  readonly complete: <E>(task: WorkflowTask, commit: Effect.Effect<void, E, Tenant>) => Effect.Effect<void, unknown>
}

interface Request {
  readonly task: WorkflowTask
  readonly commit: Effect.Effect<void, unknown, Tenant>
  readonly done: Deferred.Deferred<void, unknown>
  /** At work on the commit. */
  fiber: Fiber.RuntimeFiber<void, unknown> | undefined
  isWithdrawn: boolean
  /** Called when it has been withdrawn while its group is being tried. */
  onWithdrawn: (() => void) | undefined
}

/**
 * Groups the commits of one workflow:
 *
 * ```
 *   complete ──▶ waiting ──▶ group: one fenced transaction
 *                   ▲          marks of all, then each commit in order ──▶ committed ──▶ all are done
 *   the next group ─┘                         └─ one fails, is withdrawn, or all take too long
 *   gathers meanwhile                              ──▶ rolled back ──▶ each again, alone ──▶ only that task fails
 * ```
 *
 * Commits of one statement each are sent in one go; those of a kind that needs more are run one after the other, so that none finds
 * another's statements between its own. The marks go first: they wait for an earlier try whose COMMIT is still on its way, and a task
 * that they find completed is not committed again. While the database is away or refuses, no task hears of it: what has not come to its
 * commits is tried again with backoff as it was, and what has, one by one, because nobody knows which of them it was.
 */
export const make = (options: {
  readonly ownership: Ownership
  /** The workflow's kind. */
  readonly kind: string
  readonly repository: WorkflowRepositoryService
  readonly writer: TaskQueueWriter
  readonly outages: OutagesService
  /** Called after each transaction that was committed. */
  readonly onCommitted: Effect.Effect<void>
}): Effect.Effect<Commits> =>
  Effect.gen(function* () {
    const { kind, outages, ownership, repository, writer } = options
    // A commit is somebody else's program, and its fibers log what they logged before.
    const logLevel = yield* FiberRef.get(FiberRef.unhandledErrorLogLevel)
    const runFork = Runtime.runFork(yield* Effect.interruptible(Effect.runtime<never>()))
    const alone = yield* Effect.makeSemaphore(ALONE_AT_ONCE)
    let waiting: Array<Request> = []
    let leading = false

    /** Runs a commit in the current fiber, and notes that fiber in the request, so that withdrawing the request interrupts it. */
    const commit = (request: Request) =>
      Effect.withFiberRuntime<void, unknown, Tenant>((fiber) => {
        if (request.isWithdrawn) return Effect.fail(WITHDRAWN)
        request.fiber = fiber
        return Effect.withUnhandledErrorLogLevel(request.commit, logLevel)
      })

    const commitAll = (group: ReadonlyArray<Request>, fresh: ReadonlySet<string>) => {
      const commits = group.filter(({ task }) => fresh.has(task.id)).map(commit)
      return group.length === 1 || severalStatements.has(kind) ? Pipeline.inOrder(commits) : Pipeline.together(commits)
    }

    /** One transaction. A refusal of the database is repeated; what is a commit's own failure is not. */
    const transact = (group: ReadonlyArray<Request>, history: History) =>
      Effect.suspend(() => {
        const tasks = group.map(({ task }) => task)
        const isAlone = group.length === 1
        let hasBegun = false
        const begun = Deferred.unsafeMake<void>(FiberId.none)
        const left = writer.leave(tasks)
        const work = Effect.suspend(() =>
          repository.complete(ownership, tasks, left.completed, (fresh) => {
            // What an earlier try has committed already is not run again: whatever happens now is none of its doing.
            hasBegun = fresh.size > 0
            Deferred.unsafeDone(begun, Exit.void)
            return commitAll(group, fresh)
          })
        )
        const repeatedOr = (error: DatabaseError) => {
          if (!hasBegun) {
            history.lost = 0
            return error.isStatements ? new NotRepeated({ error }) : error
          }
          if (!isAlone || !error.isRefusal || error.code === NO_RIGHT) return new NotRepeated({ error })
          if (!error.isOutage || ++history.lost < MAX_LOST) return error
          const message = `its commit lost its connection ${MAX_LOST} times in a row: ${error.message}`
          return new NotRepeated({ error: new ConnectionLost({ message }) })
        }
        // A database that is slow to begin is no fault of the commits.
        const tooLong = Effect.zipRight(
          Deferred.await(begun),
          withTimeLimit(isAlone ? COMMIT_TIME : GROUP_TIME)(Effect.never)
        )
        return work.pipe(
          Effect.onExit((exit) =>
            Effect.sync(() => {
              for (const request of group) request.fiber = undefined
              left.settle(Exit.isSuccess(exit))
            })
          ),
          // What does not heed its interruption is left behind; the server ends its transaction.
          Effect.disconnect,
          Effect.raceFirst(tooLong),
          Effect.mapError((error) => (error instanceof DatabaseError ? repeatedOr(error) : error))
        )
      })

    /** Transactions until one got through, or nobody waits for it any more. */
    const attempt = (group: ReadonlyArray<Request>): Effect.Effect<void, unknown> =>
      Effect.suspend(() => {
        const givenUp = Deferred.unsafeMake<never, string>(FiberId.none)
        /** From the beginning of a try to its failure: what is stored is never given up. */
        const history: History = { lost: 0 }
        let isUnderWay = false
        const giveUp = () => {
          if (!isUnderWay && group.every(({ isWithdrawn }) => isWithdrawn)) {
            Deferred.unsafeDone(givenUp, Exit.fail(WITHDRAWN))
          }
        }
        for (const request of group) request.onWithdrawn = giveUp
        const one = Effect.suspend(() => {
          isUnderWay = true
          return Effect.onError(transact(group, history), () =>
            Effect.sync(() => {
              isUnderWay = false
              giveUp()
            })
          )
        })
        return Effect.raceFirst(one.pipe(outages.during(COMMITS)), Deferred.await(givenUp))
      }).pipe(
        Effect.mapError((error) => (error instanceof NotRepeated ? error.error : error)),
        Effect.zipLeft(options.onCommitted)
      )

    const settle = (group: ReadonlyArray<Request>, exit: Exit.Exit<void, unknown>) => {
      for (const { done } of group) Deferred.unsafeDone(done, exit)
    }

    const doAlone = (request: Request) =>
      Effect.suspend(() => (request.isWithdrawn ? Effect.interrupt : attempt([request]))).pipe(
        alone.withPermits(1),
        Effect.exit,
        Effect.map((exit) => settle([request], exit))
      )

    const doTogether = (group: ReadonlyArray<Request>): Effect.Effect<void> =>
      Effect.flatMap(Effect.exit(attempt(group)), (exit) => {
        if (Exit.isSuccess(exit) || isLost(exit.cause, ownership)) settle(group, exit)
        else if (Cause.squash(exit.cause) instanceof Pipeline.MoreThanOneStatement) {
          // Known from now on, or by another workflow of the kind since: it is not sent together again.
          severalStatements.add(kind)
          return doTogether(group)
        } else for (const request of group) runFork(doAlone(request))
        return Effect.void
      })

    const lead: Effect.Effect<void> = Effect.suspend(() => {
      const group = waiting.slice(0, MAX_GROUP)
      waiting = waiting.slice(MAX_GROUP)
      leading = group.length > 0
      if (!leading) return Effect.void
      const [only] = group
      if (group.length > 1 || only === undefined) return Effect.zipRight(doTogether(group), lead)
      // One that blocks keeps the others for a while, and not for ever.
      return Effect.zipRight(Effect.timeoutOption(Fiber.await(runFork(doAlone(only))), GROUP_TIME), lead)
    })

    /** Nobody waits for it any more: gives what becomes of it all the same. */
    const withdraw = (request: Request): Effect.Effect<void, unknown> =>
      Effect.suspend(() => {
        request.isWithdrawn = true
        if (waiting.includes(request)) {
          waiting = waiting.filter((other) => other !== request)
          return Effect.interrupt
        }
        request.fiber?.unsafeInterruptAsFork(FiberId.none)
        request.onWithdrawn?.()
        return Deferred.await(request.done)
      })

    return {
      complete: (task, commit) =>
        Effect.uninterruptible(
          Effect.suspend(() => {
            const done = Deferred.unsafeMake<void, unknown>(FiberId.none)
            const request: Request = {
              task,
              commit,
              done,
              fiber: undefined,
              isWithdrawn: false,
              onWithdrawn: undefined
            }
            waiting.push(request)
            if (!leading) {
              leading = true
              // In the next turn: what is ready in this one is part of the group.
              runFork(lead, { immediate: false })
            }
            return Effect.matchCauseEffect(Effect.interruptible(Deferred.await(done)), {
              onSuccess: () => Effect.void,
              onFailure: (cause) => (Cause.isInterrupted(cause) ? withdraw(request) : Effect.failCause(cause))
            })
          })
        )
    }
  })

/** What has become of the tries of one transaction so far. */
interface History {
  /** The latest tries that lost their connection when their commits had begun. */
  lost: number
}

/** A commit loses its connection whenever it is made. Not retryable. */
class ConnectionLost extends Data.TaggedError("ConnectionLost")<{ readonly message: string }> {}

/** A failure that is a commit's own, kept apart from those that are repeated. */
class NotRepeated extends Data.TaggedError("NotRepeated")<{ readonly error: DatabaseError | ConnectionLost }> {}

/** Whether it is this workflow that is somebody else's: a commit may fail with the loss of another. */
const isLost = (cause: Cause.Cause<unknown>, { workflowId }: Ownership) => {
  const error = Cause.squash(cause)
  return error instanceof OwnershipLost && error.workflowId === workflowId
}
