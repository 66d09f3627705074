import { memoised } from "../../language/memoised.ts"
import type { Steps } from "../../steps/Steps.ts"
import { chains } from "./Chains.ts"
import { sameWords } from "../../schema/ColumnWords.ts"
import { withoutPreposition } from "./NamePatterns.ts"
import type { Panel, Standing } from "./Panel.ts"
import { family, type Tell, TRIAL } from "./Signal.ts"
import type { ColumnModel } from "../../schema/TableModel.ts"
import { average, poll } from "./Votes.ts"

/** What the other candidates of the schema say about one. The strength is how probable they are. */
export const AGREEMENT = family("agreement", {
  namesakesAgree: [3, "columns of the same name refer to the target", TRIAL],
  namesakesDiffer: [-2, "columns of the same name refer elsewhere", TRIAL],
  endingsAgree: [3, "columns whose names end alike refer to the target, or elsewhere; no name says a target", TRIAL],
  namedEndingsAgree: [2, "columns whose names end alike refer to the target, as the name says"],
  habitOfPatterns: [2, "names of this pattern are usually, or seldom, right in this schema", TRIAL],
  habitOfSuffixes: [2, "columns with this key word usually, or seldom, refer to anything in this schema", TRIAL],
  uncustomary: [
    -2.5,
    "a part of a table's name without a key word behind it, in a schema whose references have one: in full where all have"
  ],
  hub: [1.2, "many columns refer to the target", TRIAL],
  reversed: [-3, "it is likelier that the target refers to the column", TRIAL]
})

/** Columns whose names end alike must be so many to agree with a name. */
const FEW = 3
/** Pseudo-counts, half of them right: a habit that few columns show stays close to undecided. */
const UNDECIDED = 4
/** Columns with fewer distinct values do not count in a habit: so few values cannot show whether a name is right. Set by hand. */
const TELLING = 3
/** Share of references without a key word, from 0 to 1, from which such are customary. Set by hand. */
const CUSTOMARY = 0.15
/** Half a reference of either kind, which nobody has seen: few references show no custom. */
const UNSEEN = 0.5
/** Columns, weighted by probability, that make a target a hub. */
const HUB_SIZE = 10

const isTelling = ({ profile }: ColumnModel): boolean => (profile.distinct ?? 0) >= TELLING

/** Whether a name says another table, and not who somebody is or that it points to a parent. */
const saysTable = ({ from, key, names }: Standing): boolean =>
  names.strong && names.pattern !== "person" && names.pattern !== "firm" && from.table !== key.column.table

/** Whether a name says a part of the target's name, or shortens it, and nothing else about it says that it refers to something. */
const saysPart = ({ from: { words }, names }: Standing): boolean =>
  (names.loose || names.pattern === "end of table") &&
  words.number === null &&
  withoutPreposition(words.stem).length === words.stem.length

/** Sum of probabilities that something was right, and number of observations. */
interface Habit {
  right: number
  all: number
}

/** Adds an observation. */
const count = (habits: Map<string, Habit>, kind: string, right: number) => {
  const seen = habits.get(kind) ?? { right: 0, all: 0 }
  habits.set(kind, { right: seen.right + right, all: seen.all + 1 })
}

/** How far the share of right observations is from a half, without the candidate's own part (if it has one); from -0.5 to 0.5. */
const strength = (seen: Habit | undefined, own: number | undefined) =>
  seen === undefined
    ? 0
    : (seen.right - (own ?? 0) + UNDECIDED / 2) / (seen.all - (own === undefined ? 0 : 1) + UNDECIDED) - 0.5

/**
 * The evidence of other candidates for or against each candidate, given the probabilities of the last round (`probability`). A candidate's
 * own contribution is subtracted first.
 */
export function* agreement(
  panel: Panel,
  probability: (candidate: Standing) => number
): Steps<(candidate: Standing, tell: Tell) => void> {
  const { all, between, bySource, named: strongSources } = panel
  /** The last word of the stem and the key words of a column's name. */
  const ending = memoised(({ words: { stem, suffix } }: ColumnModel) => `${stem.at(-1) ?? ""}_${suffix}`)
  const byName = yield* poll(all, probability, ({ words }) => words.name)
  const byEnding = yield* poll(all, probability, ending)
  const byNamedEnding = yield* poll(
    all.filter(({ from }) => strongSources.has(from)),
    probability,
    ending
  )

  const suffixKind = (from: ColumnModel) => `${from.words.suffix} ${strongSources.has(from)}`
  const patterns = new Map<string, Habit>()
  const suffixes = new Map<string, Habit>()
  const masses = new Map<ColumnModel, number>()
  const saying = { right: 0, all: 0 }
  const hubs = new Map<ColumnModel, number>()
  for (const [from, each] of bySource) {
    let best: Standing | undefined
    let mass = 0
    for (const candidate of each) {
      const chance = probability(candidate)
      const { column } = candidate.key
      mass += chance
      hubs.set(column, (hubs.get(column) ?? 0) + chance)
      if (candidate.names.pattern !== null && (best === undefined || chance > probability(best))) best = candidate
      yield
    }
    if (best !== undefined && saysTable(best)) {
      saying.all += probability(best)
      if (from.words.suffix === "") saying.right += probability(best)
    }
    if (isTelling(from)) {
      if (best !== undefined) count(patterns, best.names.pattern ?? "", probability(best))
      count(suffixes, suffixKind(from), Math.min(1, mass))
    }
    masses.set(from, mass)
  }

  const chained = yield* chains(panel, probability)

  return (candidate, tell) => {
    const own = probability(candidate)
    const { from, key, names } = candidate
    const title = key.column.table.table
    const target = () => (from.table === key.column.table ? "their own tables" : title)
    if (from.words.stem.length > 0) {
      const named = byName(candidate)
      const { other, same, voters } = average(named)
      if (voters > 0) {
        tell(AGREEMENT.namesakesAgree, same, () => `other columns called ${from.name} refer to ${target()}`)
        tell(AGREEMENT.namesakesDiffer, other, () => `other columns called ${from.name} refer elsewhere`)
      }
      const alike = average((names.strong ? byEnding : byNamedEnding)(candidate), names.strong ? named : undefined)
      if (names.strong) {
        if (alike.voters >= FEW) {
          tell(AGREEMENT.namedEndingsAgree, alike.same, () => `columns that end like it refer to ${target()}`)
        }
      } else if (!strongSources.has(from) && alike.voters > 0 && !sameWords(from.words.stem, from.table.words)) {
        tell(
          AGREEMENT.endingsAgree,
          alike.same - alike.other,
          () => `columns that end like it refer ${alike.same > alike.other ? `to ${target()}` : "elsewhere"}`
        )
      }
    }
    const pattern =
      names.pattern === null ? 0 : strength(patterns.get(names.pattern), isTelling(from) ? own : undefined)
    tell(
      AGREEMENT.habitOfPatterns,
      pattern,
      () => `names like this are ${pattern > 0 ? "usually" : "seldom"} right in this schema`
    )
    const suffix = strength(suffixes.get(suffixKind(from)), isTelling(from) ? (masses.get(from) ?? 0) : undefined)
    tell(
      AGREEMENT.habitOfSuffixes,
      suffix,
      () =>
        `columns ${from.words.suffix === "" ? "without a key word" : `that end in ${from.words.suffix}`} ${suffix > 0 ? "usually refer to something" : "seldom refer to anything"} here`
    )
    if (from.words.suffix === "" && saysTable(candidate) && saysPart(candidate)) {
      const share = (saying.right - own + UNSEEN) / (saying.all - own + 2 * UNSEEN)
      tell(
        AGREEMENT.uncustomary,
        Math.max(0, 1 - share / CUSTOMARY),
        () => "references to tables end in a key word in this schema, and it does not"
      )
    }
    const hub = Math.min(1, ((hubs.get(key.column) ?? 0) - own) / HUB_SIZE)
    tell(AGREEMENT.hub, hub, () => `many columns refer to ${title}`)
    chained(candidate, tell)
    const reverse = between(key.column, from)
    if (reverse !== undefined) {
      const back = probability(reverse)
      if (back > own) tell(AGREEMENT.reversed, back, () => `it is likelier that ${title} refers to it`)
    }
  }
}
