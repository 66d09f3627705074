/** A set of words that are separated by blanks or line breaks. Those with accents are in it without them as well, as identifiers spell them. */
export const wordSet = (text: string): ReadonlySet<string> => {
  const words = text.trim().split(/\s+/)
  return new Set([...words, ...words.map(withoutAccents)])
}

const withoutAccents = (word: string): string => word.normalize("NFD").replaceAll(/\p{M}/gu, "").normalize("NFC")
