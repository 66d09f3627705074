import { Cause, Deferred, Effect, Exit, FiberId, Runtime } from "effect"
import { DatabaseError } from "../database/DatabaseError.ts"

/** Requests of a failed batch that are carried out concurrently, each as its own batch: 2 of the pool's connections, not all. */
const ALONE_AT_ONCE = 2

/**
 * SQLSTATEs of a statement that failed because another session locked one of its rows: lock timeout, statement timeout,
 * deadlock.
 */
const LOCK_CODES = ["55P03", "57014", "40P01"]

/** How requests are carried out in batches. */
export interface BatchOptions<Request, A, E> {
  /** Carries out requests in one statement. Returns one exit per request, in the order of the requests. */
  readonly run: (requests: ReadonlyArray<Request>) => Effect.Effect<ReadonlyArray<Exit.Exit<A, E>>, DatabaseError>
  /** The weight of a request, in the unit of `capacity`. Default: 1, so that `capacity` is a number of requests. */
  readonly weigh?: (request: Request) => number
  /** The maximum weight of a batch. A single heavier request is a batch of its own. */
  readonly capacity: number
}

interface Waiting<Request, A, E> {
  readonly request: Request
  readonly done: Deferred.Deferred<A, E | DatabaseError>
}

/**
 * Carries out requests in batches: the requests that arrive while a batch runs are the next batch. A single request costs one
 * round trip; concurrent requests share one. If a batch fails because of one request (a value, a locked row), each of its
 * requests is carried out alone; if the database is unavailable or refuses all work, all of them fail with that error.
 * Interrupting a caller does not interrupt the batch.
 */
export const make = <Request, A, E>({ capacity, run, weigh = () => 1 }: BatchOptions<Request, A, E>) =>
  Effect.map(Effect.runtime<never>(), (runtime) => {
    const runFork = Runtime.runFork(runtime)
    let waiting: Array<Waiting<Request, A, E>> = []
    let running = false

    const take = () => {
      let weight = 0
      let size = 0
      for (const { request } of waiting) {
        weight += weigh(request)
        if (size > 0 && weight > capacity) break
        size++
      }
      const batch = waiting.slice(0, size)
      waiting = waiting.slice(size)
      return batch
    }

    const settle = (batch: ReadonlyArray<Waiting<Request, A, E>>): Effect.Effect<void> =>
      // `suspend` turns an exception of `run` into a failure of this batch; thrown here, it would end the loop and hang all later requests.
      Effect.flatMap(Effect.exit(Effect.suspend(() => run(batch.map(({ request }) => request)))), (exit) => {
        if (Exit.isSuccess(exit)) {
          batch.forEach(({ done }, n) =>
            Deferred.unsafeDone(done, exit.value[n] ?? Exit.die(new Error("a batch gave no answer")))
          )
          return Effect.void
        }
        if (batch.length > 1 && isOneRequestsFault(exit.cause)) {
          runFork(Effect.forEach(batch, (one) => settle([one]), { concurrency: ALONE_AT_ONCE, discard: true }))
        } else {
          for (const { done } of batch) Deferred.unsafeDone(done, Exit.failCause(exit.cause))
        }
        return Effect.void
      })

    const runAll: Effect.Effect<void> = Effect.suspend(() => {
      const batch = take()
      running = batch.length > 0
      return running ? Effect.zipRight(settle(batch), runAll) : Effect.void
    })

    return (request: Request): Effect.Effect<A, E | DatabaseError> =>
      Effect.suspend(() => {
        const done = Deferred.unsafeMake<A, E | DatabaseError>(FiberId.none)
        waiting.push({ request, done })
        if (!running) {
          running = true
          // Not immediately, so that the other requests of this turn of the scheduler join the batch.
          runFork(runAll, { immediate: false })
        }
        return Deferred.await(done)
      })
  })

/** Whether one request may have failed the whole batch. Defects count: they may come from encoding one request. */
const isOneRequestsFault = (cause: Cause.Cause<DatabaseError>) => {
  const error = Cause.squash(cause)
  return !(error instanceof DatabaseError) || error.isStatements || LOCK_CODES.includes(error.code ?? "")
}
