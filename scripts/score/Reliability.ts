import { FileSystem, Path } from "@effect/platform"
import { Effect, Schema } from "effect"
import type { ColumnSet } from "../../src/datasource/Inclusion.ts"
import type { Relationship } from "../../src/relationships/Relationship.ts"
import * as Datasets from "./Datasets.ts"

/** Relations that are true of a dataset though nobody declared them: patterns of both ends, and whether of several columns only. */
const AlsoTrue = Schema.parseJson(Schema.Array(Schema.Array(Schema.String)))

/** A probability's tenth: how many inferred references had it, and how many of them are right. */
interface Tenth {
  readonly given: number
  readonly right: number
}

/** The tenths from 0 to 1, of nothing. */
export const NONE: ReadonlyArray<Tenth> = Array.from({ length: 10 }, () => ({ given: 0, right: 0 }))

const pairs = ({ from, to }: { readonly from: ColumnSet; readonly to: ColumnSet }) =>
  from.columns
    .map(
      (column, i) => [`${from.schema}.${from.table}.${column}`, `${to.schema}.${to.table}.${to.columns[i]}`] as const
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))

/**
 * Adds a dataset's references whose values were joined to the tenths of their probabilities. Those that nobody can judge (true though
 * undeclared, a part of a larger one, between empty tables) are left out, as `score.mjs` leaves them out.
 */
export const add = Effect.fn("Reliability.add")(function* (
  tenths: ReadonlyArray<Tenth>,
  dataset: string,
  relationships: ReadonlyArray<Relationship>
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(yield* Datasets.folderOf(dataset), "also-true.json")
  const alsoTrue = (yield* fs.exists(file))
    ? yield* Effect.flatMap(fs.readFileString(file), Schema.decode(AlsoTrue))
    : []
  const truth = yield* Datasets.truth(dataset)
  const idOf = (reference: Parameters<typeof pairs>[0]) => JSON.stringify(pairs(reference))
  const right = new Set(truth.filter(({ scorable }) => scorable).map(idOf))
  const unjudged = new Set(
    truth.flatMap((key) => [
      ...(key.scorable ? [] : [idOf(key)]),
      ...(key.from.columns.length > 1 ? pairs(key).map((pair) => JSON.stringify([pair])) : [])
    ])
  )
  const isUndeclared = (reference: Relationship) =>
    pairs(reference).every(([from, to]) =>
      alsoTrue.some(
        ([a = "", b = "", composite]) =>
          (composite === undefined || reference.from.columns.length > 1) &&
          new RegExp(a).test(from) &&
          new RegExp(b).test(to)
      )
    )
  const counted = tenths.map((tenth) => ({ ...tenth }))
  for (const each of relationships) {
    const id = idOf(each)
    const isJudged = right.has(id) || !(unjudged.has(id) || isUndeclared(each))
    const tenth = counted[Math.min(counted.length - 1, Math.floor(each.confidence * counted.length))]
    if (each.method !== "inferred" || each.evidence.inclusion === null || !isJudged || tenth === undefined) continue
    tenth.given++
    if (right.has(id)) tenth.right++
  }
  return counted
})

/** The table: a line for each tenth. */
export const report = (tenths: ReadonlyArray<Tenth>): string =>
  [
    "probability  references  share right",
    ...tenths.map(({ given, right }, i) => {
      const range = `${(i / tenths.length).toFixed(1)} to ${((i + 1) / tenths.length).toFixed(1)}`
      return `${range.padEnd(13)}${String(given).padEnd(12)}${given === 0 ? "–" : (right / given).toFixed(3)}`
    })
  ].join("\n")
