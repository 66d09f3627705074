import { grouped } from "../../datasource/grouped.ts"
import { memoised } from "../../language/memoised.ts"
import type { Keys } from "../../schema/Keys.ts"
import type { SchemaModel } from "../../schema/SchemaModel.ts"
import type { ColumnModel, TableModel } from "../../schema/TableModel.ts"
import { flatMapInSteps, type Steps } from "../../steps/Steps.ts"
import { canRefer, comparable, type Possible } from "../Possible.ts"
import { containment } from "../signals/Containment.ts"
import {
  type CompositeCandidate,
  type CompositeKey,
  likenessOf,
  MOST_TARGETS,
  sideText,
  sourceId
} from "./Composites.ts"

/** What is known of the columns that may be together a reference by value. */
export interface ByValues {
  readonly keys: Keys
  /** The references that names say clearly. */
  readonly strong: ReadonlyArray<Possible>
  /** Whether the schema's names say anything: then one column at least must be named, or refer, as the key's. */
  readonly namesSpeak: boolean
  /** What names alone have made candidates. */
  readonly named: ReadonlyArray<CompositeCandidate>
}

/** A column that may stand for one of a key's. */
interface Part {
  readonly column: ColumnModel
  /** Whether its name or what both refer to says so, and not only its values. */
  readonly isSaid: boolean
  /** Whether that, or its values, say so by themselves. */
  readonly isSure: boolean
}

/** A name, or a table that is referred to, which parts of more keys have, picks none. Bounds the keys that a table is compared with. */
const MANY_KEYS = 50
/** Candidates of one table at most. Bounds the number of test joins. */
const MOST_OF_TABLE = 24

/**
 * References of several columns that names do not say in full: each column of the key has a counterpart that is named alike, refers to the
 * same (or is what that refers to), or holds values of it. `country (capital, code)` refers to `city (name, country)`: its code is what
 * `city.country` refers to, and its capitals are names of cities.
 */
export function* compositesByValues(
  model: SchemaModel,
  compositeKeys: ReadonlyArray<CompositeKey>,
  { keys, named, namesSpeak, strong }: ByValues
): Steps<ReadonlyArray<CompositeCandidate>> {
  const known = new Set(named.map((each) => `${sourceId(each)} ${sideText(each.key.columns)}`))
  const ownKeys = grouped(compositeKeys, ({ table }) => table)
  const own = new Set(compositeKeys.map(({ columns }) => sideText(columns)))
  const meant = new Map<ColumnModel, Set<ColumnModel>>()
  for (const { from, key } of strong) {
    if (key.isKey && from.table !== key.column.table) meant.set(from, (meant.get(from) ?? new Set()).add(key.column))
    yield
  }
  const refersTo = memoised((column: ColumnModel): ReadonlySet<ColumnModel> => {
    const all = new Set(meant.get(column))
    return keys.target(column)?.isKey === true ? all.add(column) : all
  })
  const partsOf = (table: TableModel, to: ColumnModel): ReadonlyArray<Part> =>
    table.columns.flatMap((column): ReadonlyArray<Part> => {
      if (!comparable(column.typeClass, to.typeClass) || !canRefer(column) || column.profile.distinct === 0) return []
      if (column === to) return repeats(column) ? [{ column, isSaid: true, isSure: false }] : []
      const held = containment(column, to)
      if (held === "no") return []
      const isLinked = [...refersTo(column)].some((each) => refersTo(to).has(each))
      const isSaid = isLinked || (table !== to.table && likenessOf(column, to, () => false) !== undefined)
      return isSaid || held === "yes" || !namesSpeak ? [{ column, isSaid, isSure: isSaid || held === "yes" }] : []
    })
  /** The columns of a table that may refer to a key, together. */
  const sidesOf = (table: TableModel, key: CompositeKey): ReadonlyArray<ReadonlyArray<ColumnModel>> => {
    const parts: Array<ReadonlyArray<Part>> = []
    for (const to of key.columns) {
      const some = partsOf(table, to)
      if (some.length === 0) return []
      parts.push(some)
    }
    return combinations(parts).flatMap((chosen) => {
      const from = chosen.map(({ column }) => column)
      if (new Set(from).size < from.length) return []
      // What is said in full is a matter of names.
      const isMeant = chosen.some(({ isSaid }) => isSaid) && (table === key.table || !isNamed(from, key))
      return isMeant || !namesSpeak ? [from] : []
    })
  }
  const byName = grouped(
    compositeKeys.flatMap((key) => key.columns.map((column) => ({ key, name: column.words.name }))),
    ({ name }) => name
  )
  const byTarget = grouped(
    compositeKeys.flatMap((key) => key.columns.flatMap((column) => [...refersTo(column)].map((to) => ({ key, to })))),
    ({ to }) => to
  )
  const few = <A>(all: ReadonlyArray<A>): ReadonlyArray<A> => (all.length > MANY_KEYS ? [] : all)
  /** The keys that a table may refer to: of its own, and those a part of which it has by name, or by what it refers to. */
  const keysFor = (table: TableModel): Iterable<CompositeKey> =>
    namesSpeak
      ? new Set([
          ...ownKeys(table),
          ...table.columns.flatMap((column) =>
            [...few(byName(column.words.name)), ...[...refersTo(column)].flatMap((to) => few(byTarget(to)))].map(
              ({ key }) => key
            )
          )
        ])
      : few(compositeKeys)
  const filled = model.tables.filter(({ rows }) => rows > 0)
  return yield* flatMapInSteps(filled, (table) => {
    const found = new Map<string, CompositeCandidate>()
    const bySource = new Map<string, number>()
    for (const key of keysFor(table)) {
      for (const from of key.table.rows === 0 ? [] : sidesOf(table, key)) {
        const source = sideText(from)
        const id = `${source} ${sideText(key.columns)}`
        const before = bySource.get(source) ?? 0
        if (own.has(source) || known.has(id) || found.has(id)) continue
        if (before >= MOST_TARGETS || found.size >= MOST_OF_TABLE) continue
        bySource.set(source, before + 1)
        found.set(id, { from, key, likeness: 0, said: 0, isRole: false, isOwnKey: false, byValues: true })
      }
    }
    return [...found.values()]
  })
}

/** For each column that surely stands for one of a key's: with it, for each other, the one that is said, or else stands nearest. */
const combinations = (parts: ReadonlyArray<ReadonlyArray<Part>>): ReadonlyArray<ReadonlyArray<Part>> =>
  parts.flatMap((some, i) =>
    some
      .filter(({ isSure }) => isSure)
      .map((sure) => parts.map((others, j) => (i === j ? sure : nearest(others, sure))))
      .map((chosen) => chosen.filter((part) => part !== undefined))
      .filter(({ length }) => length === parts.length)
  )

const nearest = (parts: ReadonlyArray<Part>, { column }: Part): Part | undefined => {
  const away = (part: Part) => Math.abs(part.column.position - column.position)
  return parts
    .filter((part) => part.column !== column)
    .toSorted((a, b) => Number(b.isSaid) - Number(a.isSaid) || away(a) - away(b))[0]
}

/** Whether a column of its own table's key can be shared with the rows that others refer to: a tree's name, but not a node's. */
const repeats = ({ profile, table }: ColumnModel): boolean => (profile.distinct ?? 0) <= OFTEN * table.rows

/** Distinct values per row at most, of a column that many rows share. Set by hand. */
const OFTEN = 0.5

const isNamed = (from: ReadonlyArray<ColumnModel>, { columns }: CompositeKey): boolean =>
  from.every((column, i) => {
    const to = columns[i]
    return to !== undefined && likenessOf(column, to, () => false) !== undefined
  })
