import { Effect, type Option } from "effect"
import { tableId, type TableName } from "./Catalog.ts"
import { DatasourceError } from "./DatasourceError.ts"

/** What one table alone is to blame for (no permission, dropped meanwhile) is logged and gives none, so that others can go on. */
export const passOver =
  (table: TableName) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, E, R> =>
    Effect.catchIf(
      Effect.asSome(effect),
      (error) => error instanceof DatasourceError && error.ofOneTable,
      (error) =>
        Effect.logWarning(`passed over: ${error instanceof Error ? error.message : String(error)}`).pipe(
          Effect.annotateLogs({ table: tableId(table) }),
          Effect.zipRight(Effect.succeedNone)
        )
    )
