import { MEASURE_WORDS, ORDER_WORDS } from "../language/Lexicon.ts"
import { wordSet } from "../language/wordSet.ts"
import { type ColumnModel, isUnique } from "../schema/TableModel.ts"
import type { Line } from "./Scorecard.ts"
import type { NameMatch } from "./NameMatch.ts"
import type { Possible } from "./Candidates.ts"

// Weights in log odds, by what `traits` says of each.
const NOT_A_KEY = -2.2
const SECOND_KEY = -1
const SAME_TYPE = 0.4
const SAME_LENGTH = 0.8
const ONE_ROW = -0.8
const KEY_SUFFIX = 1.6
const SAME_SUFFIX = 0.8
const INDEXED = 1
const IN_KEY = 0.8
const COMMENT = 1
const MEASURE = -2.5
const COUNT = -3
const ORDER = -2
const ORDER_OR_NAME = -1
const ANYTHING = -4
const PERHAPS_ANYTHING = -2
const BOOLEAN = -2
const OWN_KEY = -3.5
const SUBTYPE = 3
/** A unique column that refers to a table refers to its key, not to another unique column of it. */
const UNIQUE_TO_SECOND = -2
const UNIQUE = -0.8
const COUNTER = -1.5
const ONE_VALUE = -0.7
const FREE_TEXT = -3
const SEQUENCE = -3
/** Average length, in characters, from which a text is prose. */
const PROSE = 40

/** Words of discriminator columns, which name the target of a polymorphic reference. */
const KINDS = wordSet("class kind model entity table type")

/** The column that says what a polymorphic reference refers to: `owner_type` beside `owner_id`. */
export const kindBeside = ({ table, words: { stem, suffix } }: ColumnModel): string | undefined =>
  suffix === "" || stem.length === 0
    ? undefined
    : table.columns.find(
        ({ typeClass, words }) =>
          typeClass === "text" &&
          words.all.length === stem.length + 1 &&
          stem.every((word, i) => word === words.all[i]) &&
          KINDS.has(words.all.at(-1) ?? "")
      )?.name

/** A discriminator column without a role, which may apply to every id of the table: `model` beside `res_id`. */
const bareKindOf = ({ table }: ColumnModel): string | undefined =>
  table.columns.find(
    ({ typeClass, words: { all } }) => typeClass === "text" && all.length === 1 && KINDS.has(all[0] ?? "")
  )?.name

/** First words of names of flags: `is_active`, `can_edit`. */
const FLAGS = wordSet("is has can should allow enable use")

const isFlag = ({ words: { all } }: ColumnModel) => all.length > 1 && FLAGS.has(all[0] ?? "")

/** First words of names of counts: `rows_read`, `total_clicks`, `num_of_seats`. */
const COUNTING = wordSet("average avg count max maximum min minimum num number row sum total")

/** Whether a column measures something, by its name. */
export const isMeasure = ({ words: { stem, suffix } }: ColumnModel): boolean =>
  suffix === "" && (MEASURE_WORDS.has(stem.at(-1) ?? "") || (stem.length > 1 && COUNTING.has(stem[0] ?? "")))

/** Whether a column's numbers say how many, by its name: `targets`. */
export const isCount = ({ typeClass, words: { plural, suffix } }: ColumnModel): boolean =>
  plural && suffix === "" && typeClass !== "text" && typeClass !== "uuid"

/** Whether a column puts its rows in an order, by its name. */
export const isOrder = ({ words: { stem, suffix } }: ColumnModel): boolean =>
  suffix === "" && ORDER_WORDS.has(stem.at(-1) ?? "")

/** Evidence from types, keys, indexes, comments and distributions of a column and its target. */
export const traits = ({ from, isOwnKey, key, names }: Possible, namesSpeak: boolean): ReadonlyArray<Line> => {
  const to = key.column
  const target = to.table.table
  const lines: Array<Line> = []
  const add = (points: number, reason: string) => lines.push({ points, reason })

  if (key.kind === "data")
    add(NOT_A_KEY, `${to.name} is not the key of ${target}, its values only happen not to repeat`)
  if (key.kind === "unique") add(SECOND_KEY, `${to.name} is not the first key of ${target}`)
  if (from.type === to.type) add(/\(/.test(to.type) ? SAME_LENGTH : SAME_TYPE, `both are ${to.type}`)
  if (to.table.rows === 1) add(ONE_ROW, `${target} has one row only`)

  if (from.table.indexes.some((columns) => columns[0] === from.name)) add(INDEXED, "it has an index of its own")
  if (from.table.keys.some((each) => each.columns.length > 1 && each.columns.includes(from.name))) {
    add(IN_KEY, "it is part of its table's key")
  }
  const { comment } = from
  if (comment !== null && (mentions(comment, target) || mentions(comment, to.table.words.join(" "))))
    add(COMMENT, `its comment mentions ${target}`)

  if (namesSpeak || names.strong) lines.push(...spoken(from, to, names))
  if (isOwnKey) {
    add(OWN_KEY, `it is ${from.table.table}'s own key`)
    const vague = names.pattern === "end of table" && from.words.stem.length === 1
    if (names.strong && !vague) add(SUBTYPE, `a key that is the key of ${target} too, as of a special kind of it`)
  } else if (isUnique(from) && from.table.rows > 1) add(UNIQUE, "its values do not repeat")
  if (isUnique(from) && !key.isKey && !names.strong) {
    add(UNIQUE_TO_SECOND, `its values do not repeat, and ${to.name} is not what ${target} is known by`)
  }
  if (isCounter(from)) add(COUNTER, "its values just count up")
  if (from.profile.distinct === 1) add(ONE_VALUE, "it holds one value only")
  if ((from.profile.averageLength ?? 0) > PROSE) add(FREE_TEXT, "it holds prose")
  if (from.sequence) add(SEQUENCE, "a sequence fills it")
  return lines
}

/** Evidence from the words of a column's name, apart from what target they name. */
const spoken = (from: ColumnModel, to: ColumnModel, names: NameMatch): ReadonlyArray<Line> => {
  const lines: Array<Line> = []
  const add = (points: number, reason: string) => lines.push({ points, reason })
  if (from.words.suffix !== "") add(KEY_SUFFIX, `it is named as keys are, "${from.words.suffix}" at its end`)
  if (from.words.suffix !== "" && from.words.suffix === to.words.suffix) add(SAME_SUFFIX, `the key is named so, too`)
  const last = from.words.stem.at(-1) ?? ""
  if (isCount(from)) add(COUNT, "its name is a plural, as if it said how many")
  if (isMeasure(from)) add(MEASURE, `"${MEASURE_WORDS.has(last) ? last : from.words.stem[0]}" is a measure`)
  else if (isOrder(from)) {
    add(
      names.pattern === null || from.words.stem.length === 1 ? ORDER : ORDER_OR_NAME,
      `"${last}" is a place in an order`
    )
  }
  if (!names.strong) {
    const kind = kindBeside(from)
    const perhaps = names.pattern === null && from.words.suffix !== "" ? bareKindOf(from) : undefined
    if (kind !== undefined) add(ANYTHING, `${kind} beside it says what it refers to, row by row`)
    else if (perhaps !== undefined) add(PERHAPS_ANYTHING, `${perhaps} beside it may say what it refers to, row by row`)
  }
  if (isFlag(from)) add(BOOLEAN, "it says yes or no")
  return lines
}

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
