import { Effect, Either } from "effect"
import { type SkippedTable, tableId, type TableName } from "./Catalog.ts"
import { DatasourceError } from "./DatasourceError.ts"

/** Turns an error that concerns one table only (`ofOneTable`) into Left with the reason, and logs a warning: others can be read. */
export const passOver =
  ({ schema, table }: TableName) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Either.Either<A, SkippedTable>, E, R> =>
    Effect.catchIf(
      Effect.map(effect, (value): Either.Either<A, SkippedTable> => Either.right(value)),
      (error) => error instanceof DatasourceError && error.ofOneTable,
      (error) => {
        const reason = error instanceof DatasourceError ? error.said : String(error)
        return Effect.logWarning(`passed over: ${reason}`).pipe(
          Effect.annotateLogs({ table: tableId({ schema, table }) }),
          Effect.as(Either.left({ schema, table, reason }))
        )
      }
    )
