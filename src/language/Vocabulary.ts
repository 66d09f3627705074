import type { Steps } from "../steps/Steps.ts"
import { FOLDED_KEY_WORDS, KEY_WORDS, LEXICON, NOT_KEYS } from "./Lexicon.ts"
import { plural, singular } from "./Words.ts"

/** A word of the schema's own must be this long before it may cut a folded name: shorter ones cut anything. */
const SHORTEST_OWN_WORD = 3
/** Names up to this length are one word: there is nothing to cut. */
const LONGEST_PLAIN_WORD = 4
/** A rest that no vocabulary knows may stand after a key word, where it is at least this long (`teamidloser`). */
const SHORTEST_REST = 4

/** A word must be this long to be cut off the end of a folded one of which nothing else is known. */
const SHORTEST_TAIL = 4
/** The least that stands before it. */
const SHORTEST_HEAD = 3

/** Small words at the end of a folded name, where all before them is known (`reportsto`, `createdby`, `shipvia`). */
const TRAILING = new Set(["to", "by", "via"])

/** Small words between two known ones (`unitofmeasure`). */
const JOINING = new Set(["of", "and", "per", "for"])

/** Short words in front of known ones (`ipaddress`, `idcliente`). */
const LEADING = new Set(["ip", "id", "from", "tv", "hr"])

/** Words that begin with "id" without being an id of something (`identity`). */
const IDENTITY = /^identit/

/**
 * The prefix of a module in folded names (`rt` of `rtqueues`, `rttickets`): 2 to 4 consonants. It is cut off if at least 3 different known
 * words follow it in the schema's names. Set by hand.
 */
const MODULE = /^[^aeiouy\P{L}]{2,4}/u
const FEWEST_OF_MODULE = 3
const SHORTEST_MODULE = 2

/** Endings of many words (`percentage`, `membership`), words of their own too: no folded name is cut before them. */
const SUFFIXES = new Set(["age", "ship"])

/** Words that end in "version" without being a version of something (`conversion`). */
const WHOLE = /^(?:con|in|di|re|per|sub)version(?:e|es)?$/

/** What a schema's names are made of. */
export interface Vocabulary {
  /**
   * The words of an identifier, lower case, in order, not singularised; digits are words of their own. Splits `camelCase`,
   * `snake_case` and digits, cuts folded names (`customerid`, `tblinvlines`) with the schema's own words and a small general lexicon,
   * and always cuts a trailing id, code, key or number. At least one word, except for an identifier without letters or digits.
   */
  readonly tokens: (identifier: string) => ReadonlyArray<string>
}

/** The pieces that an identifier's own spelling shows: separators, changes of case, digits; "1st" is one. */
export const pieces = (identifier: string): ReadonlyArray<string> =>
  identifier
    // The plural of an acronym: `CustomerCRMs`, `IDs`.
    .replace(/(\p{Lu}{2,})s(?!\p{Ll})/gu, (plural) => ` ${plural.toLowerCase()} `)
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .flatMap((piece) => piece.match(/\d+(?:st|nd|rd|th)(?!\p{L})|\p{N}+|[^\p{N}]+/gu) ?? [])

/** Words in "o" that may stand before a folded id; other words in "oid" are one word: an ellipsoid is no id of an "ellipso". */
const BEFORE_ID = new Set(["auto", "cargo", "demo", "info", "logo", "memo", "promo", "repo", "todo"])

/** An ordinary word that looks as if it ended in a key word must be this long to be the end of a folded name. */
const SHORTEST_ORDINARY = 4

/** Whether a folded name ends in such a word: `amountpaid` is no id of an "amountpa". */
const endsOrdinarily = (piece: string): boolean =>
  ORDINARY_ENDS.some((word) => piece.endsWith(word) && LEXICON.has(singular(piece.slice(0, -word.length))))
const ORDINARY_ENDS = [...NOT_KEYS].filter(({ length }) => length >= SHORTEST_ORDINARY)

const withoutKeyWord = (piece: string): readonly [string, string] | undefined => {
  if (NOT_KEYS.has(piece) || endsOrdinarily(piece)) return undefined
  if (piece.endsWith("oid") && !BEFORE_ID.has(piece.slice(0, -2)) && !LEXICON.has(piece.slice(0, -2))) return undefined
  const end = FOLDED_KEY_WORDS.find((word) => piece.endsWith(word) && piece.length > word.length)
  return end === undefined ? undefined : [piece.slice(0, -end.length), end]
}

function* make(identifiers: Iterable<string>): Steps<Vocabulary> {
  const own = new Set<string>()
  /** Words that stand by themselves somewhere, and their singulars. */
  const whole = new Set<string>()
  /** Those of them that do so not only before a key word. */
  const alone = new Set<string>()
  /** By leading consonants (`rt`), the known words that follow them in names (`queues`, `tickets`). */
  const modules = new Map<string, Set<string>>()
  /** The same as they are spelled. */
  const spelled = new Set<string>()
  const learn = (word: string) => {
    own.add(singular(word))
    own.add(plural(singular(word)))
    own.add(word)
  }
  for (const identifier of identifiers) {
    const all = pieces(identifier)
    const [only = ""] = all.length === 1 ? all : []
    for (let at = MODULE.exec(only)?.[0].length ?? 0; at >= SHORTEST_MODULE; at--) {
      const [module, rest] = [only.slice(0, at), singular(only.slice(at))]
      if (LEXICON.has(rest) && !LEXICON.has(singular(only))) {
        modules.set(module, (modules.get(module) ?? new Set()).add(rest))
      }
    }
    for (const [i, piece] of all.entries()) {
      const cut = withoutKeyWord(piece)
      learn(cut === undefined ? piece : cut[0])
      if (cut !== undefined) continue
      whole.add(piece).add(singular(piece))
      if (!FOLDED_KEY_WORDS.includes(all[i + 1] ?? "")) alone.add(piece).add(singular(piece))
      spelled.add(piece)
    }
    yield
  }
  const leading = new Set([
    ...LEADING,
    ...[...modules].flatMap(([module, rests]) => (rests.size >= FEWEST_OF_MODULE ? [module] : []))
  ])
  const known = (word: string) =>
    KEY_WORDS.has(word) ||
    LEXICON.has(word) ||
    LEXICON.has(singular(word)) ||
    isOwn(word) ||
    isOrdinary(word) ||
    isPart(word) ||
    word === "tbl"
  // A subcategory is a category: nothing is a "products" before it.
  const isPart = (word: string) => word.startsWith("sub") && LEXICON.has(singular(word.slice(3)))
  const isOrdinary = (word: string) => word.length >= SHORTEST_ORDINARY && NOT_KEYS.has(word)
  const endsKnown = (rest: string) => {
    for (let at = 1; at <= rest.length - SHORTEST_TAIL; at++) if (known(rest.slice(at))) return true
    return false
  }
  const isOwn = (word: string) => word.length >= SHORTEST_OWN_WORD && own.has(word)

  const cuts = new Map<string, ReadonlyArray<string>>()
  const cut = (piece: string): ReadonlyArray<string> => {
    const before = cuts.get(piece)
    if (before !== undefined) return before
    const made = segment(piece)
    cuts.set(piece, made)
    return made
  }
  /** A word that nothing is known about, cut before the name of something (`racecode` in front of an id, where there are codes). */
  const withTail = (words: ReadonlyArray<string>, known: ReadonlySet<string>): ReadonlyArray<string> => {
    const [word] = words
    if (word === undefined || words.length > 1 || LEXICON.has(singular(word)) || known.has(singular(word))) return words
    for (let at = SHORTEST_HEAD; at <= word.length - SHORTEST_TAIL; at++) {
      if (known.has(word.slice(at))) return [...cut(word.slice(0, at)), word.slice(at)]
    }
    return words
  }
  const segment = (piece: string): ReadonlyArray<string> => {
    if (piece.length <= LONGEST_PLAIN_WORD && !piece.endsWith("id")) return [piece]
    if (KEY_WORDS.has(piece) || LEXICON.has(singular(piece)) || NOT_KEYS.has(piece)) return [piece]
    const ended = withoutKeyWord(piece)
    if (ended !== undefined) return [...withTail(cut(ended[0]), whole), ended[1]]
    const covered = cover(piece, known, leading)
    // A part may be folded as well: `purchaseorderline` beside `purchaseorder`.
    if (covered !== undefined) return covered.flatMap((word) => (LEXICON.has(singular(word)) ? [word] : cut(word)))
    // A plural of the schema's own in front: what follows is another word (`teamsfranchises`; not "genera" of `generation`), known or not if
    // the plural is spelled somewhere or what follows ends in a known one (not "times" of `timesheet`).
    for (let end = piece.length - SHORTEST_REST; end > SHORTEST_REST; end--) {
      const word = piece.slice(0, end)
      const rest = piece.slice(end)
      if (!own.has(word) || !word.endsWith("s") || singular(word) === word) continue
      if (spelled.has(word) || endsKnown(rest)) return [word, ...cut(rest)]
    }
    // A key word inside: what stands before it is known, what follows says which (`teamidloser`).
    for (const word of FOLDED_KEY_WORDS) {
      const at = piece.indexOf(word, 1)
      const rest = piece.slice(at + word.length)
      if (at > 0 && rest.length >= SHORTEST_REST && own.has(piece.slice(0, at)))
        return [piece.slice(0, at), word, ...cut(rest)]
    }
    return [piece]
  }

  const found = new Map<string, ReadonlyArray<string>>()
  return {
    tokens: (identifier) => {
      const before = found.get(identifier)
      if (before !== undefined) return before
      // What stands before a key word is cut as if they were written together: `srcfeature_id` as `srcfeatureid`.
      const tokens = pieces(identifier).flatMap((piece, i, all) =>
        FOLDED_KEY_WORDS.includes(all[i + 1] ?? "") ? withTail(cut(piece), alone) : cut(piece)
      )
      found.set(identifier, tokens)
      return tokens
    }
  }
}

/** The fewest known words that make up a piece, two at least; of several ways the one whose first words are longest. */
export const cover = (
  piece: string,
  known: (word: string) => boolean,
  leading: ReadonlySet<string> = LEADING
): ReadonlyArray<string> | undefined => {
  // best[i] covers the piece from i on.
  const best: Array<ReadonlyArray<string> | undefined> = Array.from({ length: piece.length + 1 })
  best[piece.length] = []
  for (let i = piece.length - 1; i >= 0; i--) {
    for (let end = piece.length; end > i; end--) {
      const rest = best[end]
      if (rest === undefined || end - i === piece.length) continue
      const word = piece.slice(i, end)
      const closes = end === piece.length && (KEY_WORDS.has(word) || TRAILING.has(word))
      if (i > 0 && end === piece.length && (SUFFIXES.has(word) || WHOLE.test(piece))) continue
      const joins = i > 0 && end < piece.length && JOINING.has(word)
      const leads = i === 0 && !IDENTITY.test(piece) && leading.has(word)
      if (!joins && !leads && (word.length < SHORTEST_OWN_WORD ? !closes : !known(word))) continue
      const chosen = best[i]
      if (chosen === undefined || rest.length + 1 < chosen.length) best[i] = [word, ...rest]
    }
  }
  return best[0]
}

/** Makes vocabularies from all names of a schema: tables, columns, in any order; pauses after each. */
export const Vocabulary = { make } as const

/** Longest prefix that still counts as a table's own: `l_`, `ps_`, `cust_`. */
const LONGEST_PREFIX = 4
/** Share of a table's columns that must carry the prefix. */
const PREFIX_SHARE = 0.8
/** A prefix that only two columns share says nothing. */
const FEWEST_PREFIXED = 3

/**
 * The prefix that a table's column names share: `l_` of `l_orderkey` and `l_partkey`. It is either up to four letters and a separator, which
 * at least 80 % of the names begin with, or letters that all names begin with (see `foldedPrefix`). Returns "" if there is no prefix.
 */
export const columnPrefix = (columns: ReadonlyArray<string>): string => {
  const counts = new Map<string, number>()
  for (const column of columns) {
    const end = column.indexOf("_") + 1
    // A key word is no table's: in a link table every column may begin with one (`id_film`, `id_actor`).
    const isKeyWord = KEY_WORDS.has(column.slice(0, end - 1).toLowerCase())
    if (end > 1 && end <= LONGEST_PREFIX + 1 && end < column.length && !isKeyWord) {
      const prefix = column.slice(0, end)
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1)
    }
  }
  for (const [prefix, count] of counts) {
    if (count >= FEWEST_PREFIXED && count >= PREFIX_SHARE * columns.length) return prefix
  }
  return foldedPrefix(columns)
}

/** Fewer names than this begin alike by chance. */
const FEWEST_FOLDED = 3
/** Share of the names, from 0 to 1, of which a known word must be left behind a folded prefix. */
const LEFT_KNOWN = 0.5
/** A folded prefix has so many letters at least. */
const SHORTEST_FOLDED = 2

/**
 * The letters without a separator that all names begin with and that are no word of them (`sbcustname`, `sbcustcity` → `sbcust`): of
 * several lengths the one behind which the most known words are left, the longest of equals. "" where there is none.
 */
export const foldedPrefix = (names: ReadonlyArray<string>): string => {
  const [first = "", ...others] = names
  if (names.length < FEWEST_FOLDED || names.some((name) => !/^[a-z][a-z\d]*$/.test(name))) return ""
  let shared = first.length
  for (const name of others) while (!name.startsWith(first.slice(0, shared))) shared--
  let best = { known: LEFT_KNOWN * names.length, length: 0 }
  for (let length = SHORTEST_FOLDED; length <= shared; length++) {
    // A word that all begin with says something.
    if (length > SHORTEST_FOLDED && isWord(first.slice(0, length))) return ""
    if (names.some((name) => name.length === length)) return first.slice(0, best.length)
    const known = names.filter((name) => isCovered(name.slice(length))).length
    if (known >= best.known) best = { known, length }
  }
  return first.slice(0, best.length)
}

const isWord = (word: string) => LEXICON.has(word) || LEXICON.has(singular(word)) || KEY_WORDS.has(word)
const isCovered = (name: string) => isWord(name) || cover(name, isWord) !== undefined
