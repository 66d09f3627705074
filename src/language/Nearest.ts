import { Order } from "effect"

/** Names that an error gives. */
const MOST = 3

/** The names that are most like a name that somebody wrote, the nearest first: none where none is near. */
export const nearest = (names: Iterable<string>, asked: string): ReadonlyArray<string> => {
  const near = [...new Set(names)]
    .map((name) => ({ name, distance: distance(name, asked) }))
    .filter((each) => each.distance <= Math.max(2, asked.length / 2))
    .sort((a, b) => a.distance - b.distance || Order.string(a.name, b.name))
  // Where one is much nearer, the others are no help.
  const [best] = near
  return near
    .filter((each) => each.distance <= 2 * (best?.distance ?? 0) + 1)
    .slice(0, MOST)
    .map(({ name }) => name)
}

/** Levenshtein's. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1]
    for (const [j, other] of Array.from(b).entries()) {
      next.push(Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
