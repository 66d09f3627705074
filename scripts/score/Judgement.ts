import { FileSystem, Path } from "@effect/platform"
import { Effect, Schema } from "effect"
import type { ColumnSet } from "../../src/datasource/Inclusion.ts"
import * as Datasets from "./Datasets.ts"

/** Relations that are true of a dataset though nobody declared them: patterns of both ends, and whether of several columns only. */
const AlsoTrue = Schema.parseJson(Schema.Array(Schema.Array(Schema.String)))

/** Two ends under the dataset's own names. */
interface Ends {
  readonly from: ColumnSet
  readonly to: ColumnSet
}

/**
 * Whether a reference is a foreign key of the dataset. Nobody can judge one that is true though undeclared, is a part of a larger one, or
 * lies between empty tables: `score.mjs` leaves those out.
 */
export type Verdict = "right" | "wrong" | "unjudged"

const pairs = ({ from, to }: Ends) =>
  from.columns
    .map(
      (column, i) => [`${from.schema}.${from.table}.${column}`, `${to.schema}.${to.table}.${to.columns[i]}`] as const
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))

/** What a dataset's foreign keys say about references. */
export const judge = Effect.fn("Judgement.judge")(function* (dataset: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(yield* Datasets.folderOf(dataset), "also-true.json")
  const alsoTrue = (yield* fs.exists(file))
    ? yield* Effect.flatMap(fs.readFileString(file), Schema.decode(AlsoTrue))
    : []
  const truth = yield* Datasets.truth(dataset)
  const idOf = (ends: Ends) => JSON.stringify(pairs(ends))
  const right = new Set(truth.filter(({ scorable }) => scorable).map(idOf))
  const unjudged = new Set(
    truth.flatMap((key) => [
      ...(key.scorable ? [] : [idOf(key)]),
      ...(key.from.columns.length > 1 ? pairs(key).map((pair) => JSON.stringify([pair])) : [])
    ])
  )
  const isUndeclared = (ends: Ends) =>
    pairs(ends).every(([from, to]) =>
      alsoTrue.some(
        ([a = "", b = "", composite]) =>
          (composite === undefined || ends.from.columns.length > 1) &&
          new RegExp(a).test(from) &&
          new RegExp(b).test(to)
      )
    )
  return {
    /** How many foreign keys can be found. */
    keys: right.size,
    verdict: (ends: Ends): Verdict => {
      const id = idOf(ends)
      return right.has(id) ? "right" : unjudged.has(id) || isUndeclared(ends) ? "unjudged" : "wrong"
    }
  }
})
