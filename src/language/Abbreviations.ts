import { flatMapInSteps, type Steps } from "../steps/Steps.ts"
import { KEY_WORDS, LEXICON } from "./Lexicon.ts"
import { singular } from "./Words.ts"

const list = (text: string): ReadonlyArray<readonly [string, ReadonlyArray<string>]> =>
  text
    .trim()
    .split(/\s*\n\s*/)
    .map((line) => {
      const [short = "", long = ""] = line.split(":")
      return [short.trim(), long.split("|").map((word) => word.trim())]
    })

/** Abbreviations that schemas everywhere use, with what they may stand for, the likeliest first. */
const COMMON = new Map(
  list(`
  acct: account
  addr: address
  adr: address
  amt: amount
  appl: application
  appt: appointment
  attr: attribute
  avg: average
  bal: balance
  bldg: building
  cfg: configuration
  chg: change|charge
  cmt: comment
  cnt: count
  cntry: country
  cust: customer
  dept: department
  desc: description
  descr: description
  dest: destination
  dob: date of birth
  doc: document
  dt: date
  dtl: detail
  emp: employee
  equip: equipment
  fname: first name
  freq: frequency
  grp: group
  hdr: header
  hist: history
  img: image
  inv: invoice|inventory
  invt: inventory
  itm: item
  lang: language
  lname: last name
  ln: line
  loc: location
  lvl: level
  mfr: manufacturer
  mgmt: management
  mgr: manager
  msg: message
  mth: month
  nbr: number
  nm: name
  nr: number
  num: number
  obj: object
  org: organization
  pct: percent
  pmt: payment
  prc: price
  prd: product|period
  prod: product|production
  proj: project
  promo: promotion
  pwd: password
  pymt: payment
  qtr: quarter
  qty: quantity
  rcpt: receipt
  ref: reference
  rgn: region
  rtn: return
  sched: schedule
  seq: sequence
  src: source
  stk: stock
  subj: subject
  svc: service
  sys: system
  tel: telephone
  tot: total
  trx: transaction
  txn: transaction
  typ: type
  usr: user
  val: value
  veh: vehicle
  wh: warehouse
  whs: warehouse
  whse: warehouse
  wk: week
  wt: weight
  yr: year
`)
)

/** The same for those that are words, or stand for much else: they stand for this where the schema itself uses the long word. */
const WHERE_USED = new Map(
  list(`
  act: activity|account|actor
  art: article
  auth: authorization|authentication
  cat: category
  comm: communication|commission
  cur: currency
  curr: currency
  div: division
  exp: expense|expiry
  ord: order
  perm: permission
  pos: position
  pref: preference
  rec: record
  rel: relationship|relation
  rep: representative
  req: request|requirement
  rev: revision|review|revenue
  spec: specification
  sub: subscription
  sup: supplier
  supp: supplier
  tran: transaction
  trans: transaction
  ver: version
`)
)

/** A learnt abbreviation is no shorter than this, two letters fit everything, and with vowels no longer: six are a word. */
const SHORTEST = 3
const LONGEST = 5
/** How many letters it must save. */
const LEAST_SAVED = 2

const VOWELS = /[aeiouy]/
const skeleton = (word: string): string => word.slice(0, 1) + word.slice(1).replace(/[aeiouy]/g, "")

/** Whether the letters of `short` occur in `long` in that order, the first letter first. */
const isSubsequence = (short: string, long: string): boolean => {
  if (short.charAt(0) !== long.charAt(0)) return false
  let at = 0
  for (const letter of short) {
    const found = long.indexOf(letter, at)
    if (found < 0) return false
    at = found + 1
  }
  return true
}

/**
 * Whether a word without vowels may be `long` with its vowels left out, or the beginning of that: `cstmr`, `cst`; or all its consonants
 * but one (`mgr`): fewer fit too much (`tpt` is no template).
 */
const fitsSkeleton = (short: string, long: string): boolean => {
  const bones = skeleton(long)
  return (
    bones.startsWith(short) ||
    (isSubsequence(short, bones) && bones.at(-1) === short.at(-1) && short.length >= bones.length - 1)
  )
}

/** What a schema's abbreviations stand for. */
export interface Abbreviations {
  /** The word or words that an abbreviation stands for; any other word as it is. In and out in lower case. */
  readonly expand: (word: string) => string
}

/**
 * Learns from the words of all tables' and columns' names. A general abbreviation takes the meaning that the schema spells out
 * somewhere. Any other stands for the one word of the schema that it fits: one without vowels for a word with those consonants, one
 * with vowels for a word of a table's name, where a column is called by it and a key word (`warr_id` beside a table `warriors`).
 */
export function* make(names: {
  readonly tables: ReadonlyArray<ReadonlyArray<string>>
  readonly columns: ReadonlyArray<ReadonlyArray<string>>
}): Steps<Abbreviations> {
  const inTables = new Set(yield* flatMapInSteps(names.tables, (words) => words.map(singular)))
  const used = new Set([...inTables, ...(yield* flatMapInSteps(names.columns, (words) => words.map(singular)))])
  const byFirst = new Map<string, Array<string>>()
  for (const word of used) {
    const others = byFirst.get(word.charAt(0))
    if (others === undefined) byFirst.set(word.charAt(0), [word])
    else others.push(word)
  }
  const things = new Set(names.tables.flatMap((words) => (words.length === 1 ? words.map(singular) : [])))
  const keyed = new Set(
    names.columns.flatMap(([word, key, ...rest]) =>
      word !== undefined && key !== undefined && rest.length === 0 && KEY_WORDS.has(key) ? [word] : []
    )
  )
  /** Counts the tables whose names begin with a word. A word that begins several is a module's name, and is not expanded as an abbreviation. */
  const modules = new Map<string, number>()
  for (const [first, ...rest] of names.tables) {
    if (first !== undefined && rest.length > 0) modules.set(first, (modules.get(first) ?? 0) + 1)
  }
  const isModule = (word: string) => (modules.get(word) ?? 0) > 1
  const only = (found: ReadonlyArray<string>) => (found.length === 1 ? found[0] : undefined)

  const meant = (candidates: ReadonlyArray<string>): string | undefined => {
    const tables = candidates.filter((word) => inTables.has(word))
    return only(tables) ?? (tables.length > 1 ? undefined : only(candidates.filter((word) => used.has(word))))
  }

  const learnt = (short: string): string | undefined => {
    if (short.length < SHORTEST || LEXICON.has(short) || KEY_WORDS.has(short)) return undefined
    const long = (fits: (word: string) => boolean) =>
      only(
        (byFirst.get(short.charAt(0)) ?? []).filter(
          (word) => word.length >= short.length + LEAST_SAVED && VOWELS.test(word) && fits(word)
        )
      )
    if (!VOWELS.test(short)) return long((word) => fitsSkeleton(short, word))
    if (short.length > LONGEST || !keyed.has(short) || things.has(short) || isModule(short)) return undefined
    return long((word) => inTables.has(word) && word.startsWith(short))
  }

  const expansions = new Map<string, string>()
  const find = (word: string): string => {
    const common = COMMON.get(word)
    if (common !== undefined) {
      // Where the schema spells out several meanings nobody can say which; where none, the likeliest.
      return meant(common) ?? (common.some((each) => used.has(each)) ? word : (common[0] ?? word))
    }
    const possible = WHERE_USED.get(word)
    if (possible !== undefined) return meant(possible) ?? word
    return learnt(word) ?? word
  }
  return {
    expand: (word) => {
      const one = COMMON.has(word) ? word : singular(word)
      const known = expansions.get(one)
      if (known !== undefined) return known === one ? word : known
      const found = find(one)
      expansions.set(one, found)
      return found === one ? word : found
    }
  }
}
