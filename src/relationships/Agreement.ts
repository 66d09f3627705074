import { chains } from "./Chains.ts"
import { sameWords } from "./ColumnWords.ts"
import type { ColumnModel } from "./SchemaModel.ts"
import type { Line } from "./Scorecard.ts"
import { average, votes } from "./Votes.ts"
import type { Weighed } from "./Weighing.ts"

/** Columns of one name mean the same thing: what they agree on gains, what they do not loses. */
const NAMESAKES_AGREE = 3
const NAMESAKES_DIFFER = -2
/** The same for columns that only end alike, where no name says where they point. */
const ENDINGS_AGREE = 3
/** Where a name does say it, too: many that end alike and are sure confirm it. */
const NAMED_ENDINGS_AGREE = 2
const FEW = 3
/** A schema has habits: a pattern of names that is usually right here gains. */
const HABIT = 2
/** A habit counts for more the more columns show it: these are added to both sides. */
const UNDECIDED = 4
/** A table that everybody points to is pointed to once more. */
const HUB = 1.2
/** References from so many columns make a hub. */
const HUB_SIZE = 10
/** The other way round is likelier. */
const REVERSED = -3

/** Candidates by a string, in order. */
const group = (candidates: ReadonlyArray<Weighed>, by: (candidate: Weighed) => string) => {
  const groups = new Map<string, Array<Weighed>>()
  for (const candidate of candidates) {
    const key = by(candidate)
    const same = groups.get(key)
    if (same === undefined) groups.set(key, [candidate])
    else same.push(candidate)
  }
  return groups
}

const ending = ({ words }: ColumnModel): string => `${words.stem.at(-1) ?? ""}_${words.suffix}`

/**
 * What the candidates say about each other, given how probable each was a round ago (`probability`): a line or more for every
 * candidate. Anything that a candidate itself contributed is taken out before it is asked.
 */
export const agreement = (
  candidates: ReadonlyArray<Weighed>,
  probability: (candidate: Weighed) => number
): ((candidate: Weighed) => ReadonlyArray<Line>) => {
  const sources = group(candidates, ({ from }) => from.id)
  const strongSources = new Set(candidates.filter(({ names }) => names.strong).map(({ from }) => from.id))

  const poll = votes(candidates, probability)
  const byName = poll(({ from }) => from.words.name)
  const byEnding = poll(({ from }) => ending(from))
  const byNamedEnding = votes(
    candidates.filter(({ from }) => strongSources.has(from.id)),
    probability
  )(({ from }) => ending(from))
  const byPair = new Map(candidates.map((candidate) => [`${candidate.from.id} ${candidate.key.column.id}`, candidate]))

  const patterns = new Map<string, { right: number; all: number }>()
  for (const [, each] of sources) {
    const named = each.filter(({ names }) => names.pattern !== null)
    const best = named.reduce<Weighed | undefined>(
      (a, b) => (a === undefined || probability(b) > probability(a) ? b : a),
      undefined
    )
    if (best === undefined || best.names.pattern === null) continue
    const seen = patterns.get(best.names.pattern) ?? { right: 0, all: 0 }
    patterns.set(best.names.pattern, { right: seen.right + probability(best), all: seen.all + 1 })
  }
  const suffixKind = (from: ColumnModel) => `${from.words.suffix} ${strongSources.has(from.id)}`
  const suffixes = new Map<string, { right: number; all: number }>()
  for (const [, each] of sources) {
    const from = each[0]?.from
    if (from === undefined) continue
    const right = Math.min(
      1,
      each.reduce((sum, candidate) => sum + probability(candidate), 0)
    )
    const kind = suffixKind(from)
    const seen = suffixes.get(kind) ?? { right: 0, all: 0 }
    suffixes.set(kind, { right: seen.right + right, all: seen.all + 1 })
  }
  const masses = new Map<string, number>()
  const hubs = new Map<string, number>()
  for (const candidate of candidates) {
    const id = candidate.key.column.id
    masses.set(candidate.from.id, (masses.get(candidate.from.id) ?? 0) + probability(candidate))
    hubs.set(id, (hubs.get(id) ?? 0) + probability(candidate))
  }

  const habit = (seen: { right: number; all: number } | undefined, own: number) =>
    seen === undefined ? 0 : (seen.right - own + UNDECIDED / 2) / (seen.all - 1 + UNDECIDED) - 0.5

  const chained = chains(candidates, probability)

  return (candidate) => {
    const lines: Array<Line> = []
    const own = probability(candidate)
    const { from, key, names } = candidate
    const title = key.column.table.table.table
    const target = from.table === key.column.table ? "their own tables" : title
    if (from.words.stem.length > 0) {
      const named = byName(candidate)
      const { other, same, voters } = average(named)
      if (voters > 0) {
        lines.push({
          points: NAMESAKES_AGREE * same,
          reason: `other columns called ${from.column.name} refer to ${target}`
        })
        lines.push({
          points: NAMESAKES_DIFFER * other,
          reason: `other columns called ${from.column.name} refer elsewhere`
        })
      }
      const alike = average((names.strong ? byEnding : byNamedEnding)(candidate), names.strong ? named : undefined)
      if (names.strong) {
        if (alike.voters >= FEW) {
          lines.push({
            points: NAMED_ENDINGS_AGREE * alike.same,
            reason: `columns that end like it refer to ${target}`
          })
        }
      } else if (!strongSources.has(from.id) && alike.voters > 0 && !sameWords(from.words.stem, from.table.words)) {
        lines.push({
          points: ENDINGS_AGREE * (alike.same - alike.other),
          reason: `columns that end like it refer ${alike.same > alike.other ? `to ${target}` : "elsewhere"}`
        })
      }
    }
    const pattern = names.pattern === null ? 0 : habit(patterns.get(names.pattern), own)
    lines.push({
      points: HABIT * pattern,
      reason:
        pattern > 0
          ? "names like this are usually right in this schema"
          : "names like this are seldom right in this schema"
    })
    const mass = masses.get(from.id) ?? 0
    const suffix = habit(suffixes.get(suffixKind(from)), mass)
    lines.push({
      points: HABIT * suffix,
      reason: `columns ${from.words.suffix === "" ? "without a key word" : `that end in ${from.words.suffix}`} ${suffix > 0 ? "usually refer to something" : "seldom refer to anything"} here`
    })
    const hub = Math.min(1, ((hubs.get(key.column.id) ?? 0) - own) / HUB_SIZE)
    lines.push({ points: HUB * hub, reason: `many columns refer to ${title}` })
    lines.push(...chained(candidate))
    const reverse = byPair.get(`${key.column.id} ${from.id}`)
    if (reverse !== undefined) {
      const back = probability(reverse)
      if (back > own) lines.push({ points: REVERSED * back, reason: `it is likelier that ${title} refers to it` })
    }
    return lines
  }
}
