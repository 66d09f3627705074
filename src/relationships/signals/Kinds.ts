import { MEASURE_WORDS, ORDER_WORDS } from "../../language/Lexicon.ts"
import { wordSet } from "../../language/wordSet.ts"
import { sameWords } from "../../schema/ColumnWords.ts"
import { type ColumnModel, isUnique } from "../../schema/TableModel.ts"
import { family, type Line, line, type Signal, TRIAL } from "./Signal.ts"
import type { NameMatch } from "./Names.ts"
import type { Possible } from "../Possible.ts"

/** What the kind of a column, and of its target, says: types, keys, indexes, comments, distributions, and words that name no target. */
export const KINDS = family("kinds", {
  notAKey: [-2.2, "the target only happens to have values that do not repeat", TRIAL],
  secondKey: [-1, "the target is a unique column, and not its table's first key"],
  sameType: [0.4, "both columns have the same type", TRIAL],
  oneRow: [-0.8, "the target's table has one row only", TRIAL],
  indexed: [1, "the column has an index of its own", TRIAL],
  inKey: [0.8, "the column is part of its table's key", TRIAL],
  comment: [1, "the column's comment mentions the target", TRIAL],
  keySuffix: [1.6, "the column's name ends as those of keys do", TRIAL],
  numbered: [
    1.2,
    "the column holds several whole numbers and is called as the target's table is: no label of it, and no measure"
  ],
  sameSuffix: [0.8, "the target's name ends in the same key word", TRIAL],
  count: [-3, "the column's name is a plural, as if it said how many"],
  measure: [-2.5, "the column's name says a measure", TRIAL],
  order: [-4, "the column's name says a place in an order"],
  anything: [-4, "a column beside it says what it refers to, row by row"],
  flag: [-2, "the column's name says yes or no", TRIAL],
  ownKey: [-3.5, "the column is its own table's key", TRIAL],
  subtype: [3, "the column is its own table's key, and named as the target: a special kind of it", TRIAL],
  otherKey: [
    -8,
    "the column is declared unique, and would refer to another row of its own table: it is another key of it"
  ],
  unique: [-0.8, "the column's values do not repeat", TRIAL],
  uniqueToSecond: [-2, "the column's values do not repeat, and the target is not what its table is known by"],
  counter: [-1.5, "the column's values just count up", TRIAL],
  counters: [
    -4,
    "both are the keys of their tables, neither is named after its own, and both just count up: equal numbers mean nothing"
  ],
  oneValue: [-0.7, "the column holds one value only", TRIAL],
  prose: [-3, "the column holds prose", TRIAL],
  sequence: [-3, "a sequence fills the column", TRIAL]
})

/** Average length, in characters, from which a text is prose. */
const PROSE = 40

/** Words of discriminator columns, which name the target of a polymorphic reference. */
const DISCRIMINATORS = wordSet("class kind model entity table type")

/** The column that says what a polymorphic reference refers to: `owner_type` beside `owner_id`. */
export const kindBeside = ({ table, words: { stem, suffix } }: ColumnModel): string | undefined =>
  suffix === "" || stem.length === 0
    ? undefined
    : table.columns.find(
        ({ enumLabels, typeClass, words }) =>
          (typeClass === "text" || enumLabels !== null) &&
          words.all.length === stem.length + 1 &&
          stem.every((word, i) => word === words.all[i]) &&
          DISCRIMINATORS.has(words.all.at(-1) ?? "")
      )?.name

/** First words of names of flags: `is_active`, `can_edit`. */
const FLAGS = wordSet("is has can should allow enable use")

const isFlag = ({ words: { all } }: ColumnModel) => all.length > 1 && FLAGS.has(all[0] ?? "")

/** First words of names of counts: `rows_read`, `total_clicks`, `num_of_seats`. */
const COUNTING = wordSet("average avg count max maximum min minimum num number row sum total")

/** Whether a column measures something, by its name. */
export const isMeasure = ({ typeClass, words: { stem, suffix } }: ColumnModel): boolean =>
  suffix === "" &&
  typeClass !== "time" &&
  (MEASURE_WORDS.has(stem.at(-1) ?? "") || (stem.length > 1 && COUNTING.has(stem[0] ?? "")))

/** Whether a column's numbers say how many, by its name: `targets`. */
export const isCount = ({ typeClass, words: { plural, suffix } }: ColumnModel): boolean =>
  plural && suffix === "" && typeClass !== "text" && typeClass !== "uuid"

/** Whether a column puts its rows in an order, by its name. */
export const isOrder = ({ words: { stem, suffix } }: ColumnModel): boolean =>
  suffix === "" && ORDER_WORDS.has(stem.at(-1) ?? "")

/** Whether a column has an index of its own. */
const isIndexed = ({ name, table }: ColumnModel): boolean => table.indexes.some((columns) => columns[0] === name)

/** Whether a column is part of a key of several columns. */
const isInKey = ({ name, table }: ColumnModel): boolean =>
  table.keys.some(({ columns }) => columns.length > 1 && columns.includes(name))

/** Evidence from types, keys, indexes, comments and distributions of a column and its target. */
export const traits = ({ from, isOwnKey, key, names }: Possible, namesSpeak: boolean): ReadonlyArray<Line> => {
  const to = key.column
  const target = to.table.table
  const lines: Array<Line> = []
  const add = (signal: Signal, why: string) => lines.push(line(signal, why))

  if (key.kind === "data")
    add(KINDS.notAKey, `${to.name} is not the key of ${target}, its values only happen not to repeat`)
  // A bare "id" is what others refer to, also where the table's first key is what its rows are called.
  if (key.kind === "unique" && (to.words.stem.length > 0 || to.words.suffix === ""))
    add(KINDS.secondKey, `${to.name} is not the first key of ${target}`)
  if (from.type === to.type) add(KINDS.sameType, `both are ${to.type}`)
  if (to.table.rows === 1) add(KINDS.oneRow, `${target} has one row only`)

  if (isIndexed(from)) add(KINDS.indexed, "it has an index of its own")
  if (isInKey(from)) add(KINDS.inKey, "it is part of its table's key")
  const { comment } = from
  if (comment !== null && (mentions(comment, target) || mentions(comment, to.table.words.join(" "))))
    add(KINDS.comment, `its comment mentions ${target}`)

  if (namesSpeak || names.strong) lines.push(...spoken(from, to, names))
  if (isOwnKey) {
    add(KINDS.ownKey, `it is ${from.table.table}'s own key`)
    const vague = names.pattern === "end of table" && from.words.stem.length === 1
    // A subtype's key is what its supertype's is: no sequence of its own fills it.
    if (names.strong && !vague && !from.sequence)
      add(KINDS.subtype, `a key that is the key of ${target} too, as of a special kind of it`)
  } else if (isUnique(from) && from.table.rows > 1) add(KINDS.unique, "its values do not repeat")
  if (from.table === to.table && names.pattern !== "parent" && isDeclaredUnique(from)) {
    add(KINDS.otherKey, `it is declared to tell the rows of ${target} apart`)
  }
  if (isUnique(from) && !key.isKey && !names.strong) {
    add(KINDS.uniqueToSecond, `its values do not repeat, and ${to.name} is not what ${target} is known by`)
  }
  if (isCounter(from)) add(KINDS.counter, "its values just count up")
  if (isOwnKey && key.handedOn && isCounter(from) && isCounter(to))
    add(KINDS.counters, `${to.name} just counts up as well, each for its own table`)
  if (from.profile.distinct === 1) add(KINDS.oneValue, "it holds one value only")
  if ((from.profile.averageLength ?? 0) > PROSE) add(KINDS.prose, "it holds prose")
  if (from.sequence) add(KINDS.sequence, "a sequence fills it")
  return lines
}

/** Evidence from the words of a column's name, apart from what target they name. */
const spoken = (from: ColumnModel, to: ColumnModel, names: NameMatch): ReadonlyArray<Line> => {
  const lines: Array<Line> = []
  const add = (signal: Signal, why: string) => lines.push(line(signal, why))
  if (from.words.suffix !== "") add(KINDS.keySuffix, `it is named as keys are, "${from.words.suffix}" at its end`)
  if (from.words.suffix !== "" && from.words.suffix === to.words.suffix)
    add(KINDS.sameSuffix, `the key is named so, too`)
  const last = from.words.stem.at(-1) ?? ""
  if (isNumberOf(from, names)) add(KINDS.numbered, "its whole numbers can be no label of what it names")
  if (isCount(from)) add(KINDS.count, "its name is a plural, as if it said how many")
  if (isMeasure(from)) add(KINDS.measure, `"${MEASURE_WORDS.has(last) ? last : from.words.stem[0]}" is a measure`)
  else if (
    isOrder(from) &&
    (names.pattern === null || (from.words.stem.every((word) => ORDER_WORDS.has(word)) && !saysTable(to, from)))
  ) {
    add(KINDS.order, `"${last}" is a place in an order`)
  }
  if (!names.strong || names.loose) {
    const kind = kindBeside(from)
    if (kind !== undefined) add(KINDS.anything, `${kind} beside it says what it refers to, row by row`)
  }
  if (isFlag(from)) add(KINDS.flag, "it says yes or no")
  return lines
}

/** Whether a column holds whole numbers, is called as a table, and says no measure, place or count. */
const isNumberOf = (from: ColumnModel, { loose, pattern }: NameMatch): boolean =>
  from.typeClass === "integer" &&
  (from.profile.distinct ?? 0) > 1 &&
  from.words.suffix === "" &&
  !loose &&
  (pattern === "table" || pattern === "context and table") &&
  !isMeasure(from) &&
  !isOrder(from) &&
  !isCount(from)

/** Whether both columns are called as the target's table is: `priority` of a table `priority`. */
const saysTable = (to: ColumnModel, from: ColumnModel): boolean =>
  to.words.name === from.words.name && sameWords(to.words.stem, to.table.words)

const isDeclaredUnique = ({ name, table }: ColumnModel): boolean =>
  table.keys.some(({ columns }) => columns.length === 1 && columns[0] === name)

const isCounter = (column: ColumnModel): boolean => {
  const { maximum, minimum } = column.profile
  return (
    isUnique(column) &&
    column.typeClass === "integer" &&
    (minimum === "0" || minimum === "1") &&
    maximum !== null &&
    Number(maximum) - Number(minimum) + 1 === column.table.rows &&
    column.table.rows > 2
  )
}

const mentions = (comment: string, table: string): boolean =>
  new RegExp(`(^|\\W)${table.replace(/[^\p{L}\p{N}_]/gu, ".")}(\\W|$)`, "iu").test(comment)
