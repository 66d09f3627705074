import { Cause, Deferred, Effect, Exit, FiberId, Runtime } from "effect"
import { DatabaseError } from "../database/DatabaseError.ts"

/** How many requests of a batch that failed are made at the same time when they are made one by one. */
const ALONE_AT_ONCE = 2

/** SQLSTATEs that fail a statement because of one row that somebody else holds: lock not available, cancelled, deadlock. */
const HELD_UP = ["55P03", "57014", "40P01"]

/** How requests are carried out together. */
export interface BatchOptions<Request, A, E> {
  /** Carries out requests in one statement: an exit for each, in their order. */
  readonly run: (requests: ReadonlyArray<Request>) => Effect.Effect<ReadonlyArray<Exit.Exit<A, E>>, DatabaseError>
  /** How much a request weighs. Default: 1. */
  readonly weigh?: (request: Request) => number
  /** How much a batch may weigh; one request that weighs more is a batch by itself. */
  readonly capacity: number
}

interface Waiting<Request, A, E> {
  readonly request: Request
  readonly done: Deferred.Deferred<A, E | DatabaseError>
}

/**
 * Carries out requests in batches: what is asked while a batch is on its way is the next batch. So one request alone costs one round
 * trip, and a thousand at once cost hardly more. Where a batch fails because of one of its requests, each is made alone; where the
 * database is away or refuses, all of them fail with that. Whoever asked may give up: the batch goes on.
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
      // Also what no statement can be made of is an exit: those who wait would wait for ever.
      Effect.flatMap(Effect.exit(Effect.suspend(() => run(batch.map(({ request }) => request)))), (exit) => {
        if (Exit.isSuccess(exit)) {
          batch.forEach(({ done }, n) =>
            Deferred.unsafeDone(done, exit.value[n] ?? Exit.die(new Error("a batch gave no answer")))
          )
          return Effect.void
        }
        if (batch.length > 1 && isOnesFault(exit.cause)) {
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
          // In the next turn: what is asked in this one is part of the batch.
          runFork(runAll, { immediate: false })
        }
        return Deferred.await(done)
      })
  })

const isOnesFault = (cause: Cause.Cause<DatabaseError>) => {
  const error = Cause.squash(cause)
  return !(error instanceof DatabaseError) || error.isStatements || HELD_UP.includes(error.code ?? "")
}
