import type { SubjectColumn } from "./Discovered.ts"

/** Whether a word of a column's name, whatever it stands beside, is one of these. */
export const says = ({ said }: SubjectColumn, words: ReadonlySet<string>): boolean =>
  said.some((word) => words.has(word))

/** The same of its last word; a number after it does not count. */
export const endsIn = ({ said }: SubjectColumn, words: ReadonlySet<string>): boolean =>
  words.has(said.findLast((word) => !/^\d+$/.test(word)) ?? "")

/** Whether all values are numbers in a range, as far as they are known. */
export const within = ({ profile }: SubjectColumn, minimum: number, maximum: number): boolean =>
  Number(profile.minimum ?? minimum) >= minimum && Number(profile.maximum ?? maximum) <= maximum

/** How many different values there are; undefined where nobody counted. */
export const distinct = ({ profile }: SubjectColumn): number | undefined => profile.distinct ?? undefined
