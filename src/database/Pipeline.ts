import { TransactionConnection } from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { Context, Data, Effect, Exit, Fiber, Option, Stream } from "effect"

/**
 * One of the effects given to `together` sent a second statement, a savepoint or a stream. The transaction has to be rolled back, because
 * statements of other effects may have run in between.
 */
export class MoreThanOneStatement extends Data.TaggedError("MoreThanOneStatement") {}

/**
 * Runs effects concurrently in the open transaction. Each may send one statement. The statements are sent in the order of the effects
 * without waiting for answers, and the server executes them in that order, so that all of them cost one round trip.
 *
 * If an effect sends a second statement, the statements of other effects have run between its two, and what its first one read may
 * have changed. Then the whole call fails with `MoreThanOneStatement`: roll back, and run the effects with `inOrder` in a new
 * transaction. Otherwise fails with the first failure among the effects. Returns when all effects have ended.
 */
export const together = <E, R>(
  effects: ReadonlyArray<Effect.Effect<void, E, R>>
): Effect.Effect<void, E | MoreThanOneStatement, R> =>
  Effect.flatMap(Effect.serviceOption(TransactionConnection), (open) => {
    if (Option.isNone(open)) return inOrder(effects)
    const [connection] = open.value
    pipeline(connection)
    const state = { isViolated: false }
    return Effect.forEach(effects, (effect) =>
      Effect.fork(
        Effect.interruptible(
          Effect.mapInputContext(effect, (context: Context.Context<R>) =>
            Context.add(context, TransactionConnection, [onlyOne(connection, state), 0])
          )
        )
      )
    ).pipe(
      Effect.flatMap((fibers) =>
        Effect.onInterrupt(Effect.forEach(fibers, Fiber.await), () => Fiber.interruptAll(fibers))
      ),
      Effect.flatMap((exits): Effect.Effect<void, E | MoreThanOneStatement> => {
        if (state.isViolated) return new MoreThanOneStatement()
        return exits.find(Exit.isFailure) ?? Effect.void
      })
    )
  })

/** Runs effects one after the other, each in a fiber of its own, which may be interrupted by itself. */
export const inOrder = <E, R>(effects: ReadonlyArray<Effect.Effect<void, E, R>>): Effect.Effect<void, E, R> =>
  Effect.forEach(
    effects,
    (effect) =>
      Effect.flatMap(Effect.fork(Effect.interruptible(effect)), (fiber) =>
        Effect.flatten(Effect.onInterrupt(Fiber.await(fiber), () => Fiber.interrupt(fiber)))
      ),
    { discard: true }
  )

/** Switches the connection to pipelining: it sends statements without waiting for earlier answers. The pool ends this on release. */
const pipeline = (connection: Connection) => {
  const client: unknown = Reflect.get(connection, "pg")
  if (typeof client === "object" && client !== null && "pipeline" in client) Reflect.set(client, "pipeline", true)
}

/** The connection, limited to one statement. A second one dies and sets `isViolated`. */
const onlyOne = (connection: Connection, state: { isViolated: boolean }): Connection => {
  let isUsed = false
  const once = <A, E>(statement: Effect.Effect<A, E>, isAllowed = true) =>
    Effect.suspend(() => {
      if (isUsed || !isAllowed) {
        state.isViolated = true
        return Effect.die(new MoreThanOneStatement())
      }
      isUsed = true
      return statement
    })
  return {
    execute: (...statement) => once(connection.execute(...statement)),
    executeRaw: (...statement) => once(connection.executeRaw(...statement)),
    executeValues: (...statement) => once(connection.executeValues(...statement)),
    // A nested transaction begins with a savepoint.
    executeUnprepared: (sql, ...rest) => once(connection.executeUnprepared(sql, ...rest), !/^\s*savepoint/i.test(sql)),
    executeStream: () => Stream.fromEffect(once(Effect.never, false))
  }
}
