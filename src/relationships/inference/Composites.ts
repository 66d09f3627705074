import { grouped } from "../../datasource/grouped.ts"
import { flatMapInSteps, type Steps } from "../../steps/Steps.ts"
import { canRefer, comparable } from "../Possible.ts"
import {
  abbreviated,
  abbreviates,
  beginsWith,
  endsIn,
  isAcronym,
  sameWords,
  withoutForm
} from "../../schema/ColumnWords.ts"
import type { SchemaModel } from "../../schema/SchemaModel.ts"
import type { ColumnModel, TableModel } from "../../schema/TableModel.ts"

/** A key of several columns that others may refer to. */
export interface CompositeKey {
  readonly table: TableModel
  readonly columns: ReadonlyArray<ColumnModel>
  /** Whether its name says that a part of it is its table's; otherwise only that no other table's key is called like it. */
  readonly owned: boolean
  /** Whether no other table has a key of the same names, all named as keys are, and none after another table's key. */
  readonly sole: boolean
  /** Whether each of its columns is named after another table's key, as those of a link table are. */
  readonly isLink: boolean
}

/** Columns of a table that may refer, together, to a composite key; paired by position. */
export interface CompositeCandidate {
  readonly from: ReadonlyArray<ColumnModel>
  readonly key: CompositeKey
  /** How alike the names are, per pair from 0 to 3, on average. */
  readonly likeness: number
  /** How clearly the columns' role says the key's table, from 0 (not at all, or no role) to 4. */
  readonly said: number
  /** Whether the columns have a role: words before (or behind) those of the key. */
  readonly isRole: boolean
  /** Whether the columns are the whole key of their own table. Such a match of names may be chance. */
  readonly isOwnKey: boolean
  /** Whether the values of some columns make it a candidate, and not the names of all. */
  readonly byValues: boolean
}

/**
 * Likeness of two columns' names, from 0 to 3: the same; the same without key words; the same after a role; one abbreviates the other.
 * Set by hand in the trial, except `WITH_ROLE` and `BOTH_NAMELESS`.
 */
export const SAME = 3
const SAME_STEM = 2.5
const WITH_ROLE = 2.2
const SHORTENED = 1.5
/** Both columns are called "name", "title" or the like: weak evidence. */
const BOTH_NAMELESS = 2
/** Least mean likeness of a candidate's columns. With less, no test join is made. */
const LEAST_LIKE = 1.8
/** Most keys that the same columns are joined to, those first whose tables the names say best. Bounds the number of test joins. */
export const MOST_TARGETS = 6
/** Least mean likeness for review if a table is empty, so that no test join is possible. */
export const LIKE_ENOUGH_ALONE = 2.8

/**
 * The composite keys of a schema that can be meant: declared ones, and those found in the data where a table declares none. A key
 * counts only if a part of it is its table's: otherwise its parts all belong elsewhere, and others share them with it by chance.
 * `claimed` are the columns that are named after another table's key. Where names do not speak, every key counts.
 */
export function* compositeKeys(
  model: SchemaModel,
  claimed: ReadonlySet<ColumnModel>,
  namesSpeak: boolean
): Steps<ReadonlyArray<CompositeKey>> {
  const tables = new Map<string, number>()
  for (const { words } of model.columns) {
    tables.set(words.name, (tables.get(words.name) ?? 0) + 1)
    yield
  }
  const few = Math.max(FEW_TABLES, FEW_TABLES_SHARE * model.tables.length)
  /** Whether a column identifies something that no other table has as its key, and is not one of the names that stand everywhere. */
  const unclaimed = (column: ColumnModel) =>
    !claimed.has(column) && column.words.suffix !== "" && (tables.get(column.words.name) ?? 0) <= few
  /** Whether another table has a column that is called after this one and its table: `shelf_letter` after `shelf.letter`. */
  const calledAfter = ({ table, words }: ColumnModel) => tables.has([...table.words, ...words.all].join("_"))
  const saysAnother = ({ table, words: { stem } }: ColumnModel) => {
    const other = model.named(stem)
    return other !== undefined && other !== table
  }
  /** Whether a column is called as its table begins, and no table of its own: `template` of `template_operation`. */
  const beginsTable = (column: ColumnModel) =>
    !claimed.has(column) && beginsWith(column.table.words, column.words.stem) && !saysAnother(column)
  const nameOf = (columns: ReadonlyArray<ColumnModel>) =>
    columns
      .map(({ words }) => words.name)
      .sort()
      .join()
  const keyed = new Map<string, number>()
  for (const name of model.tables.flatMap((table) => [...new Set(sets(table).map(nameOf))])) {
    keyed.set(name, (keyed.get(name) ?? 0) + 1)
    yield
  }
  return model.tables.flatMap((table) =>
    sets(table).flatMap((columns) => {
      const owned = owns(table, columns) || columns.some(calledAfter) || columns.some(beginsTable)
      const sole =
        keyed.get(nameOf(columns)) === 1 &&
        columns.every((column) => !claimed.has(column) && column.words.suffix !== "")
      const isLink = columns.every((column) => claimed.has(column) || saysAnother(column))
      return !namesSpeak || owned || sole || columns.some(unclaimed) ? [{ table, columns, owned, sole, isLink }] : []
    })
  )
}

/** The keys of several columns that a table declares, or that were found in its data where it declares none. */
const sets = (table: TableModel): ReadonlyArray<ReadonlyArray<ColumnModel>> => {
  const declared = table.keys.map((key) => key.columns)
  const all = declared.length > 0 ? declared : [table.foundKey]
  return all
    .map((names) => names.flatMap((name) => table.column(name) ?? []))
    .filter((columns, i) => columns.length > 1 && columns.length === all[i]?.length)
}

/** A name in no more tables than this, or than this share of them, does not stand everywhere. */
const FEW_TABLES = 2
const FEW_TABLES_SHARE = 0.25

const owns = (table: TableModel, columns: ReadonlyArray<ColumnModel>): boolean => {
  const thing = withoutForm(table.words)
  const isOwn = ({ words: { stem, suffix } }: ColumnModel) =>
    isNameless(stem) ||
    isNameOf(stem, table.words) ||
    sameWords(stem, thing) ||
    endsIn(table.words, stem) ||
    endsIn(thing, stem) ||
    endsIn(stem, thing) ||
    (suffix !== "" && abbreviated(stem, table.words.slice(-stem.length)))
  const stems = columns.map((column) => column.words.stem)
  const joins = stems.every((stem) => stem.some((word) => table.words.includes(word)))
  return columns.some(isOwn) || joins
}

/** Words for what something is called: alone they say nothing about what that is. */
const NAMELESS = new Set(["name", "title", "label"])

const isNameless = (stem: ReadonlyArray<string>): boolean =>
  stem.length === 0 || (stem.length === 1 && NAMELESS.has(stem[0] ?? ""))

/** Whether a column is called as the name of its table's rows: `trigger_name` of `job_trigger`. */
const isNameOf = (stem: ReadonlyArray<string>, table: ReadonlyArray<string>): boolean =>
  NAMELESS.has(stem.at(-1) ?? "") && stem.length > 1 && sameWords(stem.slice(0, -1), table.slice(1 - stem.length))

/** Composite keys whose columns have the same names and type classes: columns that match one of them by name match all. */
interface Kind {
  readonly columns: ReadonlyArray<ColumnModel>
  readonly keys: ReadonlyArray<CompositeKey>
  /** Whether one of the keys' tables is called so. */
  readonly isTable: (words: ReadonlyArray<string>) => boolean
  /** The keys in whose tables' names a word stands. */
  readonly withWord: (word: string) => ReadonlyArray<CompositeKey>
}

const kindsOf = (keys: ReadonlyArray<CompositeKey>): ReadonlyArray<Kind> => {
  const idOf = ({ columns }: CompositeKey) => columns.map(({ typeClass, words }) => `${words.name} ${typeClass}`).join()
  const alike = grouped(keys, idOf)
  return [...new Set(keys.map(idOf))].flatMap((id): ReadonlyArray<Kind> => {
    const all = alike(id)
    const [first] = all
    if (first === undefined) return []
    const tables = new Set(all.map(({ table }) => table.words.join(" ")))
    const byWord = new Map<string, Array<CompositeKey>>()
    for (const key of all) {
      for (const word of new Set(key.table.words)) {
        const known = byWord.get(word)
        if (known === undefined) byWord.set(word, [key])
        else known.push(key)
      }
    }
    return [
      {
        columns: first.columns,
        keys: all,
        isTable: (words) => tables.has(words.join(" ")),
        withWord: (word) => byWord.get(word) ?? []
      }
    ]
  })
}

/** Every way in which a table's columns are named like a composite key, the most alike per role. */
export function* compositeCandidates(
  model: SchemaModel,
  keys: ReadonlyArray<CompositeKey>
): Steps<ReadonlyArray<CompositeCandidate>> {
  const kinds = kindsOf(keys)
  const ownKeys = grouped(keys, ({ table }) => table)
  return yield* flatMapInSteps(model.tables, (table) => {
    const words = new Set(table.columns.flatMap((column) => column.words.all))
    const own = new Set(ownKeys(table).map(({ columns }) => sideText(columns)))
    // Names without a common word can only be alike if they are one word, or none.
    const mayFit = ({ columns }: Kind) =>
      columns.every((column) => column.words.stem.length <= 1 || column.words.all.some((word) => words.has(word)))
    const found = kinds
      .filter(mayFit)
      .flatMap((kind) =>
        chosenOf(table, kind).flatMap(({ from, likeness, role }) =>
          targetsOf(kind, role, table).map(({ key, said }): CompositeCandidate => {
            const isOwnKey = own.has(sideText(from))
            return { from, key, likeness, said, isRole: role.length > 0, isOwnKey, byValues: false }
          })
        )
      )
      .filter(({ key, likeness }) => likeness >= (key.owned || key.sole ? LEAST_LIKE : LIKE_ENOUGH_ALONE))
    const bySource = grouped(found, sourceId)
    return [...new Set(found.map(sourceId))].flatMap((source) =>
      bySource(source)
        .toSorted((a, b) => b.said - a.said || b.likeness - a.likeness)
        .slice(0, MOST_TARGETS)
    )
  })
}

/** Columns as one text, whatever their order. */
export const sideText = (columns: ReadonlyArray<ColumnModel>) =>
  columns
    .map(({ id }) => id)
    .sort()
    .join()

/** The columns of a candidate, as one text. */
export const sourceId = ({ from }: CompositeCandidate) => sideText(from)

/** If a kind has more keys than this, a role is compared only with tables that contain its first or last word. Set by hand. */
const MANY_KEYS = 50

/** The keys of a kind that columns of a table may refer to in a role, those first that the role says best. */
const targetsOf = (
  { keys, withWord }: Kind,
  role: ReadonlyArray<string>,
  table: TableModel
): ReadonlyArray<{ readonly key: CompositeKey; readonly said: number }> => {
  const others = keys.filter((key) => key.table !== table)
  if (role.length === 0) {
    // Without a role, only a table's name (`order_line_note` of `order_line`) can pick one of many keys with the same names.
    const meant = others.length <= MOST_TARGETS ? others : others.filter((key) => isPartOf(table, key.table))
    return meant.map((key) => ({ key, said: 0 }))
  }
  const withItsWords = () => [...new Set([...withWord(role.at(-1) ?? ""), ...withWord(role[0] ?? "")])]
  const compared = others.length <= MANY_KEYS ? others : withItsWords().filter((key) => key.table !== table)
  const said = compared
    .map((key) => ({ key, said: saysTable(role, table, key.table) }))
    .toSorted((a, b) => b.said - a.said)
  const clear = said.filter((each) => each.said > 0)
  return (clear.length > 0 ? clear : said).slice(0, MOST_TARGETS)
}

interface Component {
  readonly column: ColumnModel
  readonly likeness: number
  /** The words that stand before (or behind) the key's, as one; the same for all components but shared ones, which have none. */
  role: string
}

/** Columns that are named like those of a kind of keys, in a role. */
interface Chosen {
  readonly from: ReadonlyArray<ColumnModel>
  readonly likeness: number
  readonly role: ReadonlyArray<string>
}

const chosenOf = (table: TableModel, kind: Kind): ReadonlyArray<Chosen> => {
  const components = kind.columns.map((to) =>
    table.columns.flatMap((column): ReadonlyArray<Component> => {
      if (!comparable(column.typeClass, to.typeClass)) return []
      const found = likenessOf(column, to, kind.isTable)
      return found === undefined || (table.rows > 0 && !canRefer(column)) ? [] : [{ column, ...found }]
    })
  )
  if (components.some((each) => each.length === 0)) return []
  // A role may be spelled with the key's own word, as a subtype's are: `object_map` and `object_map_project` are an object and a project.
  const spelled = new Map(components.flat().map(({ column, role }) => [column.words.name, role]))
  for (const component of components.flat()) {
    const role = spelled.get(component.role) ?? ""
    if (role !== "") component.role = role
  }
  const roles = [...new Set(components.flat().map(({ role }) => role))].sort()
  const made = new Map<string, Chosen>()
  for (const role of roles) {
    const chosen = components.flatMap((each) => best(each, role) ?? [])
    if (chosen.length < components.length || new Set(chosen.map(({ column }) => column)).size < chosen.length) continue
    if (!chosen.some((component) => component.role === role)) continue
    const likeness = chosen.reduce((sum, component) => sum + component.likeness, 0) / chosen.length
    const from = chosen.map(({ column }) => column)
    made.set(from.map(({ id }) => id).join(), { from, likeness, role: role === "" ? [] : role.split("_") })
  }
  return [...made.values()]
}

/** How clearly a role says a table: in full, with more before it, by its end, by another's last word, by initials; 0: it does not. */
const saysTable = (role: ReadonlyArray<string>, from: TableModel, { words }: TableModel): number => {
  if (role.length === 0) return 0
  if (sameWords(role, words)) return 4
  if (endsIn(role, words)) return 3.5
  if (endsIn(words, role)) return 3
  if (beginsWith(words, role)) return 2
  if (abbreviated(role, words) || isAcronym(role.at(-1) ?? "", words)) return 2.5
  const common = words.at(-1) === role.at(-1)
  // An "interpolation datum" in a table of geodetic things is a geodetic datum rather than a vertical one.
  if (common) return words[0] === from.words[0] ? 2 : 1.5
  return beginsWith(from.words, words) ? 1 : 0
}

/** The component in this role, or the one that has none: two teams of one season share its year. */
const best = (components: ReadonlyArray<Component>, role: string): Component | undefined => {
  const pick = (wanted: string) =>
    components
      .filter((component) => component.role === wanted)
      .reduce<Component | undefined>((a, b) => (a === undefined || b.likeness > a.likeness ? b : a), undefined)
  return pick(role) ?? pick("")
}

/** How alike a column is named to a key's, and in what role; undefined if it is not. `isTable` is whether a key's table is called so. */
export const likenessOf = (
  from: ColumnModel,
  to: ColumnModel,
  isTable: (words: ReadonlyArray<string>) => boolean
): { readonly likeness: number; readonly role: string } | undefined => {
  const a = from.words
  const b = to.words
  if (a.name === b.name) return { likeness: isNameless(b.stem) ? BOTH_NAMELESS : SAME, role: "" }
  if (b.stem.length > 0 && sameWords(a.stem, b.stem)) return { likeness: SAME_STEM, role: "" }
  if (endsIn(a.all, b.all)) return { likeness: WITH_ROLE, role: a.all.slice(0, -b.all.length).join("_") }
  if (b.stem.length > 0 && beginsWith(a.all, b.all)) {
    return { likeness: WITH_ROLE, role: a.all.slice(b.all.length).join("_") }
  }
  if (b.suffix !== "" && a.suffix === "" && endsIn(a.stem, b.stem)) {
    return { likeness: WITH_ROLE, role: a.stem.slice(0, -b.stem.length).join("_") }
  }
  // A bare "id", "number" or "name" is called after its table where others refer to it, perhaps in a role.
  if (isNameless(b.stem) && a.stem.some((_, at) => isTable(a.stem.slice(at)))) {
    return { likeness: WITH_ROLE, role: a.stem.join("_") }
  }
  const [x] = a.stem
  const [y] = b.stem
  if (x === undefined || y === undefined || a.stem.length > 1 || b.stem.length > 1) return undefined
  return abbreviates(x, y) || abbreviates(y, x) || initials(x, y) || initials(y, x)
    ? { likeness: SHORTENED, role: "" }
    : undefined
}

/** Two letters that a word is cut down to: its first, and a later consonant (`lg`, `yr`). */
const initials = (short: string, long: string): boolean =>
  short.length === 2 && long.length > 3 && short[0] === long[0] && long.slice(1).includes(short[1] ?? long)

/** Whether a table is named as a part of another, or as a kind of it: `order_line_note` or `extra_order_line` of `order_line`. */
export const isPartOf = (part: TableModel | undefined, { words }: TableModel): boolean =>
  part !== undefined && (beginsWith(part.words, withoutForm(words)) || endsIn(part.words, words))
