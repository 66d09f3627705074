import { castTo } from "../../datasource/Inclusion.ts"
import { castOf, comparable, isCast, isKeyCast, type Possible } from "../Possible.ts"
import { sameWords } from "../../schema/ColumnWords.ts"
import { type ColumnModel, isUnique } from "../../schema/TableModel.ts"
import { family, type Line, line } from "./Signal.ts"
import { CLEAN, isNoCoincidence, missRate, type ValueEvidence } from "./Values.ts"

/** What names, types and values say together. */
export const TOGETHER = family("together", {
  exactly: [1, "the column has exactly the target's values, in a schema whose names say nothing"],
  cast: [0.5, "texts of the column, or of the key, are numbers or UUIDs: a person who joins them must know the cast"],
  needlessCast: [-4, "another key of the target has the column's texts as they are, so that no cast is meant"],
  typesDiffer: [-9, "the types cannot be compared"],
  sameId: [
    5,
    "both are called no more than an id, tell their tables' rows apart, and that all values are there is no coincidence: rows of one are rows of the other"
  ],
  agreed: [1.5, "name and values agree: in full without orphans, nothing from one orphan in ten on"],
  allThere: [0.3, "all values are in the target, and no name says so"]
})

/** Fewest distinct values that may agree with a name. */
const SOME = 3
/** Share of orphans, from 0 to 1, at which `agreed` counts nothing; below it in proportion. */
const FEW_ORPHANS = 0.1

/** What the types say: that one is read as the other, or that they cannot be compared. */
export const typeLines = (from: ColumnModel, to: ColumnModel, evidence: ValueEvidence | null): ReadonlyArray<Line> => {
  if (isCast(from, to)) {
    const compared = castOf(from, to, evidence?.inclusion ?? null)
    const [texts, key] = isKeyCast(from, to) ? [to, from] : [from, to]
    const what = key.typeClass === "uuid" ? "UUIDs" : "whole numbers"
    const why = compared.endsWith("some")
      ? `the texts of ${texts.name} are ${what} in a sample, and compared as such; others may not be`
      : `${texts === from ? "its texts" : `the texts of ${texts.name}`} are ${what}: CAST(${texts.name} AS ${castTo(key.baseType ?? key.type)}) is compared`
    return [line(TOGETHER.cast, why)]
  }
  return comparable(from.typeClass, to.typeClass) ? [] : [line(TOGETHER.typesDiffer, "the types differ")]
}

/**
 * That the ids of a table are some of another's: a special kind of its rows, which no name has to say. Ids that just count up are in each other
 * anyway, and prove nothing; and a table that names the other in a column of its own is no kind of it.
 */
export const sameId = ({ from, key }: Possible, evidence: ValueEvidence): ReadonlyArray<Line> => {
  const to = key.column
  const isBare = ({ words: { stem, suffix } }: ColumnModel) => stem.length === 0 && suffix !== ""
  const isKind =
    from.table !== to.table &&
    from.words.name === to.words.name &&
    isBare(from) &&
    isBare(to) &&
    isUnique(from) &&
    !from.table.columns.some(({ words: { stem } }) => sameWords(stem, to.table.words)) &&
    missRate(evidence) <= CLEAN &&
    isNoCoincidence(from, to, evidence)
  return isKind ? [line(TOGETHER.sameId, `each row has the ${to.name} of a row of ${to.table.table}`)] : []
}

/** That name and values agree, or that all values are there; `named` is whether the name says the target. */
export const agreed = ({ from, key }: Possible, evidence: ValueEvidence, named: boolean): ReadonlyArray<Line> => {
  const isClean = missRate(evidence) <= CLEAN
  const { distinct, matched } = evidence.inclusion ?? { distinct: from.profile.distinct ?? 0, matched: 0 }
  const end = `in ${key.column.table.table}.${key.column.name}`
  const share = Math.max(0, 1 - missRate(evidence) / FEW_ORPHANS)
  if (named && distinct >= SOME && share > 0) {
    const there = isClean ? `all its ${distinct} values are` : `${matched} of its ${distinct} values are`
    return [line(TOGETHER.agreed, isClean || matched > 0 ? `${there} ${end}` : "", share)]
  }
  if (!isClean) return []
  const there = distinct === 1 ? "its one value is" : `all its ${distinct} values are`
  return [line(TOGETHER.allThere, `${there} ${end}`)]
}
