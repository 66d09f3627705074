import { abbreviated, endsIn, isInflected, sameWords } from "../../schema/ColumnWords.ts"
import type { TargetKey } from "../../schema/Keys.ts"
import type { SchemaModel } from "../../schema/SchemaModel.ts"
import { acts, isKindOfFirms, isKindOfPeople, isOfPeople } from "../../schema/People.ts"
import { type ColumnModel, isUnique, type TableModel } from "../../schema/TableModel.ts"
import { allFits, endsAbbreviated, type Fit, isExternal, type NamePattern, selfFits } from "./NamePatterns.ts"
import { family, type Line, line, type Signal, total, TRIAL } from "./Signal.ts"

/** What the names of a column, its table and its target say, apart from the pattern that fits best. */
export const NAMES = family("names", {
  further: [0.6, "for each further pattern that fits", TRIAL],
  silentSelf: [-3, "a reference to its own table, which nothing in its name says", TRIAL],
  silentSelfInSilence: [-1.5, "the same where no name in the schema says anything, and many rows refer to one"],
  notItsOwn: [-4.5, "the target is named as a key elsewhere, and not after its own table", TRIAL],
  handedOn: [-2, "the same, where it is its table's key all the same, as a subtype's is"],
  namesake: [-1.5, "the target's table has a column of this name itself: both may refer to a third table", TRIAL],
  namesakeOfTail: [
    -6,
    "the same, where the column's name says only the end of the target's: `source_id` and a `language_source` that has one"
  ],
  account: [1.2, "the column says who acted, and the target's rows are accounts"],
  noAccount: [-3, "the column says who acted, and another table's rows are accounts"],
  external: [-3, "the column's name says that it is an id of another system"],
  anotherIsMeant: [-2.5, "the column's name says another table in full"],
  itsOwnTable: [-3, "the column's name says its own table: others refer to it"],
  keyOfItsOwnTable: [-6, "the same, where the column is its table's key as well"],
  partOfTarget: [2, "its table is named as a part of the target's, and other tables have a key of this name"],
  roleOfTarget: [2, "its role is a word of the target's table, and other tables have a key of this name"],
  otherSchema: [-0.6, "the target is in another schema", TRIAL],
  ownSchema: [-5, "the target is in another schema, and the column's own one has a table of this name with this key"],
  oneOfCopies: [
    -0.01,
    "the target has copies, any of which may be meant: they share the probability, so that a person is asked"
  ]
})

/** Least points of the best pattern for a strong name, which makes a candidate whatever the values are. Set by hand. */
const STRONG = 3.5
/** Rows per distinct value, on average, from which many rows refer to one. */
const OFTEN = 2
/** Patterns that name a target in full: no other table can be meant. */
const FULL = new Set<NamePattern>(["key name", "table", "context and table", "numbered"])

/** Patterns that say what a target's rows are, or what it may be called, and not its name. */
const LOOSE = new Set<NamePattern>([
  "person",
  "agent",
  "firm",
  "pair",
  "compound",
  "acronym",
  "beginning of table",
  "perhaps parent"
])

/** What names say about a candidate. */
export interface NameMatch {
  /** The pattern that fits best; null where nothing fits. */
  readonly pattern: NamePattern | null
  /** Whether the name alone makes a candidate, whatever the values say. */
  readonly strong: boolean
  /** Whether the name says the target, if at all, by an abbreviation or by what its rows are, and not in so many words. */
  readonly loose: boolean
  /**
   * Whether the name says the target only where it stands, with its table's name in front, or because the target is in the same schema: in
   * another place the same name says another.
   */
  readonly here: boolean
  /** Whether, of several tables with a key of this name, the column's table or role picks this one. */
  readonly picked: boolean
  readonly lines: ReadonlyArray<Line>
  /** How many tables the name may mean, the target's copies included. One by default. */
  readonly among?: number
}

/** The match without patterns, for schemas whose names say nothing: a pattern that fits there does so by chance. */
export const withoutNames = (from: ColumnModel, { column: to }: TargetKey): NameMatch => {
  const lines: Array<Line> = []
  if (from.table === to.table) {
    const { distinct, nulls } = from.profile
    const often = (distinct ?? 0) * OFTEN <= from.table.rows - nulls
    const signal = often ? NAMES.silentSelfInSilence : NAMES.silentSelf
    lines.push(line(signal, "it would refer to another row of its own table"))
  }
  if (from.table.schema !== to.table.schema) {
    lines.push(line(NAMES.otherSchema, "it is in another schema"))
  }
  return { pattern: null, strong: false, loose: true, here: false, picked: false, lines }
}

/** The patterns by which a column's name fits a target; without any, no name is strong. */
export const fitsOf = (model: SchemaModel, from: ColumnModel, key: TargetKey): ReadonlyArray<Fit> =>
  from.table === key.column.table ? selfFits(model, from, key.column) : allFits(model, from, key)

/** What a column's name says about a target; `isOwnKey` is whether the column is its own table's key. */
export const matchNames = (
  model: SchemaModel,
  from: ColumnModel,
  key: TargetKey,
  isOwnKey: boolean,
  fits = fitsOf(model, from, key)
): NameMatch => {
  const to = key.column
  const self = from.table === to.table
  const scored = fits.map((fit) => ({ fit, points: total(fit.lines) })).sort((a, b) => b.points - a.points)
  const best = scored[0]
  const lines: Array<Line> = []
  if (best !== undefined) {
    lines.push(...best.fit.lines)
    if (scored.length > 1) lines.push(line(NAMES.further, "", scored.length - 1))
  } else if (self) {
    lines.push(line(NAMES.silentSelf, "nothing in its name says that a row refers to another of the same table"))
  }
  if (isExternal(from, to)) lines.push(line(NAMES.external, "its name says that it is an id of another system"))
  const echoes = from.words.name === to.words.name || endsIn(from.words.all, to.words.all)
  // With its own table's name in front it says the target's table, whose key it is then, whatever else is called so.
  const owned = key.owned || fits.some(({ pattern }) => pattern === "context and table")
  const pickedBy = owned && !key.shared ? undefined : pickedAmongNamesakes(from, to, best?.fit.pattern)
  if (pickedBy === NAMES.partOfTarget) {
    lines.push(line(pickedBy, `${from.table.table} is named as a part of ${to.table.table}`))
  } else if (pickedBy === NAMES.roleOfTarget) lines.push(line(pickedBy, `its role says ${to.table.table}`))
  else if (!self && from.words.stem.length > 0 && (echoes || best?.fit.pattern === "person") && !owned) {
    const signal = key.handedOn ? NAMES.handedOn : NAMES.notItsOwn
    lines.push(line(signal, `${to.name} is not ${to.table.table}'s own: it comes from elsewhere`))
  }
  if (!self && from.words.name !== to.words.name && from.words.stem.length > 0) {
    const namesake = to.table.called(from.words.name)
    // A table of people may have a `creator` of its own: that says nothing about who is a creator. And `user.user_id` is another user.
    const saysNothing = best?.fit.pattern === "person" || (best?.fit.pattern === "table" && from.words.suffix !== "")
    // A namesake that is itself a key of the target's table is meant, and not its first key.
    const isKey = namesake !== undefined && hasKey(to.table, namesake)
    if (namesake !== undefined && namesake !== to && (!saysNothing || isKey)) {
      const signal = best?.fit.pattern === "end of table" && !isKey ? NAMES.namesakeOfTail : NAMES.namesake
      lines.push(line(signal, `${to.table.table} has a ${namesake.name} itself`))
    }
  }
  const pattern = best?.fit.pattern
  const ofAKind =
    isOwnKey &&
    ((pattern === "person" && isKindOfPeople(from.table, to.table)) ||
      (pattern === "firm" && isKindOfFirms(from.table, to.table)))
  if (!self && !ofAKind && best?.fit.pattern !== "extension" && namesItsOwnTable(model, from, isOwnKey)) {
    const signal = from.words.stem.length > 0 && isOwnKey ? NAMES.keyOfItsOwnTable : NAMES.itsOwnTable
    lines.push(line(signal, `its name says ${from.table.table}, its own table`))
  } else if (!self && best !== undefined) {
    const full = !best.fit.abbreviated && FULL.has(best.fit.pattern)
    const meant =
      inContext(model, from) ??
      (full ? undefined : longestNamed(model, from.words.stem, to.table.words.length)) ??
      (best.fit.pattern === "person" ? peopleIn(model, from) : undefined)
    if (meant !== undefined && meant !== to.table && meant !== from.table) {
      lines.push(line(NAMES.anotherIsMeant, `its name says ${meant.table}, another table`))
    }
  }
  if (best?.fit.pattern === "person" && acts(from)) lines.push(...accountLines(model, to.table))
  if (from.table.schema !== to.table.schema) {
    lines.push(line(NAMES.otherSchema, "it is in another schema"))
    const own = model.table({ schema: from.table.schema, table: to.table.table })
    if (own !== undefined && own !== from.table && own.rows > 0 && own.column(to.name) !== undefined) {
      lines.push(line(NAMES.ownSchema, `${own.id} is in its own`))
    }
  }
  const among = self ? 1 : model.copies.among(to.table, from.table)
  if (among > 1) lines.push(line(NAMES.oneOfCopies, `it may be any of the ${among} copies of ${to.table.id}`))
  return {
    pattern: best?.fit.pattern ?? null,
    strong: best !== undefined && best.points >= STRONG,
    loose: best === undefined || best.fit.abbreviated || LOOSE.has(best.fit.pattern),
    here:
      pickedBy !== undefined ||
      best?.fit.pattern === "context and table" ||
      (best !== undefined && from.table.schema === to.table.schema && model.named(to.table.words) === undefined),
    picked: pickedBy !== undefined,
    lines,
    ...(among > 1 ? { among } : {})
  }
}

/** What picks a target among several tables that have a key of one name: the column's table, or its role (`postal_contact_id` → `postal_address.contact_id`). */
const pickedAmongNamesakes = (
  { table, words }: ColumnModel,
  to: ColumnModel,
  pattern: NamePattern | undefined
): Signal | undefined => {
  if (to.words.stem.length === 0) return undefined
  if (pattern === "key name" && isNamedAsPart(table, to.table)) return NAMES.partOfTarget
  const role = words.all.slice(0, -to.words.all.length)
  const says = (word: string) => to.table.words.includes(word) && !to.words.all.includes(word)
  return pattern === "role and key name" && role.length > 0 && role.every(says) ? NAMES.roleOfTarget : undefined
}

/** Letters of a table's name at least that another's must begin or end with to be named as a part of it. */
const SHORTEST_WHOLE = 6

/**
 * Whether a table's name begins or ends with all of another's, as they are written (`invoicelines` and `lineasfactura` of `invoice` and
 * `factura`), or but for its inflection (`pracownik_umowa` of `pracownicy`).
 */
const isNamedAsPart = (part: TableModel, whole: TableModel): boolean => {
  const [long, short] = [part.words.join(""), whole.words.join("")]
  if (long === short || short.length < SHORTEST_WHOLE) return false
  if (long.startsWith(short) || long.endsWith(short)) return true
  const [word, ...further] = whole.words
  if (word === undefined || further.length > 0 || part.words.length === 1) return false
  return [part.words[0], part.words.at(-1)].some((end) => end !== undefined && isInflected(end, word))
}

/** Whether a single column may tell a table's rows apart. */
const hasKeyOfOne = ({ foundKey, keys }: TableModel): boolean =>
  keys.length === 0 ? foundKey.length <= 1 : keys.some(({ columns }) => columns.length === 1)

/** Whether a column by itself is declared to tell a table's rows apart. */
const hasKey = ({ keys }: TableModel, { name }: ColumnModel): boolean =>
  keys.some(({ columns }) => columns.length === 1 && columns[0] === name)

/** The table that a column's name says together with its own table's, or with what that begins with: `shop_kind` of `shop_article.kind_id`. */
const inContext = (model: SchemaModel, { table: { words }, words: { stem } }: ColumnModel): TableModel | undefined => {
  for (let taken = words.length; taken > 0; taken--) {
    const found = model.named([...words.slice(0, taken), ...stem])
    if (found !== undefined) return found
  }
  return undefined
}

/** The table that is called as the longest end of a name, if that has more words than `said`: `line_item` of `first_line_item`, and not `item`. */
const longestNamed = (model: SchemaModel, stem: ReadonlyArray<string>, said: number): TableModel | undefined => {
  for (let start = 0; start === 0 || stem.length - start > said; start++) {
    const found = model.named(stem.slice(start))
    if (found !== undefined && (start === 0 || found.rows > 0)) return found
  }
  return undefined
}

/** The table of people that one word of a column's name names: `user` of `user_author`. */
const peopleIn = (model: SchemaModel, { words: { stem } }: ColumnModel): TableModel | undefined =>
  stem.flatMap((word) => model.named([word]) ?? []).find(isOfPeople)

/** If the schema has a table of accounts, a column that says who acted refers to it rather than to another table of people. */
const accountLines = ({ accounts }: SchemaModel, to: TableModel): ReadonlyArray<Line> => {
  if (accounts.includes(to)) return [line(NAMES.account, `the rows of ${to.table} are accounts, by which people act`)]
  const [first] = accounts
  return first === undefined ? [] : [line(NAMES.noAccount, `who acts has an account, in ${first.table}`)]
}

/** Whether a name says the table it stands in; a key does so, too, by the end of that table's name, or abbreviated. */
const namesItsOwnTable = (model: SchemaModel, column: ColumnModel, isOwnKey: boolean): boolean => {
  const { stem } = column.words
  const { words } = column.table
  // What repeats is not what others refer to: it refers itself, unless to another row of its own table.
  const repeats = !isOwnKey && column.table.rows > 0 && !isUnique(column)
  if (repeats && (stem.length === 0 || !hasKeyOfOne(column.table))) return false
  if (stem.length === 0 || sameWords(stem, words)) return true
  if (!isOwnKey || model.named(stem) !== undefined) return false
  return endsIn(words, stem) || abbreviated(stem, words) || endsAbbreviated(words, stem)
}
