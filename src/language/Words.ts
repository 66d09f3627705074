/** Plurals that no rule makes, and words whose ending looks like a plural's: one and many. */
const IRREGULAR = `
  person people, child children, man men, woman women, foot feet, tooth teeth, goose geese, mouse mice, louse lice, ox oxen, die dice,
  index indices, matrix matrices, vertex vertices, appendix appendices, codex codices, helix helices, axis axes, crisis crises,
  oasis oases, emphasis emphases, synopsis synopses, criterion criteria, phenomenon phenomena, bacterium bacteria, stratum strata,
  erratum errata, addendum addenda, memorandum memoranda, curriculum curricula, spectrum spectra, quantum quanta, corpus corpora,
  genus genera, schema schemata, radius radii, alumnus alumni, stimulus stimuli, syllabus syllabi, nucleus nuclei, fungus fungi,
  leaf leaves, life lives, wife wives, knife knives, half halves, shelf shelves, wolf wolves, loaf loaves, thief thieves, self selves,
  calf calves, elf elves, scarf scarves, hoof hooves, dwarf dwarves, movie movies, cookie cookies, calorie calories, zombie zombies,
  selfie selfies, rookie rookies, birdie birdies, genie genies, prairie prairies, brownie brownies, hoodie hoodies, cache caches,
  niche niches, ache aches, headache headaches, avalanche avalanches, quiche quiches, canoe canoes, use uses, excuse excuses, fuse fuses,
  muse muses, alias aliases, atlas atlases, bias biases, canvas canvases, gas gases, lens lenses, iris irises, quiz quizzes,
  waltz waltzes, menu menus, sku skus, taxi taxis, ski skis, wiki wikis, emoji emojis, safari safaris, api apis, kpi kpis, hero heroes,
  potato potatoes, tomato tomatoes, echo echoes, passerby passersby, adresse adresses, beleg belege, termin termine
`
/** German plurals, which compounds end in as well: "krankenkassen". One and many. */
const GERMAN_PLURALS = `
  kunde kunden, auftrag auftraege, auftrag aufträge, vertrag vertraege, vertrag verträge, lieferant lieferanten, konto konten,
  produkt produkte, projekt projekte, filiale filialen, arzt aerzte, arzt ärzte, ziffer ziffern, kasse kassen,
  rolle rollen, firma firmen, stelle stellen, maschine maschinen, nutzer nutzern, gruppe gruppen, schule schulen, klasse klassen,
  straße straßen, sprache sprachen, aufgabe aufgaben, ausgabe ausgaben, zahlung zahlungen, gerät geräte, gebäude gebäude
`

/** One word for one and for many, or a thing that is not counted. */
const UNCOUNTED = new Set(
  (
    "artikel mitarbeiter benutzer vertreter lager " +
    "adres aircraft always analytics athletics barracks chaos chassis clothes corps cosmos cours crossroads css data debris deer demographics " +
    "diabetes dns dynamics economics electronics equipment ethics feedback fish furniture genetics gis goods gps has headquarters his https " +
    "info information innings ios its jeans knowledge kurs linguistics logistics mathematics means media mercedes metadata music news os " +
    "pays physics plus politics pos prose rabies robotics scissors series sheep sms software staff species thanks tls traffic trousers univers " +
    "was weather yes"
  ).split(" ")
)

const pairsOf = (text: string) =>
  text
    .trim()
    .split(/,\s+/)
    .map((pair) => pair.split(" "))
const GERMAN_PAIRS = pairsOf(GERMAN_PLURALS)
const PAIRS = [...pairsOf(IRREGULAR), ...GERMAN_PAIRS]
const TO_SINGULAR = new Map(PAIRS.map(([one = "", many = ""]) => [many, one]))
const TO_PLURAL = new Map(PAIRS.map(([one = "", many = ""]) => [one, many]))

/** Compounds of "man": other words that end so (specimen, or a German plural) keep what they have. */
const MEN = /(sales|chair|crafts|business|fire|police|work|fisher)m[ae]n$/

/** German words, and "Pos." for a position behind one, that end in "s" in the singular. */
const GERMAN_IN_S = /(?:kurs|preis|kreis|weis|haus|zeichnis|gebnis|hältnis|(?:[gkt]s|ll|fer)pos)$/u
/** German words for what is done, or what something is: no English word of that length ends so. */
const GERMAN = /^\p{L}{3,}(?:ung|heit|keit|schaft|tät)$/u

/** Endings of plurals, and how many letters to drop and what to put there; the first that fits counts. */
const ENDINGS: ReadonlyArray<readonly [RegExp, number, string]> = [
  [/(ss|us|is|ijs)$/, 0, ""],
  [/^[a-z]ies$/, 1, ""],
  [/[^aeiou]ies$/, 3, "y"],
  [/(ly|gno|the|sta)ses$/, 2, "is"],
  [/(ch|sh|x|ss|zz)es$/, 2, ""],
  [/[^aeo]uses$/, 2, ""],
  [/..[^aeiou]oes$/, 2, ""],
  // Spanish and Portuguese plurals, which no English word ends like.
  [/([cs]iones|[eiu]dades|[aei]dores)$/, 2, ""],
  [/s$/, 1, ""]
]

/**
 * The singular of an English word in lower case; a word that is not a plural comes back as it is. Nothing is cut off words of other
 * languages that would not be a word any more without it, where their ending shows that.
 */
export const singular = (word: string): string => {
  const irregular = TO_SINGULAR.get(word) ?? replaced(word, 1, 0)
  if (irregular !== undefined) return irregular
  if (word.length < 3 || UNCOUNTED.has(word) || TO_PLURAL.has(word)) return word
  if (MEN.test(word)) return `${word.slice(0, -2)}an`
  if (/..[bglmnrtv]ae$/.test(word)) return word.slice(0, -1)
  // "Patienten", "Mandanten": no English word ends so.
  if (/..[ae]nten$/.test(word)) return word.slice(0, -2)
  if (GERMAN.test(word.replace(/en$/, "")) && word.endsWith("en")) return word.slice(0, -2)
  if (!word.endsWith("s") || endsAsAcronym(word) || GERMAN_IN_S.test(word)) return word
  // What is spelled with an accent is not English: no letter of it changes.
  const endings = /^[a-z]+$/.test(word) ? ENDINGS : ENDINGS.filter(([, , put]) => put === "")
  const [, drop, put] = endings.find(([pattern]) => pattern.test(word)) ?? [undefined, 0, ""]
  return word.slice(0, word.length - drop) + put
}

/** A German compound with its last part in the other number; undefined where it ends in none of those plurals. */
const replaced = (word: string, from: 0 | 1, to: 0 | 1): string | undefined => {
  const pair = GERMAN_PAIRS.findLast(
    (each) => word.length > (each[from]?.length ?? 0) && word.endsWith(each[from] ?? "")
  )
  return pair === undefined ? undefined : word.slice(0, word.length - (pair[from]?.length ?? 0)) + (pair[to] ?? "")
}

/** Words of three letters in "s" that are plurals; others are acronyms, or words of their own (obs, crs, gps). */
const SHORT_PLURALS = new Set(["ads", "ids", "ups", "tvs", "pcs", "cds"])

const endsAsAcronym = (word: string): boolean => word.length <= 3 && !SHORT_PLURALS.has(word)

/** The plural of an English word in lower case; a word that is a plural already comes back as it is. */
export const plural = (word: string): string => {
  const irregular = TO_PLURAL.get(word) ?? replaced(word, 0, 1)
  if (irregular !== undefined) return irregular
  if (word === "" || UNCOUNTED.has(word) || singular(word) !== word) return word
  // Words with digits or in other scripts have no plural in "s".
  if (/[^\p{Script=Latin}\p{M}'’-]/u.test(word)) return word
  if (GERMAN.test(word)) return `${word}en`
  if (word.endsWith("pos") && GERMAN_IN_S.test(word)) return word
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`
  if (/(ly|gno|the|sta)sis$/.test(word)) return `${word.slice(0, -2)}es`
  if (MEN.test(word)) return `${word.slice(0, -2)}en`
  if (/(s|x|z|ch|sh)$/.test(word)) return `${word}es`
  return `${word}s`
}

/** Written in capitals whatever the style: they are said letter by letter, or are places. */
const ACRONYMS = new Set(
  "api bic cpu css csv dns eu fk gps html http https iban id ids ip isbn iso json kpi os pdf pin pk sku sla sms sql ssn tls ui uk uri url us uuid vat xml".split(
    " "
  )
)

/** Whether a word in lower case is said letter by letter; up to four letters without a vowel are. */
const isAcronym = (word: string) => ACRONYMS.has(word) || /^[^aeiouy\d\W]{2,4}$/.test(word)

/** A word as it is written: capitals where it is said letter by letter. */
export const written = (word: string): string => (isAcronym(word) ? word.toUpperCase() : word)

/** Written small inside a title, and capitalised at its ends. */
const SMALL = new Set("a an and as at by for from in of on or per the to via vs with".split(" "))

/** Words as a title: `["invoice", "line"]` → "Invoice Line", `["customer", "id"]` → "Customer ID". */
export const titleCase = (words: ReadonlyArray<string>): string =>
  words
    .map((word, i) => {
      if (i > 0 && i < words.length - 1 && SMALL.has(word)) return word
      if (isAcronym(word)) return word.toUpperCase()
      return word.charAt(0).toUpperCase() + word.slice(1)
    })
    .join(" ")
