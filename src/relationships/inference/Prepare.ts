import { tableId } from "../../datasource/Catalog.ts"
import type { ColumnSet } from "../../datasource/Inclusion.ts"
import { findKeys, type Keys } from "../../schema/Keys.ts"
import { type SchemaInput, type SchemaModel, schemaModel } from "../../schema/SchemaModel.ts"
import type { Steps } from "../../steps/Steps.ts"
import type { Weighed } from "../Possible.ts"
import type { Factors } from "../signals/Signal.ts"
import { declaredCandidates, type DeclaredPair, declaredPairs } from "./Declared.ts"

/** What inference starts from. */
export interface InferenceInput extends SchemaInput {
  /** How much each signal counts: for trying out other weights. */
  readonly factors?: Factors
}

/** Step 1: the schema, its keys, and what it declares. */
export interface Prepared {
  readonly model: SchemaModel
  readonly keys: Keys
  readonly declared: ReadonlyArray<DeclaredPair>
  /** The declared references of one column, as candidates that are certain. */
  readonly known: ReadonlyArray<Weighed>
  /** Whether a table that is looked at declares foreign keys. */
  readonly declares: boolean
  readonly factors: Factors | undefined
}

/** @see Prepared */
export function* prepare({ factors, ...input }: InferenceInput): Steps<Prepared> {
  const model = yield* schemaModel(input)
  const keys = yield* findKeys(model)
  const declared = yield* declaredPairs(input.catalog.tables)
  return {
    model,
    keys,
    declared,
    known: yield* declaredCandidates(model, keys, declared),
    declares: model.everything.some((table) => table.foreignKeys.length > 0),
    factors
  }
}

/** One string per set of columns, whatever their order. */
export const sortedSide = (set: ColumnSet): string => JSON.stringify([tableId(set), [...set.columns].sort()])
