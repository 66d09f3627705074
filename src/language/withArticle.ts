/** Letters whose names begin with a vowel: "an SKU", "an X-ray". */
const SPOKEN_VOWEL = /^[AEFHILMNORSX]/
/** Words that are said letter by letter, however they are spelled; they begin with "you". */
const SPELLED_U = /^u(?:i|id|uid|ri|rl|dp|sd|tc|pc|om|k|fo|sb)s?$/
/** Vowels that sound like consonants: "a user", "a unit", "a European", "a one". */
const CONSONANT =
  /^(?:eu|ewe|one(?![a-z])|once(?![a-z])|oui|u(?:ni(?!n|m|ss|dent)|s[aeu]|kr|ku|biq|t(?:ili|ens|opi|er[iu])|r(?:an|e|in|ol)))/
/** An h that is not said: "an hour", "an honest answer". */
const SILENT = /^(?:hour|hono?u?r|hones|heir)/

/** A name behind "a" or "an", by how it sounds: "an hour", "a user", "an SKU", "an 8". */
export const withArticle = (name: string): string => `${beginsWithVowel(name) ? "an" : "a"} ${name}`

const beginsWithVowel = (name: string): boolean => {
  const first = /^[\p{L}\p{N}]+/u.exec(name.normalize("NFD").replace(/\p{M}/gu, ""))?.[0] ?? ""
  if (/^(?:8|1[18](?!\d))/.test(first)) return true
  const word = first.toLowerCase()
  if (SPELLED_U.test(word)) return false
  if (/^[A-Z](?:[^AEIOUYa-z][A-Z]*)?$/.test(first)) return SPOKEN_VOWEL.test(first)
  return SILENT.test(word) || (/^[aeiouæœø]/.test(word) && !CONSONANT.test(word))
}
