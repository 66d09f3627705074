import { titleCase } from "../language/Words.ts"
import { wordSet } from "../language/wordSet.ts"
import { plurals } from "./Text.ts"

/** What a table is called, as the name of its business domain is made of. */
export interface NamedTable {
  /** "Invoice Line". */
  readonly name: string
  /** Its words, singular, lower case. */
  readonly words: ReadonlyArray<string>
}

/** Fields that people keep databases about, by words of their tables that mean little else. Where two fit as well, the first counts. */
const FIELDS: ReadonlyArray<readonly [string, ReadonlySet<string>]> = [
  ["Purchasing", wordSet("supplier vendor purchase procurement requisition")],
  ["Rentals", wordSet("rental lease rent tenancy tenant landlord")],
  [
    "Sales",
    wordSet(
      "order sale sales invoice quote quotation cart basket checkout coupon promotion discount shipper customer store payment rental opportunity"
    )
  ],
  ["Lending", wordSet("loan repayment guarantor collateral installment mortgage borrower")],
  ["Savings", wordSet("saving savings deposit")],
  [
    "Accounting",
    wordSet("accounting account ledger gl journal tax fiscal currency payment bank budget invoice receivable payable")
  ],
  ["Insurance", wordSet("policy claim premium coverage insurance")],
  ["Inventory", wordSet("stock inventory warehouse shipment lot package")],
  ["Manufacturing", wordSet("production bom routing machine manufacturing")],
  ["Products", wordSet("product brand sku variant manufacturer catalog item")],
  ["Human Resources", wordSet("employee department dept salary payroll leave shift applicant recruitment title")],
  [
    "Health Care",
    wordSet(`patient visit encounter drug diagnosis procedure measurement observation provider care medication allergy prescription specimen
      hospital ward doctor dose death clinical obs vaccine immunization`)
  ],
  ["Terminology", wordSet("concept vocabulary term synonym ancestor terminology glossary thesaurus")],
  [
    "Teaching",
    wordSet("student course teacher exam lesson enrollment school university faculty quiz lecture pupil college")
  ],
  ["Music", wordSet("artist album track genre playlist song")],
  ["Films", wordSet("film movie actor cinema")],
  ["Sport", wordSet("player team match tournament season goal league squad referee stadium coach standing franchise")],
  ["Bookings", wordSet("booking reservation room hotel guest venue seat")],
  ["Transport", wordSet("flight airport airline vehicle trip route station driver train bus")],
  ["Projects", wordSet("project task sprint milestone timesheet issue")],
  ["Marketing", wordSet("campaign lead newsletter audience segment")],
  ["Surveys", wordSet("survey question questionnaire scorecard")],
  ["Messages", wordSet("message email notification chat conversation sms mail")],
  ["Publishing", wordSet("post article comment tag blog book author publisher edition")],
  ["Devices", wordSet("device sensor reading telemetry meter")],
  ["Users and Access", wordSet("user role permission session token login privilege oauth credential appuser acl")],
  ["Administration", wordSet("migration config configuration setting cron log audit scheduler module menu parameter")],
  [
    "Places",
    wordSet("country city region territory address location province continent town county district department")
  ]
]
/** Fields that tables of every other field refer to: they count less, and only where the central table is of them. */
const COMMON = new Set(["Places", "Administration", "Users and Access"])
const COMMON_WEIGHT = 0.6
/** A word before the last is of what belongs to a thing: "customer address". */
const MODIFIER_WEIGHT = 0.75
/** Part of the tables, from 0 to 1, that must be of a field for a domain to be called after it; and by how many different words. */
const OF_THE_FIELD = 0.4
const FEWEST_WORDS = 2
/** The same for a word that they share; and from how many tables on a shared word means anything. */
const SHARING = 0.6
const FEWEST_SHARING = 3
/** Words that such a name has at most. */
const LONGEST_SHARED = 3

interface Claim {
  readonly field: string
  readonly place: number
  /** How many tables of the group are of the field, the central one counted twice; and which part of it they are. */
  readonly tables: number
  readonly share: number
}

const claimsOf = (group: ReadonlyArray<NamedTable>, place: number): ReadonlyArray<Claim> => {
  const weight = (i: number) => (i === 0 ? 2 : 1)
  const whole = group.reduce((sum, _, i) => sum + weight(i), 0)
  return FIELDS.flatMap(([field, words]): ReadonlyArray<Claim> => {
    const said = new Set(group.flatMap((table) => table.words.filter((word) => words.has(word))))
    const tables = group.reduce((sum, table, i) => {
      const isLast = words.has(table.words.at(-1) ?? "")
      return sum + weight(i) * (isLast ? 1 : table.words.some((word) => words.has(word)) ? MODIFIER_WEIGHT : 0)
    }, 0)
    if (said.size < FEWEST_WORDS || tables < OF_THE_FIELD * whole) return []
    if (COMMON.has(field) && group[0]?.words.some((word) => words.has(word)) !== true) return []
    const factor = COMMON.has(field) ? COMMON_WEIGHT : 1
    return [{ field, place, tables: tables * factor, share: (tables * factor) / whole }]
  })
}

/** The words that most of the tables share, wherever they stand in their names, one behind the other: "pal park". */
const sharedWords = (group: ReadonlyArray<NamedTable>): ReadonlyArray<string> => {
  const words = [...new Set(group.flatMap((table) => table.words))].filter((word) => /\p{L}{2}/u.test(word))
  const sharing = (phrase: ReadonlyArray<string>) => group.filter((table) => holds(table.words, phrase)).length
  const [best] = words.map((word) => ({ word, count: sharing([word]) })).sort((a, b) => b.count - a.count)
  if (best === undefined || group.length < FEWEST_SHARING || best.count < SHARING * group.length) return []
  let phrase: ReadonlyArray<string> = [best.word]
  for (;;) {
    const longer = words
      .flatMap((word) => [
        [...phrase, word],
        [word, ...phrase]
      ])
      .find((each) => sharing(each) === best.count)
    if (longer === undefined || longer.length > LONGEST_SHARED) return phrase
    phrase = longer
  }
}

/** Whether words stand in a name, one behind the other. */
const holds = (words: ReadonlyArray<string>, phrase: ReadonlyArray<string>): boolean =>
  words.some((_, at) => phrase.every((word, place) => words[at + place] === word))

/**
 * What groups of tables are called, each after what its tables have in common: the field that they are of, a word that most of them share, or
 * else the table that most hangs on. Each group has its most central table first. No two names are the same; those in `taken` are nobody's.
 */
export const domainNames = (
  groups: ReadonlyArray<ReadonlyArray<NamedTable>>,
  taken: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const names = new Map<number, string>()
  const used = new Set(taken)
  const give = (place: number, name: string) => {
    if (names.has(place) || used.has(name)) return
    names.set(place, name)
    used.add(name)
  }
  const claims = groups.flatMap(claimsOf)
  const best = new Map<number, string>()
  for (const { field, place } of [...claims].sort((a, b) => b.share - a.share || a.place - b.place))
    if (!best.has(place)) best.set(place, field)
  // The group with most tables of a field has its name.
  for (const { field, place } of claims.sort((a, b) => b.tables - a.tables || a.place - b.place))
    if (best.get(place) === field) give(place, field)
  groups.forEach((group, place) => {
    const shared = sharedWords(group)
    const hub = plurals(group[0]?.name ?? "Tables")
    if (shared.length > 0) give(place, plurals(titleCase(shared)))
    give(place, hub)
    for (let n = 2; !names.has(place); n++) give(place, `${hub} ${n}`)
  })
  return groups.map((_, place) => names.get(place) ?? "")
}
