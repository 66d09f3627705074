import { grouped } from "../../datasource/grouped.ts"
import type { Steps } from "../../steps/Steps.ts"
import { abbreviates, foldsInto, initialsOf } from "../../schema/ColumnWords.ts"
import { CROWD } from "./Crowd.ts"
import type { Keys, TargetKey } from "../../schema/Keys.ts"
import { memoised } from "../../language/memoised.ts"
import { isOfFirms, isOfPeople, saysFirm, saysPerson } from "../../schema/People.ts"
import { isEnd, SHORTEST_TAIL, withoutPreposition } from "../signals/NamePatterns.ts"
import type { ColumnModel } from "../../schema/TableModel.ts"

/**
 * An index from a column to the keys that its name may match, in the order of the keys; for all others `matchNames` finds no pattern.
 * `isEmpty` is whether the column has no values: then a word for a person ("teacher_id") matches no table of people.
 */
export function* mentioned(keys: Keys): Steps<(from: ColumnModel, isEmpty: boolean) => ReadonlyArray<TargetKey>> {
  const places = new Map<TargetKey, number>()
  const inTable: Array<readonly [string, TargetKey]> = []
  const inStem: Array<readonly [string, TargetKey]> = []
  const schemas = new Map<string, Set<string>>()
  for (const key of keys.targets) {
    const { schema, table } = key.column.table
    schemas.set(table, (schemas.get(table) ?? new Set()).add(schema))
    places.set(key, places.size)
    const { prefix, words } = key.column.table
    for (const word of new Set([...words, ...prefix, initialsOf(words)])) if (word !== "") inTable.push([word, key])
    for (const word of new Set(key.column.words.stem)) inStem.push([word, key])
    yield
  }
  const byTable = grouped(keys.targets, ({ column }) => column.table)
  const byTableWord = words(inTable)
  const byStemWord = words(inStem)
  const byTitle = grouped(keys.targets, ({ column }) => column.table.words.join(" "))
  const byName = grouped(keys.targets, ({ column }) => column.words.name)
  const byInitial = grouped(keys.targets, ({ column }) => column.table.words[0]?.[0] ?? "")
  const ofPeople = shortlist(keys.targets.filter(({ column }) => isOfPeople(column.table)))
  const ofFirms = shortlist(keys.targets.filter(({ column }) => isOfFirms(column.table)))
  /** Keys of tables whose whole names a word abbreviates. */
  const foldedInto = memoised((word: string) =>
    byInitial(word[0] ?? "").filter(({ column: { table } }) => table.words.length > 1 && foldsInto(word, table.words))
  )

  /**
   * Whether more than `CROWD` schemas have a table of the target's name and the column's own schema is one of them: that table is meant.
   */
  const isElsewhere = ({ table }: ColumnModel, { column }: TargetKey): boolean => {
    if (column.table.schema === table.schema) return false
    const all = schemas.get(column.table.table)
    return all !== undefined && all.size > CROWD && all.has(table.schema)
  }

  return (from, isEmpty) => {
    const { name, number, stem } = from.words
    const own = from.table.words
    const found = new Set(byTable(from.table))
    const add = (some: Iterable<TargetKey>) => {
      for (const key of some) found.add(key)
    }
    for (const word of stem) {
      add(byTableWord.alike(word))
      add(byStemWord.same(word))
    }
    // Tables whose whole name is in the column's are found here even if the shortlists above have dropped them.
    for (let at = 0; at < stem.length; at++) {
      const end = stem.slice(at)
      for (let taken = 0; taken <= own.length; taken++) add(byTitle([...own.slice(0, taken), ...end].join(" ")))
    }
    // And tables whose name is the end of the last word (`adresse` for `rechnungsadresse`).
    const last = stem.at(-1) ?? ""
    for (let at = 1; at <= last.length - SHORTEST_TAIL; at++) add(byTitle(last.slice(at)))
    add(shortlist(foldedInto(withoutPreposition(stem).at(-1) ?? "")))
    const isPerson = !isEmpty && saysPerson(from)
    if (isPerson) add(ofPeople)
    if (!isEmpty && saysFirm(from)) add(ofFirms)
    // Names of persons, of ends of pairs and numbered names match in further ways.
    if (isPerson || number !== null || isEnd(from)) {
      add(shortlist(byName(name)))
      for (const word of stem) add(byStemWord.alike(word))
      for (let start = 0; start < own.length; start++) {
        for (let end = start + 1; end <= own.length; end++) add(byTitle(own.slice(start, end).join(" ")))
      }
    }
    return [...found]
      .filter((key) => !isElsewhere(from, key))
      .sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0))
  }
}

/** Keys per word: of a word that matches more, only the most likely are taken. Still more than `CROWD`, so that it counts as a crowd. */
const MANY = 2 * CROWD

/** At most `MANY` keys: first those of tables with fewer words, then keys named after their own table, then those with more values. */
const shortlist = (keys: ReadonlyArray<TargetKey>): ReadonlyArray<TargetKey> =>
  keys.length <= MANY
    ? keys
    : [...keys]
        .sort(
          (a, b) =>
            a.column.table.words.length - b.column.table.words.length ||
            Number(b.owned) - Number(a.owned) ||
            (b.column.profile.distinct ?? 0) - (a.column.profile.distinct ?? 0)
        )
        .slice(0, MANY)

/** An index of keys by word: `same` finds the word itself, `alike` also its abbreviations and what it abbreviates. */
const words = (all: ReadonlyArray<readonly [string, TargetKey]>) => {
  const byWord = grouped(all, ([word]) => word)
  const byInitial = grouped(new Set(all.map(([word]) => word)), (word) => word[0] ?? "")
  const same = memoised((word: string) => shortlist(byWord(word).map(([, key]) => key)))
  const alike = memoised((word: string) =>
    byInitial(word[0] ?? "").flatMap((other) =>
      other === word || abbreviates(word, other) || abbreviates(other, word) ? same(other) : []
    )
  )
  return { same, alike }
}
