import { grouped } from "../../datasource/grouped.ts"
import type { Inclusion } from "../../datasource/Inclusion.ts"
import { sameWords, withoutForm } from "../../schema/ColumnWords.ts"
import type { ColumnModel } from "../../schema/TableModel.ts"
import { CLEAN } from "../signals/Values.ts"
import { COMPOSITES } from "../signals/Composites.ts"
import { type Line, line, type Scorecard } from "../signals/Signal.ts"
import { type CompositeCandidate, isPartOf, LIKE_ENOUGH_ALONE, SAME, sourceId } from "./Composites.ts"

/** Share of tuples (or of rows) that must have a counterpart. Set by hand in the trial, as `LEAST_BITS`. */
const LEAST_INCLUDED = 0.9
/** The same for being accepted without review where no role says the target's table. Set by hand. */
const ENOUGH_INCLUDED = 0.95
/** How unlikely the match must be if each column were right by itself and their combination chance. */
const LEAST_BITS = 6
/** From here a role says the target's table so clearly that few values are enough. Set by hand. */
const CLEARLY_SAID = 2
/** Probability where names and values both say so, and where only names do. Set by hand: nobody has measured how many are right. */
const CONFIDENCE = 0.95
const CONFIDENCE_NAMES = 0.5
/** Probability where a test join leaves doubts: of 34 such in 26 databases (variant nofk, November 2026) 3 were right. */
const CONFIDENCE_DOUBTED = 0.1
const PROBABILITY = { accepted: CONFIDENCE, needs_review: CONFIDENCE_DOUBTED, rejected: 0 }
/** The same as `LEAST_BITS` where names do not say all of the columns. */
const MANY_BITS = 20

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
    candidate.byValues
      ? line(COMPOSITES.byValues, `its columns hold what those of ${target}'s key (${names}) hold`)
      : line(COMPOSITES.named, `its columns are named as ${target}'s key (${names})`, candidate.likeness)
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
  const isClean = 1 - included <= CLEAN
  if (candidate.byValues) {
    const isSure = isClean && bits >= MANY_BITS
    // A table with a row for each combination has those of any of its own columns.
    const isTrivial = from[0]?.table === key.table && bits < LEAST_BITS
    const isPossible = included >= LEAST_INCLUDED && !isTrivial
    const status = isSure ? "accepted" : isPossible ? "needs_review" : "rejected"
    return { candidate, inclusion, status, probability: PROBABILITY[status], card }
  }
  // The same names, all of whose combinations are there, are no coincidence, whatever the key is called.
  const isSame = candidate.likeness === SAME && isClean && bits >= MANY_BITS && !key.isLink
  const related = isSame || key.owned || key.sole || key.table.words[0] === from[0]?.table.words[0]
  if (!related) card.push(line(COMPOSITES.notItsOwn, `no part of that key is ${target}'s own`))
  const coincides = candidate.isOwnKey && !isPartOf(from[0]?.table, key.table)
  if (coincides) card.push(line(COMPOSITES.ownKey, "it is its own table's key, and may be called alike by chance"))
  const isSilent = candidate.isRole && candidate.said === 0 && !key.columns.some(saysItsTable)
  if (isSilent) card.push(line(COMPOSITES.unsaid, `its names do not say ${target}`))
  // Within one batch or tenant no value proves anything; that the names are those of a key of this very table does.
  const isNamed = isClean && !key.isLink && key.columns.some(saysItsTableInFull)
  if (isNamed) card.push(line(COMPOSITES.saysTable, `the key says ${target}, and each row has a counterpart`))
  const clearly = candidate.said >= CLEARLY_SAID || isNamed
  const isSaid = clearly || (bits >= LEAST_BITS && !isSilent)
  // A key whose parts all belong elsewhere is meant only where every row has a counterpart: what is in both tables may come from those.
  const strays = key.isLink && !isClean
  if (strays) card.push(line(COMPOSITES.strays, `${target} links other tables, and some rows are of those alone`))
  const isSure = isSaid && related && !coincides && !strays && (clearly || included >= ENOUGH_INCLUDED)
  const status = included < LEAST_INCLUDED ? "rejected" : isSure ? "accepted" : "needs_review"
  return { candidate, inclusion, status, probability: PROBABILITY[status], card }
}

/** Whether a key's column is called after its table: `team_id` of `team`, but not `code` or `id`. */
const saysItsTable = ({ table, words: { stem } }: ColumnModel): boolean =>
  stem.some((word) => table.words.includes(word))

/** Whether a key's column is called as its table is, and not only by a word of it: `stop_id` of `stop`. */
const saysItsTableInFull = ({ table, words: { stem } }: ColumnModel): boolean =>
  stem.length > 0 && (sameWords(stem, table.words) || sameWords(stem, withoutForm(table.words)))

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
      : { ...each, status: "needs_review", probability: CONFIDENCE_DOUBTED, card }
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
      ? { ...each, status: "needs_review", probability: CONFIDENCE_DOUBTED, card: [...each.card, IMPLIED] }
      : each
  )
}

const IMPLIED = line(COMPOSITES.implied, "it follows from what it refers to together with more columns")
