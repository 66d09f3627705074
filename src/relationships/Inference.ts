import { type Catalog, tableId, type TableName } from "../datasource/Catalog.ts"
import { copiesOf } from "../datasource/Copies.ts"
import type { InclusionRequest } from "../datasource/Datasource.ts"
import type { ColumnSet, Inclusion } from "../datasource/Inclusion.ts"
import { memoisedWeakly } from "../language/memoised.ts"
import { flatMapInSteps, indexInSteps, mapInSteps, sortInSteps, type Steps } from "../steps/Steps.ts"
import type { TableProfile } from "../datasource/TableProfile.ts"
import { byEnds, type Candidate, type Pair, pairId, sideId } from "./Candidate.ts"
import { castOf, isCast, type Possible, sources } from "./Candidates.ts"
import { cardinality, refined } from "./Cardinality.ts"
import { stated } from "./Comments.ts"
import {
  type CompositeCandidate,
  compositeCandidates,
  compositeKeys,
  decideComposite,
  withoutImplied
} from "./Composite.ts"
import { outOfCrowd } from "./Crowd.ts"
import { type Decided, decide } from "./Decision.ts"
import { declaredCandidates, declaredPairs, fromDeclared } from "./Declared.ts"
import { hiddenIn, withoutHiddenRows } from "./HiddenRows.ts"
import { findKeys } from "./Keys.ts"
import { decideList, type ListCandidate, listCandidates } from "./Lists.ts"
import { withoutNames } from "./NameMatch.ts"
import { decidePolymorphic, type PolymorphicCandidate, polymorphicCandidates } from "./Polymorphic.ts"
import type { Relationship } from "./Relationship.ts"
import { byText } from "../datasource/byText.ts"
import { type ColumnModel, schemaModel, sideOf } from "./SchemaModel.ts"
import { COMES_BACK, comesBack, roundTrips } from "./RoundTrip.ts"
import { type Emphasis, EVEN, reasons } from "./Scorecard.ts"
import { doNamesSpeak, LEAST_FOUND, survives, type Weighed, weigh } from "./Weighing.ts"

/** A pair whose sampled values are worth looking up in the whole target. */
export interface ProbePair extends Pair {
  readonly values: ReadonlyArray<string>
}

/**
 * The steps of inferring a datasource's relationships. Pure: all input is the catalog, the profiles and the results of earlier steps; equal
 * input gives byte-identical output. Long computations are `Steps`, which pause.
 */
export interface Inference {
  /** Step 1: the pairs to probe, grouped by referenced table, in byte order of the tables. */
  readonly probes: ReadonlyArray<{ readonly table: TableName; readonly pairs: ReadonlyArray<ProbePair> }>
  /** Step 2: whether a probed pair is worth keeping. */
  readonly keeps: (pair: Pair, probe: { readonly tried: number; readonly found: number }) => boolean
  /**
   * Step 3: the pairs to test with a join (likely candidates, composite, polymorphic, list and declared ones), grouped by referencing
   * table, the largest table first: one that comes last would run alone.
   */
  readonly joins: (
    kept: ReadonlyArray<Candidate>
  ) => Steps<ReadonlyArray<{ readonly table: TableName; readonly pairs: ReadonlyArray<Pair> }>>
  /** Estimated distinct values on both sides of a pair, and rows of the target, so that a test join need not count; undefined if unknown. */
  readonly sizes: (pair: Pair) => Pick<InclusionRequest, "distinct" | "targetDistinct" | "targetRows">
  /** Step 4: every relationship with its status, ordered by both ends. Rejected candidates without a test join are left out. */
  readonly conclude: (candidates: ReadonlyArray<Candidate>) => Steps<ReadonlyArray<Relationship>>
}

/**
 * A probed candidate with fewer points than this, in log odds, is dropped: the evidence of other candidates cannot make up for that. A
 * possible round trip counts in advance.
 */
const HOPELESS = -5.5
/** Least probability after probing for a test join. Candidates with a strong name or for review get one below it, too. */
const WORTH_A_JOIN = 0.01
/** Least share of probed values in the target for a test join by a strong name: many orphaned values may stand in few rows. */
const WORTH_BY_NAME = 0.1

/** If a column has a target of at least this probability, a strong name alone gets no other target a test join. */
const AS_GOOD_AS_CERTAIN = 0.99

/** Test joins per column, the most probable first; strong names and round trips are not limited. A join reads both tables whole. */
const MOST_JOINS = 4

/** What inference starts from. */
export interface InferenceInput {
  readonly catalog: Catalog
  readonly profiles: ReadonlyArray<TableProfile>
  /** Keys of several columns found in the data of tables that declare none, by table id. */
  readonly foundKeys: ReadonlyMap<string, ReadonlyArray<string>>
  /** `EVEN` by default. */
  readonly emphasis?: Emphasis
}

/** Prepares the inference of relationships. */
export function* inference({ catalog, emphasis = EVEN, foundKeys, profiles }: InferenceInput): Steps<Inference> {
  const { areApart, isLookedAt } = yield* copiesOf(catalog, profiles)
  const lookedAt = catalog.tables.filter(isLookedAt)
  const model = yield* schemaModel({ ...catalog, tables: lookedAt }, profiles)
  const keys = yield* findKeys(model)
  const declares = lookedAt.some((table) => table.foreignKeys.length > 0)
  const declared = yield* declaredPairs(catalog.tables)
  const spoken = new Set(declared.map(({ from }) => sortedSide(from)))
  const meanings = (yield* polymorphicCandidates(model, keys)).filter(
    ({ from }) => !spoken.has(sortedSide(sideOf(from)))
  )
  for (const { from } of meanings) spoken.add(sortedSide(sideOf(from)))
  const lists = (yield* listCandidates(model, keys, areApart)).filter(
    ({ from }) => !spoken.has(sortedSide(sideOf(from)))
  )
  const found = yield* sources(model, keys, areApart)
  const namesSpeak = doNamesSpeak(found.said, keys)
  const setting = { declares, namesSpeak, emphasis }
  const said = (yield* stated(model, keys)).filter(
    ({ from, key }) => !spoken.has(sortedSide(sideOf(from))) && !areApart(from.table.table, key.column.table.table)
  )
  const saidIds = new Set(yield* mapInSteps(said, possibleId))
  const guessed = yield* flatMapInSteps(found.all, (source) =>
    spoken.has(sortedSide(sideOf(source.from)))
      ? []
      : outOfCrowd(model, source, namesSpeak).flatMap((each) =>
          saidIds.has(possibleId(each))
            ? []
            : [namesSpeak || each.names.strong ? each : { ...each, names: withoutNames(each.from, each.key) }]
        )
  )
  const pairs = [...guessed, ...said]
  const known = yield* declaredCandidates(model, keys, declared)
  const tripsOf = yield* roundTrips([...pairs, ...known])
  const strong = yield* flatMapInSteps(found.all, ({ named }) => named.filter(({ names }) => names.strong))
  const namedTripsOf = yield* roundTrips([...strong, ...known])
  const byPair = yield* indexInSteps(pairs, (each) => [possibleId(each), each])
  const claimed = new Set(strong.filter(({ from, key }) => key.column.table !== from.table).map(({ from }) => from))
  const composites = (yield* compositeCandidates(model, yield* compositeKeys(model, foundKeys, claimed))).filter(
    ({ from, key }) => !spoken.has(sortedSide(sideOf(...from))) && !areApart(sideOf(...from), key.table.table)
  )
  const together = new Set(composites.map((each) => pairId(compositePair(each))))
  const hasValues = ({ from, key }: Possible) =>
    from.table.rows > 0 && key.column.table.rows > 0 && from.profile.sample.length > 0

  function* weighed(candidates: ReadonlyArray<Candidate>, withJoins: boolean): Steps<ReadonlyArray<Weighed>> {
    const stored = yield* indexInSteps(candidates, (candidate) => [pairId(candidate), candidate])
    return yield* flatMapInSteps(byPair, ([id, each]) => {
      const candidate = stored.get(id)
      if (hasValues(each) && (candidate === undefined || candidate.probe === null)) return []
      const probe = candidate?.probe ?? null
      const inclusion = withJoins ? (candidate?.inclusion ?? null) : null
      const evidence = probe === null ? null : { probe, inclusion }
      if (!survives({ ...each, evidence })) return []
      if (inclusion === null) return [weigh(each, evidence, setting)]
      const back = tripsOf(each).flatMap((trip) => {
        const andBack = stored.get(pairId(trip))?.inclusion ?? null
        return andBack === null ? [] : comesBack(trip, inclusion, andBack)
      })
      return [weigh(each, evidence, setting, back.slice(0, 1))]
    })
  }

  const probes = yield* flatMapInSteps(pairs, (each): ReadonlyArray<ProbePair> =>
    hasValues(each) ? [{ ...pairOf(each), values: each.from.profile.sample }] : []
  )
  return {
    probes: yield* byTable(probes, ({ to }) => to),
    keeps: (pair, probe) => {
      const each = byPair.get(pairId(pair))
      if (each === undefined) return false
      if (each.names.strong) return true
      if (probe.found < LEAST_FOUND * probe.tried) return false
      const { points } = weigh(each, { probe, inclusion: null }, setting)
      return points + (namedTripsOf(each).length > 0 ? COMES_BACK : 0) >= HOPELESS
    },
    joins: function* (kept) {
      const decided = yield* decide(yield* weighed(kept, false), known, [], emphasis)
      const sure = decided.filter(({ status }) => status === "accepted").map(({ candidate }) => candidate)
      const sureTripsOf = yield* roundTrips([...sure, ...known])
      const certain = new Set(
        decided.flatMap(({ candidate, probability }) => (probability >= AS_GOOD_AS_CERTAIN ? [candidate.from] : []))
      )
      const worthJoining = yield* flatMapInSteps(decided, ({ candidate, probability, status }) => {
        const { evidence, names } = candidate
        // A strong name needs no round trip.
        const trips = names.strong ? [] : sureTripsOf(candidate)
        const least = trips.length > 0 ? WORTH_A_JOIN * Math.exp(-COMES_BACK) : WORTH_A_JOIN
        const isLikely =
          evidence !== null &&
          (status !== "rejected" ||
            probability >= least ||
            (names.strong &&
              !certain.has(candidate.from) &&
              evidence.probe.found >= WORTH_BY_NAME * evidence.probe.tried))
        return isLikely ? [{ candidate, probability, trips }] : []
      })
      const joined = new Map<string, number>()
      const byChance = yield* sortInSteps(worthJoining, (a, b) => b.probability - a.probability)
      const likely = yield* flatMapInSteps(byChance, ({ candidate, trips }) => {
        const before = joined.get(candidate.from.id) ?? 0
        if (before >= MOST_JOINS && !candidate.names.strong && trips.length === 0) return []
        joined.set(candidate.from.id, before + 1)
        return [{ pair: pairOf(candidate), trips }]
      })
      const tests = yield* byTable(
        [
          ...likely.map(({ pair }) => pair),
          ...(yield* flatMapInSteps(likely, ({ trips }) => trips.filter((trip) => !together.has(pairId(trip))))),
          ...composites.map(compositePair).filter(holdsRows),
          ...meanings.map(polymorphicPair).filter(holdsRows),
          ...lists.map(listPair).filter(holdsRows),
          ...declared.filter(holdsRows)
        ],
        ({ from }) => from
      )
      return tests.sort((a, b) => rowsOf(b.table) - rowsOf(a.table))
    },
    sizes: ({ from, to }) => ({
      distinct: distinctOf(from),
      targetDistinct: to.columns.length === 1 ? distinctOf(to) : undefined,
      targetRows: rowsOf(to) || undefined
    }),
    conclude: function* (candidates) {
      const inclusions = yield* indexInSteps(candidates, (each) => [pairId(each), each.inclusion])
      const inclusionOf = (pair: Pair) => inclusions.get(pairId(pair)) ?? null
      const decided = withoutImplied(
        yield* mapInSteps(composites, (candidate) => decideComposite(candidate, inclusionOf(compositePair(candidate))))
      )
      const alone = yield* decide(yield* weighed(candidates, true), known, decided, emphasis)
      const relationships = [
        ...(yield* mapInSteps(declared, (pair) => fromDeclared(pair, inclusionOf(pair), hiddenRows(pair.to)))),
        ...(yield* mapInSteps(decided, (each): Relationship => {
          const pair = compositePair(each.candidate)
          return inferred(pair, each.status, each.probability, each.inclusion, reasons(each.card))
        })),
        ...(yield* mapInSteps(meanings, (candidate): Relationship => {
          const pair = polymorphicPair(candidate)
          const inclusion = inclusionOf(pair)
          const { card, probability, status } = decidePolymorphic(candidate, inclusion)
          return inferred(pair, status, probability, inclusion, reasons(card))
        })),
        ...(yield* mapInSteps(lists, (candidate): Relationship => {
          const pair = listPair(candidate)
          const inclusion = inclusionOf(pair)
          const { card, probability, status } = decideList(candidate, inclusion)
          return {
            ...inferred(pair, status, probability, inclusion, reasons(card)),
            cardinality: "N:M",
            compared: "element by element"
          }
        })),
        ...(yield* flatMapInSteps(alone, fromSingle))
      ]
      const seen = yield* mapInSteps(relationships, (each) => {
        const hidden = each.method === "inferred" ? hiddenRows(each.to) : undefined
        return hidden === undefined ? each : withoutHiddenRows(each, false, hidden)
      })
      return yield* byEnds(yield* mapInSteps(seen, (each) => refined(each, isUniqueIn)))
    }
  }

  /** An upper bound for several columns: the product of their distinct values. */
  function distinctOf(set: ColumnSet): number | undefined {
    const each = set.columns.map((name) => model.table(set)?.column(name)?.profile.distinct ?? null)
    return each.some((distinct) => distinct === null)
      ? undefined
      : each.reduce<number>((all, distinct) => all * (distinct ?? 1), 1)
  }

  /** Whether the columns contain a key, declared or found in the data. */
  function isUniqueIn({ columns, schema, table }: ColumnSet): boolean {
    const found = model.table({ schema, table })
    if (found === undefined) return false
    const keyed = [...found.table.keys.map((key) => key.columns), foundKeys.get(found.id) ?? []]
    if (keyed.some((key) => key.length > 0 && key.every((name) => columns.includes(name)))) return true
    return columns.some((name) => {
      const column = found.column(name)
      return column !== undefined && keys.isOwnKey(column) && found.rows > 0
    })
  }

  function hiddenRows(table: TableName) {
    return hiddenIn(model.table(table)?.table)
  }

  function rowsOf(table: TableName): number {
    return model.table(table)?.rows ?? 0
  }

  function holdsRows({ from, to }: Pair): boolean {
    return rowsOf(from) > 0 && rowsOf(to) > 0
  }
}

/** One string per set of columns, whatever their order. */
const sortedSide = (set: ColumnSet): string => JSON.stringify([tableId(set), [...set.columns].sort()])

const pairOf = ({ from, key }: Possible): Pair => ({ from: sideOf(from), to: sideOf(key.column) })

/** `pairId` of a candidate; the text of each column is cached, as it is part of many pairs. */
const possibleId = ({ from, key }: Possible): string => `${columnId(from)} ${columnId(key.column)}`
const columnId = memoisedWeakly((column: ColumnModel): string => sideId(sideOf(column)))

const compositePair = ({ from, key }: CompositeCandidate): Pair => ({
  from: sideOf(...from),
  to: sideOf(...key.columns)
})

const polymorphicPair = ({ from, key, when }: PolymorphicCandidate): Pair => ({
  from: sideOf(from),
  to: sideOf(key),
  when
})

const listPair = ({ from, key }: ListCandidate): Pair => ({ from: sideOf(from), to: sideOf(key) })

/** Pairs grouped by the table on one side: tables in byte order, pairs in their order. */
function* byTable<P extends Pair>(pairs: ReadonlyArray<P>, side: (pair: P) => TableName) {
  const groups = new Map<string, { readonly table: TableName; readonly pairs: Array<P> }>()
  for (const pair of pairs) {
    const { schema, table } = side(pair)
    const id = tableId({ schema, table })
    const group = groups.get(id) ?? { table: { schema, table }, pairs: [] }
    group.pairs.push(pair)
    groups.set(id, group)
    yield
  }
  return [...groups].sort(([a], [b]) => byText(a, b)).map(([, group]) => group)
}

const fromSingle = ({ candidate, card, probability, status }: Decided): ReadonlyArray<Relationship> => {
  const { evidence } = candidate
  const inclusion = evidence?.inclusion ?? null
  // Rejected by probing alone: not stored.
  if (status === "rejected" && inclusion === null) return []
  const why =
    evidence === null || inclusion !== null
      ? []
      : [`no join was made, or it failed: ${evidence.probe.found} of ${evidence.probe.tried} sampled values are there`]
  const found = inferred(pairOf(candidate), status, probability, inclusion, [...reasons(card()), ...why])
  return [
    isCast(candidate.from, candidate.key.column) ? { ...found, compared: castOf(candidate.from, inclusion) } : found
  ]
}

const inferred = (
  pair: Pair,
  status: Relationship["status"],
  probability: number,
  inclusion: Inclusion | null,
  why: ReadonlyArray<string>
): Relationship => ({
  ...pair,
  status,
  // Confidence 1 is reserved for declared keys.
  confidence: Math.min(Math.round(probability * 10_000) / 10_000, 0.9999),
  cardinality: cardinality(inclusion),
  method: "inferred",
  decidedBy: "rules",
  evidence: { inclusion, reasons: why }
})
