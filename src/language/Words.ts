/** Plurals that no rule makes, and words whose ending looks like a plural's. */
const IRREGULAR: ReadonlyArray<readonly [singular: string, plural: string]> = [
  ["person", "people"],
  ["child", "children"],
  ["man", "men"],
  ["woman", "women"],
  ["foot", "feet"],
  ["tooth", "teeth"],
  ["goose", "geese"],
  ["mouse", "mice"],
  ["ox", "oxen"],
  ["index", "indices"],
  ["matrix", "matrices"],
  ["vertex", "vertices"],
  ["appendix", "appendices"],
  ["axis", "axes"],
  ["analysis", "analyses"],
  ["crisis", "crises"],
  ["diagnosis", "diagnoses"],
  ["hypothesis", "hypotheses"],
  ["thesis", "theses"],
  ["synopsis", "synopses"],
  ["criterion", "criteria"],
  ["phenomenon", "phenomena"],
  ["curriculum", "curricula"],
  ["leaf", "leaves"],
  ["life", "lives"],
  ["wife", "wives"],
  ["knife", "knives"],
  ["half", "halves"],
  ["shelf", "shelves"],
  ["wolf", "wolves"],
  ["loaf", "loaves"],
  ["thief", "thieves"],
  ["self", "selves"],
  ["calf", "calves"],
  ["movie", "movies"],
  ["cookie", "cookies"],
  ["calorie", "calories"],
  ["zombie", "zombies"],
  ["tie", "ties"],
  ["pie", "pies"],
  ["cache", "caches"],
  ["niche", "niches"],
  ["shoe", "shoes"],
  ["toe", "toes"],
  ["use", "uses"],
  ["excuse", "excuses"],
  ["fuse", "fuses"],
  ["alias", "aliases"],
  ["atlas", "atlases"],
  ["bias", "biases"],
  ["canvas", "canvases"],
  ["gas", "gases"],
  ["lens", "lenses"],
  ["quiz", "quizzes"],
  ["menu", "menus"],
  ["taxi", "taxis"],
  ["api", "apis"],
  ["kpi", "kpis"],
  ["hero", "heroes"],
  ["potato", "potatoes"],
  ["tomato", "tomatoes"],
  ["echo", "echoes"]
]

/** One word for one and for many, or a thing that is not counted. */
const UNCOUNTED = new Set(
  (
    "aircraft always analytics css data deer dns equipment feedback fish furniture gps has his https info information ios its " +
    "knowledge logistics mathematics media metadata music news os physics plus pos prose series sheep sms software species " +
    "tls traffic was weather yes"
  ).split(" ")
)

const TO_SINGULAR = new Map(IRREGULAR.map(([one, many]) => [many, one]))
const TO_PLURAL = new Map(IRREGULAR)

/** The singular of an English word in lower case; a word that is not a plural comes back as it is. */
export const singular = (word: string): string => {
  const irregular = TO_SINGULAR.get(word)
  if (irregular !== undefined) return irregular
  if (word.length < 3 || !word.endsWith("s") || UNCOUNTED.has(word) || TO_PLURAL.has(word)) return word
  if (/(ss|us|is)$/.test(word)) return word
  if (/[^aeiou]ies$/.test(word)) return `${word.slice(0, -3)}y`
  if (/(ch|sh|x|ss|zz)es$/.test(word)) return word.slice(0, -2)
  if (/[^aeo]uses$/.test(word) || /[^aeiou]oes$/.test(word)) return word.slice(0, -2)
  return word.slice(0, -1)
}

/** The plural of an English word in lower case; a word that is a plural already comes back as it is. */
export const plural = (word: string): string => {
  const irregular = TO_PLURAL.get(word)
  if (irregular !== undefined) return irregular
  if (word === "" || UNCOUNTED.has(word) || singular(word) !== word) return word
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`
  if (/(s|x|z|ch|sh)$/.test(word)) return `${word}es`
  return `${word}s`
}

/** Written in capitals whatever the style: they are said letter by letter. */
const ACRONYMS = new Set(
  "api bic cpu css csv dns fk gps html http https iban id ids ip isbn iso json kpi os pdf pin pk sku sla sms sql ssn tls ui uri url uuid vat xml".split(
    " "
  )
)

/** Written small inside a title. */
const SMALL = new Set("a an and as at by for from in of on or per the to via vs with".split(" "))

/** Words as a title: `["invoice", "line"]` → "Invoice Line", `["customer", "id"]` → "Customer ID". */
export const titleCase = (words: ReadonlyArray<string>): string =>
  words
    .map((word, i) => {
      if (ACRONYMS.has(word)) return word.toUpperCase()
      if (i > 0 && SMALL.has(word)) return word
      return word.charAt(0).toUpperCase() + word.slice(1)
    })
    .join(" ")
