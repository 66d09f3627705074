import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { Effect, Stream } from "effect"

/**
 * The statements that an effect would run, in order, recorded without a database: each returns no rows. Dies when a statement has
 * parameters, because a script could not contain it.
 */
export const record = <E>(
  effect: Effect.Effect<unknown, E, SqlClient.SqlClient>
): Effect.Effect<ReadonlyArray<string>, E> =>
  Effect.gen(function* () {
    const statements: Array<string> = []
    const take = (statement: string, parameters: ReadonlyArray<unknown>) =>
      parameters.length > 0
        ? Effect.dieMessage(`a statement with parameters cannot be printed: ${statement}`)
        : Effect.sync((): ReadonlyArray<never> => {
            statements.push(statement)
            return []
          })
    const connection: Connection = {
      execute: take,
      executeRaw: take,
      executeValues: take,
      executeUnprepared: take,
      executeStream: (statement, parameters) => Stream.fromIterableEffect(take(statement, parameters))
    }
    const client = yield* SqlClient.make({
      acquirer: Effect.succeed(connection),
      compiler: PgClient.makeCompiler(),
      spanAttributes: []
    })
    yield* Effect.provideService(effect, SqlClient.SqlClient, client)
    return statements
  }).pipe(Effect.provide(Reactivity.layer))
