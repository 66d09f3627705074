import { Cause, Data, Deferred, Duration, Effect, Exit, Fiber, FiberId, FiberRef, Runtime } from "effect"
import { DatabaseError } from "../database/DatabaseError.ts"
import * as Pipeline from "../database/Pipeline.ts"
import type { Tenant } from "../tenant/TenantContext.ts"
import { withTimeLimit } from "../workqueue/TimeLimit.ts"
import { Outages, type OutagesService } from "./Outages.ts"
import type { TaskQueueWriter } from "./TaskQueueWriter.ts"
import { OwnershipLost } from "./WorkflowError.ts"
import { WorkflowRepository, type WorkflowRepositoryService } from "./WorkflowRepository.ts"
import type { Ownership } from "./WorkflowState.ts"
import type { WorkflowTask } from "./WorkflowTask.ts"

/**
 * Maximum number of commits in one transaction: bounds how long it holds locks and how much is repeated when one commit fails.
 */
const MAX_GROUP = 100
/**
 * Time limit of a group's commits, after which each is made alone: as long as `idle_in_transaction_session_timeout` of the work
 * pool.
 */
const GROUP_TIME = Duration.seconds(10)
/** Time limit of a commit made alone, after which its task fails: as long as `transaction_timeout` of the work pool. */
const COMMIT_TIME = Duration.minutes(1)
/**
 * Number of times in a row that a commit made alone may lose its connection before its task fails. More than one, because an
 * outage is not the commit's fault; bounded, because a commit that terminates its own session would be retried for ever.
 */
const MAX_LOST = 5
/** Commits of a failed group that run concurrently, each in its own transaction: a blocked one does not block the others. */
const ALONE_AT_ONCE = 4
/** Name of this work in logs and in `health`. */
const COMMITS = "commits"

/** The error of a group one of whose commits was withdrawn. */
const WITHDRAWN = "withdrawn"

/** Kinds that have made a commit of more than one statement: their commits run in sequence, not in one pipeline. */
const severalStatements = new Set<string>()

/** The commits of one workflow's tasks. */
export interface Commits {
  /**
   * Runs a task's commit and marks the task completed, in one fenced transaction. Returns when that is stored; fails with the
   * commit's error, or with `OwnershipLost`. If the caller is interrupted, the commit is withdrawn; if it is already too late
   * for that, the task is completed nevertheless.
   */
  readonly complete: <E>(task: WorkflowTask, commit: Effect.Effect<void, E, Tenant>) => Effect.Effect<void, unknown>
}

interface Request {
  readonly task: WorkflowTask
  readonly commit: Effect.Effect<void, unknown, Tenant>
  readonly done: Deferred.Deferred<void, unknown>
  /** The fiber that runs the commit now. */
  fiber: Fiber.RuntimeFiber<void, unknown> | undefined
  isWithdrawn: boolean
  /** Called when the request is withdrawn while a transaction of its group is attempted. */
  onWithdrawn: (() => void) | undefined
}

/**
 * Makes the function that groups the commits of a workflow:
 *
 * ```
 *   complete ──▶ waiting ──▶ group: one fenced transaction
 *                   ▲          marks of all, then each commit in order ──▶ committed ──▶ all tasks completed
 *   the next group ─┘                         └─ one fails, is withdrawn, or all take too long
 *   gathers meanwhile                              ──▶ rolled back ──▶ each again, alone ──▶ only that task fails
 * ```
 *
 * Commits of one statement each are sent in one pipeline; the commits of a kind that needs more statements run in sequence, so
 * that their statements do not interleave. The marks (`completed` rows) are written first: they wait for the row locks of an
 * earlier attempt whose COMMIT is still in flight, and a task that is already completed is not committed again. An outage fails
 * no task: a transaction that failed before its commits began is retried as it was, with backoff; one that failed later is
 * split into single commits, because any of them may be the cause.
 */
export const make = Effect.gen(function* () {
  const repository = yield* WorkflowRepository
  const outages = yield* Outages
  return (options: Options): Effect.Effect<Commits> => commitsOf(options, repository, outages)
})

/** What the commits of a workflow are made of. */
interface Options {
  readonly ownership: Ownership
  /** The workflow's kind. */
  readonly kind: string
  readonly writer: Pick<TaskQueueWriter, "leave">
  /** Runs after each committed transaction. */
  readonly onCommitted: Effect.Effect<void>
}

const commitsOf = (
  { kind, onCommitted, ownership, writer }: Options,
  repository: WorkflowRepositoryService,
  outages: OutagesService
) =>
  Effect.gen(function* () {
    // `Outages` silences the failures of fibers; a commit is the user's code and keeps the log level of its caller.
    const logLevel = yield* FiberRef.get(FiberRef.unhandledErrorLogLevel)
    const runFork = Runtime.runFork(yield* Effect.interruptible(Effect.runtime<never>()))
    const alone = yield* Effect.makeSemaphore(ALONE_AT_ONCE)
    let waiting: Array<Request> = []
    let leading = false

    /** Runs a commit in the current fiber and stores the fiber in the request, so that `withdraw` can interrupt it. */
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

    /**
     * One transaction. Its failure is a `DatabaseError` if it is to be retried, otherwise a `NotRepeated` or the commit's own
     * error.
     */
    const transact = (group: ReadonlyArray<Request>, history: History) =>
      Effect.suspend(() => {
        const tasks = group.map(({ task }) => task)
        const isAlone = group.length === 1
        let hasBegun = false
        const begun = Deferred.unsafeMake<void>(FiberId.none)
        const left = writer.leave(tasks)
        const work = Effect.suspend(() =>
          repository.complete(ownership, tasks, left.completed, (fresh) => {
            // With every task already completed by an earlier attempt, no commit runs, so a failure from here on is no commit's fault.
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
          if (!isAlone || !error.isRefusal) return new NotRepeated({ error })
          if (!error.isOutage || ++history.lost < MAX_LOST) return error
          const message = `its commit lost its connection ${MAX_LOST} times in a row: ${error.message}`
          return new NotRepeated({ error: new ConnectionLost({ message }) })
        }
        // The time limit starts when the marks are written: a slow BEGIN or a lock on the fence is not the commits' fault.
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
          // Does not wait for a commit that ignores its interruption; the server's timeouts end its transaction.
          Effect.disconnect,
          Effect.raceFirst(tooLong),
          Effect.mapError((error) => (error instanceof DatabaseError ? repeatedOr(error) : error))
        )
      })

    /** Attempts transactions until one is committed or all requests of the group are withdrawn. */
    const attempt = (group: ReadonlyArray<Request>): Effect.Effect<void, unknown> =>
      Effect.suspend(() => {
        const givenUp = Deferred.unsafeMake<never, string>(FiberId.none)
        const history: History = { lost: 0 }
        /** True during an attempt: giving up then could miss that it was committed. */
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
        Effect.zipLeft(onCommitted)
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
          // Repeated once at most: the kind is in `severalStatements` from now on and its commits run in sequence.
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
      // A blocked single commit delays the next group by at most `GROUP_TIME`.
      return Effect.zipRight(Effect.timeoutOption(Fiber.await(runFork(doAlone(only))), GROUP_TIME), lead)
    })

    /**
     * Withdraws a request whose caller was interrupted. Returns the commit's outcome, or interrupts if the commit had not
     * begun.
     */
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
      complete: <E>(task: WorkflowTask, commit: Effect.Effect<void, E, Tenant>) =>
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
              // Not immediately, so that the other commits of this turn of the scheduler join the group.
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

/** The attempts of one transaction so far. */
interface History {
  /** Number of attempts in a row that lost their connection after their commits had begun. */
  lost: number
}

/** A commit lost its connection `MAX_LOST` times in a row. Not retryable. */
class ConnectionLost extends Data.TaggedError("ConnectionLost")<{ readonly message: string }> {}

/** Wraps an error that is attributed to the commits themselves, so that `outages.during` does not retry it. */
class NotRepeated extends Data.TaggedError("NotRepeated")<{ readonly error: DatabaseError | ConnectionLost }> {}

/** Whether the ownership of this workflow was lost: a commit may also fail with the `OwnershipLost` of another workflow. */
const isLost = (cause: Cause.Cause<unknown>, { workflowId }: Ownership) => {
  const error = Cause.squash(cause)
  return error instanceof OwnershipLost && error.workflowId === workflowId
}
