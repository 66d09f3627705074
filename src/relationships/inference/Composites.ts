import { grouped } from "../../datasource/grouped.ts"
import type { Inclusion } from "../../datasource/Inclusion.ts"
import { flatMapInSteps, type Steps } from "../../steps/Steps.ts"
import { canRefer, comparable } from "../Possible.ts"
import { abbreviated, abbreviates, endsIn, sameWords } from "../../schema/ColumnWords.ts"
import type { SchemaModel } from "../../schema/SchemaModel.ts"
import type { ColumnModel, TableModel } from "../../schema/TableModel.ts"
import { COMPOSITES } from "../signals/Composites.ts"
import { type Line, line, type Scorecard } from "../signals/Signal.ts"

/** A key of several columns that others may refer to. */
export interface CompositeKey {
  readonly table: TableModel
  readonly columns: ReadonlyArray<ColumnModel>
  /** Whether its name says that a part of it is its table's; otherwise only that no other table's key is called like it. */
  readonly owned: boolean
  /** Whether no other table has a key of the same names, all named as keys are, and none after another table's key. */
  readonly sole: boolean
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
  /** Whether the columns are their own table's whole key, as of a subtype; or as it happens, called as other keys are. */
  readonly isOwnKey: boolean
}

/** Set by hand in the trial, but `BOTH_NAMELESS` and the roles. Names as alike as can be; the same without the key words; the same and a role; the one abbreviates the other. */
const SAME = 3
const SAME_STEM = 2.5
const WITH_ROLE = 2.2
const SHORTENED = 1.5
/** Both columns are called "name", "title" or the like: weak evidence. */
const BOTH_NAMELESS = 2
/** Below this the names say too little, whatever the values. */
const LEAST_LIKE = 1.8
/** If more keys than this fit the names of the same columns, those are kept that the names say best: each costs a join. */
const MOST_TARGETS = 6
/** Without values only names speak: then they have to say the same. */
const LIKE_ENOUGH_ALONE = 2.8

/**
 * The composite keys of a schema that can be meant: declared ones, and those found in the data where a table declares none. A key
 * counts only if a part of it is its table's: otherwise its parts all belong elsewhere, and others share them with it by chance.
 * `claimed` are the columns that are named after another table's key.
 */
export function* compositeKeys(
  model: SchemaModel,
  claimed: ReadonlySet<ColumnModel>
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
  const sets = (table: TableModel) => {
    const declared = table.keys.map((key) => key.columns)
    const all = declared.length > 0 ? declared : [table.foundKey]
    return all
      .map((names) => names.flatMap((name) => table.column(name) ?? []))
      .filter((columns, i) => columns.length > 1 && columns.length === all[i]?.length)
  }
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
      const owned = owns(table, columns) || columns.some(calledAfter)
      const sole =
        keyed.get(nameOf(columns)) === 1 &&
        columns.every((column) => !claimed.has(column) && column.words.suffix !== "")
      return owned || sole || columns.some(unclaimed) ? [{ table, columns, owned, sole }] : []
    })
  )
}

/** A name in no more tables than this, or than this share of them, does not stand everywhere. */
const FEW_TABLES = 2
const FEW_TABLES_SHARE = 0.25

const owns = (table: TableModel, columns: ReadonlyArray<ColumnModel>): boolean => {
  const isOwn = ({ words: { stem } }: ColumnModel) =>
    isNameless(stem) || sameWords(stem, table.words) || endsIn(table.words, stem) || endsIn(stem, table.words)
  const stems = columns.map((column) => column.words.stem)
  const joins = stems.every((stem) => stem.some((word) => table.words.includes(word)))
  return columns.some(isOwn) || joins
}

/** Words for what something is called: alone they say nothing about what that is. */
const NAMELESS = new Set(["name", "title", "label"])

const isNameless = (stem: ReadonlyArray<string>): boolean =>
  stem.length === 0 || (stem.length === 1 && NAMELESS.has(stem[0] ?? ""))

/** Every way in which a table's columns are named like a composite key, the most alike per role. */
export const compositeCandidates = (
  model: SchemaModel,
  keys: ReadonlyArray<CompositeKey>
): Steps<ReadonlyArray<CompositeCandidate>> =>
  flatMapInSteps(model.tables, (table) => {
    const own = keys.filter((key) => key.table === table).map(({ columns }) => sideText(columns))
    const bySource = new Map<string, Array<CompositeCandidate>>()
    for (const key of keys) {
      if (key.table === table) continue
      for (const candidate of candidatesOf(table, key, own)) {
        const id = sourceId(candidate)
        bySource.set(id, [...(bySource.get(id) ?? []), candidate])
      }
    }
    return [...bySource.values()].flatMap((all) =>
      all.toSorted((a, b) => b.said - a.said || b.likeness - a.likeness).slice(0, MOST_TARGETS)
    )
  })

/** Columns as one text, whatever their order. */
const sideText = (columns: ReadonlyArray<ColumnModel>) =>
  columns
    .map(({ id }) => id)
    .sort()
    .join()

const sourceId = ({ from }: CompositeCandidate) => sideText(from)

interface Component {
  readonly column: ColumnModel
  readonly likeness: number
  /** The words that stand before (or behind) the key's; the same for all components but shared ones, which have none. */
  readonly role: string
}

const candidatesOf = (
  table: TableModel,
  key: CompositeKey,
  own: ReadonlyArray<string>
): ReadonlyArray<CompositeCandidate> => {
  const components = key.columns.map((to) =>
    table.columns.flatMap((column): ReadonlyArray<Component> => {
      if (!comparable(column.typeClass, to.typeClass)) return []
      const found = likeness(column, to)
      return found === undefined || (table.rows > 0 && !canRefer(column)) ? [] : [{ column, ...found }]
    })
  )
  if (components.some((each) => each.length === 0)) return []
  const roles = [...new Set(components.flat().map(({ role }) => role))].sort()
  const made = new Map<string, CompositeCandidate>()
  for (const role of roles) {
    const chosen = components.flatMap((each) => best(each, role) ?? [])
    if (chosen.length < components.length || new Set(chosen.map(({ column }) => column)).size < chosen.length) continue
    if (!chosen.some((component) => component.role === role)) continue
    const mean = chosen.reduce((sum, component) => sum + component.likeness, 0) / chosen.length
    const from = chosen.map(({ column }) => column)
    if (mean < (key.owned || key.sole ? LEAST_LIKE : LIKE_ENOUGH_ALONE)) continue
    const said = saysTable(role === "" ? [] : role.split("_"), table, key.table)
    made.set(from.map(({ id }) => id).join(), {
      from,
      key,
      likeness: mean,
      said,
      isRole: role !== "",
      isOwnKey: own.includes(sideText(from))
    })
  }
  return [...made.values()]
}

/** How clearly a role says a table: in full, with more before it, by its end, by another's last word, by initials; 0: it does not. */
const saysTable = (role: ReadonlyArray<string>, from: TableModel, { words }: TableModel): number => {
  if (role.length === 0) return 0
  if (sameWords(role, words)) return 4
  if (endsIn(role, words)) return 3.5
  if (endsIn(words, role)) return 3
  if (words.length > role.length && sameWords(words.slice(0, role.length), role)) return 2
  if (abbreviated(role, words) || isAcronym(role.at(-1) ?? "", words)) return 2.5
  const common = words.at(-1) === role.at(-1)
  // An "interpolation datum" in a table of geodetic things is a geodetic datum rather than a vertical one.
  if (common) return words[0] === from.words[0] ? 2 : 1.5
  return from.words.length > words.length && sameWords(from.words.slice(0, words.length), words) ? 1 : 0
}

/** Whether the letters of a word are the initials of others: `uom` of `["unit", "of", "measure"]`. */
const isAcronym = (word: string, words: ReadonlyArray<string>): boolean =>
  words.length > 1 && word === words.map((each) => each[0]).join("")

/** The component in this role, or the one that has none: two teams of one season share its year. */
const best = (components: ReadonlyArray<Component>, role: string): Component | undefined => {
  const pick = (wanted: string) =>
    components
      .filter((component) => component.role === wanted)
      .reduce<Component | undefined>((a, b) => (a === undefined || b.likeness > a.likeness ? b : a), undefined)
  return pick(role) ?? pick("")
}

const likeness = (from: ColumnModel, to: ColumnModel): { likeness: number; role: string } | undefined => {
  const a = from.words
  const b = to.words
  if (a.name === b.name) return { likeness: isNameless(b.stem) ? BOTH_NAMELESS : SAME, role: "" }
  if (b.stem.length > 0 && sameWords(a.stem, b.stem)) return { likeness: SAME_STEM, role: "" }
  if (a.all.length > b.all.length && endsIn(a.all, b.all)) {
    const role = a.all.slice(0, -b.all.length)
    return { likeness: sameWords(role, to.table.words) ? SAME_STEM : WITH_ROLE, role: role.join("_") }
  }
  if (b.stem.length > 0 && a.all.length > b.all.length && sameWords(a.all.slice(0, b.all.length), b.all)) {
    return { likeness: WITH_ROLE, role: a.all.slice(b.all.length).join("_") }
  }
  // A bare "id", "number" or "name" is called after its table where others refer to it.
  if (isNameless(b.stem)) {
    if (sameWords(a.stem, to.table.words)) return { likeness: SAME_STEM, role: a.stem.join("_") }
    if (endsIn(a.stem, to.table.words)) return { likeness: WITH_ROLE, role: a.stem.join("_") }
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

/** Share of tuples (or of rows) that must have a counterpart. Set by hand in the trial, as `LEAST_BITS`. */
const LEAST_INCLUDED = 0.9
/** How unlikely the match must be if each column were right by itself and their combination chance. */
const LEAST_BITS = 6
/** From here a role says the target's table so clearly that few values are enough. Set by hand. */
const CLEARLY_SAID = 2
/** Probability where names and values both say so, and where only names do. Set by hand: nobody has measured how many are right. */
const CONFIDENCE = 0.95
const CONFIDENCE_NAMES = 0.5

/** What became of a composite candidate. */
export interface DecidedComposite {
  readonly candidate: CompositeCandidate
  readonly inclusion: Inclusion | null
  readonly status: "accepted" | "needs_review" | "rejected"
  readonly probability: number
  readonly card: Scorecard
}

/** Decides a composite candidate by its test join; null where either side holds nothing. */
export const decideComposite = (candidate: CompositeCandidate, inclusion: Inclusion | null): DecidedComposite => {
  const target = candidate.key.table.table
  const names = candidate.key.columns.map((column) => column.name).join(", ")
  const card: Array<Line> = [
    line(COMPOSITES.named, `its columns are named as ${target}'s key (${names})`, candidate.likeness)
  ]
  if (inclusion === null || inclusion.distinct === 0) {
    const review = candidate.likeness >= LIKE_ENOUGH_ALONE
    return {
      candidate,
      inclusion,
      card,
      status: review ? "needs_review" : "rejected",
      probability: review ? CONFIDENCE_NAMES : 0
    }
  }
  const included = Math.max(1 - inclusion.orphanRows / inclusion.rows, inclusion.matched / inclusion.distinct)
  const combinations = candidate.key.columns.reduce((all, column) => all * Math.max(1, column.profile.distinct ?? 1), 1)
  const density = Math.min(1, inclusion.targetDistinct / combinations)
  const bits = -inclusion.matched * Math.log2(density)
  card.push(
    line(
      included >= LEAST_INCLUDED ? COMPOSITES.included : COMPOSITES.notIncluded,
      `${inclusion.rows - inclusion.orphanRows} of ${inclusion.rows} rows have a counterpart`
    ),
    bits >= LEAST_BITS
      ? line(COMPOSITES.noCoincidence, "that they do is no coincidence")
      : line(COMPOSITES.littleProof, "that they do proves little")
  )
  const { key, from } = candidate
  const related = key.owned || key.sole || key.table.words[0] === from[0]?.table.words[0]
  if (!related) card.push(line(COMPOSITES.notItsOwn, `no part of that key is ${target}'s own`))
  const coincides = candidate.isOwnKey && !isPartOf(from[0]?.table, key.table)
  if (coincides) card.push(line(COMPOSITES.ownKey, "it is its own table's key, and may be called alike by chance"))
  const isSilent = candidate.isRole && candidate.said === 0 && !key.columns.some(saysItsTable)
  if (isSilent) card.push(line(COMPOSITES.unsaid, `its names do not say ${target}`))
  const isSaid = candidate.said >= CLEARLY_SAID || (bits >= LEAST_BITS && !isSilent)
  const isSure = isSaid && related && !coincides
  const status = included < LEAST_INCLUDED ? "rejected" : isSure ? "accepted" : "needs_review"
  const probability = status === "accepted" ? CONFIDENCE : status === "needs_review" ? CONFIDENCE_NAMES : 0
  return { candidate, inclusion, status, probability, card }
}

/** Whether a key's column is called after its table: `team_id` of `team`, but not `code` or `id`. */
const saysItsTable = ({ table, words: { stem } }: ColumnModel): boolean =>
  stem.some((word) => table.words.includes(word))

/** Whether a table is named as a part of another: `order_line_note` of `order_line`. */
const isPartOf = (part: TableModel | undefined, { words }: TableModel): boolean =>
  part !== undefined && part.words.length > words.length && sameWords(part.words.slice(0, words.length), words)

/** The share of a key's values that a source has. */
const coverage = ({ inclusion }: DecidedComposite): number =>
  inclusion === null ? 0 : inclusion.matched / Math.max(1, inclusion.targetDistinct)

/**
 * Of several keys that the same columns are accepted for, keeps the one that their names say best, then the one that they cover best. The
 * others are reviewed if the names say them as well, and otherwise rejected.
 */
export const withoutRivals = (decided: ReadonlyArray<DecidedComposite>): ReadonlyArray<DecidedComposite> => {
  const winners = new Map<string, DecidedComposite>()
  for (const each of decided) {
    if (each.status !== "accepted") continue
    const id = sourceId(each.candidate)
    const best = winners.get(id)
    const isBetter =
      best === undefined ||
      each.candidate.said > best.candidate.said ||
      (each.candidate.said === best.candidate.said && coverage(each) > coverage(best))
    if (isBetter) winners.set(id, each)
  }
  return decided.map((each) => {
    const best = winners.get(sourceId(each.candidate))
    if (best === undefined || best === each || each.status === "rejected") return each
    const title = best.candidate.key.table.table
    const card = [
      ...each.card,
      line(COMPOSITES.rival, `it refers to ${title}, which its names say better or its values cover`)
    ]
    return each.candidate.said < best.candidate.said
      ? { ...each, status: "rejected", probability: 0, card }
      : { ...each, status: "needs_review", probability: CONFIDENCE_NAMES, card }
  })
}

/** Sets an accepted composite reference to review if a larger one and a reference of its target imply it. */
export const withoutImplied = (decided: ReadonlyArray<DecidedComposite>): ReadonlyArray<DecidedComposite> => {
  const accepted = decided.filter(({ status }) => status === "accepted").map(({ candidate }) => candidate)
  const bySource = grouped(accepted, ({ from }) => from[0]?.table)
  const follows = ({ from, key }: CompositeCandidate) =>
    bySource(from[0]?.table).some((first) => {
      const through = from.map((column) => first.key.columns[first.from.indexOf(column)])
      return bySource(first.key.table).some(
        (second) => second.key === key && second.from.every((column, i) => column === through[i])
      )
    })
  return decided.map((each) =>
    each.status === "accepted" && follows(each.candidate)
      ? { ...each, status: "needs_review", probability: CONFIDENCE_NAMES, card: [...each.card, IMPLIED] }
      : each
  )
}

const IMPLIED = line(COMPOSITES.implied, "it follows from what it refers to together with more columns")
