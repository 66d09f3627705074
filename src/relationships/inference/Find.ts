import { memoised } from "../../language/memoised.ts"
import type { SchemaModel } from "../../schema/SchemaModel.ts"
import { type ColumnModel, sideOf } from "../../schema/TableModel.ts"
import { flatMapInSteps, indexInSteps, mapInSteps, type Steps } from "../../steps/Steps.ts"
import { type Pair, sideId } from "../Candidate.ts"
import type { Possible } from "../Possible.ts"
import { stated } from "../signals/Comments.ts"
import { matchNames, withoutNames } from "../signals/Names.ts"
import { type Pool, pools } from "../signals/Pools.ts"
import { type RoundTrip, roundTrips } from "../signals/RoundTrips.ts"
import { type Source, sources } from "./Candidates.ts"
import { type CompositeCandidate, compositeCandidates, compositeKeys } from "./Composites.ts"
import { compositesByValues } from "./CompositesByValues.ts"
import { outOfCrowd } from "./Crowd.ts"
import { type ListCandidate, listCandidates } from "./Lists.ts"
import { type PolymorphicCandidate, polymorphicCandidates } from "./Polymorphic.ts"
import { type Prepared, sortedSide } from "./Prepare.ts"
import { doNamesSpeak, type Setting } from "./Weighing.ts"

/** Step 2: everything that may refer to something, as far as names, comments and profiles say. */
export interface Candidates extends Prepared {
  readonly setting: Setting
  /** References of one column, by `pairId`. */
  readonly single: ReadonlyMap<string, Possible>
  /** References of several columns. */
  readonly composite: ReadonlyArray<CompositeCandidate>
  /** References where a column beside says what is referred to. */
  readonly polymorphic: ReadonlyArray<PolymorphicCandidate>
  /** References of the elements of arrays. */
  readonly lists: ReadonlyArray<ListCandidate>
  /** The round trips that begin with a candidate. */
  readonly tripsOf: (there: Possible) => ReadonlyArray<RoundTrip>
  /** Those that end with a reference that a name says, or that is declared. */
  readonly namedTripsOf: (there: Possible) => ReadonlyArray<RoundTrip>
}

/**
 * Finds the candidates. A column that is declared, or polymorphic, has no others. What a comment says outright has no rival of the same
 * ends.
 */
export function* find(prepared: Prepared): Steps<Candidates> {
  const { declared, declares, factors, keys, known, model } = prepared
  const { areApart } = model.copies
  const apart = (one: ColumnModel, other: ColumnModel) =>
    areApart(one.table, other.table) || model.isInherited(one, other)
  const spoken = new Set(declared.map(({ from }) => sortedSide(from)))
  const isFree = (...from: ReadonlyArray<ColumnModel>) => !spoken.has(sortedSide(sideOf(...from)))

  const polymorphic = (yield* polymorphicCandidates(model, keys)).filter(({ from }) => isFree(from))
  for (const { from } of polymorphic) spoken.add(sortedSide(sideOf(from)))
  const lists = (yield* listCandidates(model, keys, areApart)).filter(({ from }) => isFree(from))

  const found = yield* sources(model, keys, apart)
  const namesSpeak = doNamesSpeak(found.said, keys)
  const said = (yield* stated(model, keys)).filter(({ from, key }) => isFree(from) && !apart(from, key.column))
  // The text of a column is part of many pairs.
  const columnId = memoised((column: ColumnModel): string => sideId(sideOf(column)))
  const idOf = ({ from, key }: Possible): string => `${columnId(from)} ${columnId(key.column)}`
  const saidIds = new Set(yield* mapInSteps(said, idOf))
  const poolsOf = yield* pools(model.columns, keys)
  const guessed = yield* flatMapInSteps(found.all, (source) =>
    isFree(source.from)
      ? withPools(model, source, poolsOf(source.from), outOfCrowd(model, source, namesSpeak)).flatMap((each) =>
          saidIds.has(idOf(each)) || apart(each.from, each.key.column)
            ? []
            : [namesSpeak || each.names.strong ? each : { ...each, names: withoutNames(each.from, each.key) }]
        )
      : []
  )
  const pairs = [...guessed, ...said]

  const strong = yield* flatMapInSteps(found.all, ({ named }) => named.filter(({ names }) => names.strong))
  const claimed = new Set(strong.filter(({ from, key }) => key.column.table !== from.table).map(({ from }) => from))
  const severalKeys = yield* compositeKeys(model, claimed, namesSpeak)
  const named = yield* compositeCandidates(model, severalKeys)
  const byValues = yield* compositesByValues(model, severalKeys, { keys, strong, namesSpeak, named })
  const composite = [...named, ...byValues].filter(
    ({ from, key }) => isFree(...from) && !key.columns.some((to, i) => from[i] !== undefined && apart(from[i], to))
  )
  return {
    ...prepared,
    setting: { declares, namesSpeak, factors },
    single: yield* indexInSteps(pairs, (each) => [idOf(each), each]),
    composite,
    polymorphic,
    lists,
    tripsOf: yield* roundTrips([...pairs, ...known]),
    namedTripsOf: yield* roundTrips([...strong, ...known])
  }
}

/** The candidates of a column with what the columns of its name say together, and those that these alone make. */
const withPools = (
  model: SchemaModel,
  { from, isOwnKey }: Source,
  pools: ReadonlyArray<Pool>,
  candidates: ReadonlyArray<Possible>
): ReadonlyArray<Possible> => {
  if (pools.length === 0) return candidates
  const poolOf = new Map(pools.map((pool) => [pool.key, pool]))
  const known = new Set(candidates.map(({ key }) => key))
  return [
    ...candidates.map((each): Possible => {
      const pool = poolOf.get(each.key)
      return pool === undefined ? each : { ...each, pool }
    }),
    ...pools.flatMap((pool): ReadonlyArray<Possible> => {
      const { key } = pool
      return known.has(key) ? [] : [{ from, key, isOwnKey, names: matchNames(model, from, key, isOwnKey), pool }]
    })
  ]
}

/** The ends of each kind of candidate. */
export const pairOf = ({ from, key }: Possible): Pair => ({ from: sideOf(from), to: sideOf(key.column) })

/** @see pairOf */
export const compositePair = ({ from, key }: CompositeCandidate): Pair => ({
  from: sideOf(...from),
  to: sideOf(...key.columns)
})

/** @see pairOf */
export const polymorphicPair = ({ from, key, when }: PolymorphicCandidate): Pair => ({
  from: sideOf(from),
  to: sideOf(key),
  when
})

/** @see pairOf */
export const listPair = ({ from, key }: ListCandidate): Pair => ({ from: sideOf(from), to: sideOf(key) })
