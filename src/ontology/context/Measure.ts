import { Effect, Schema } from "effect"
import type { Datasource } from "../../datasource/Datasource.ts"
import type { DatasourceError } from "../../datasource/DatasourceError.ts"

const Row = Schema.Struct({ values: Schema.Array(Schema.NullOr(Schema.String)) })

/** The part of a datasource that figures are asked of. */
export type Readable = Pick<Datasource, "select">

/** The rows of a SELECT with one column `values`, an array of texts. None where the tables cannot be read (any more). */
export const rowsOf = (
  { select }: Readable,
  statement: string
): Effect.Effect<ReadonlyArray<ReadonlyArray<string | null>>, DatasourceError> =>
  Effect.map(select(Row, statement), (rows) => rows.map(({ values }) => values)).pipe(
    Effect.catchIf(
      ({ ofOneTable }) => ofOneTable,
      (error) => Effect.as(Effect.logWarning(`left out of the context page: ${error.message}`), [])
    )
  )

/** The values of the only row; empty where there is none. */
export const valuesOf = (
  readable: Readable,
  statement: string
): Effect.Effect<ReadonlyArray<string | null>, DatasourceError> =>
  Effect.map(rowsOf(readable, statement), ([row]) => row ?? [])

/** A value as a number; 0 for none. */
export const numberOf = (value: string | null | undefined): number => Number(value ?? 0)
