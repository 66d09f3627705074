import type { Column, Table } from "../datasource/Catalog.ts"
import { tableId } from "../datasource/Catalog.ts"
import type { ColumnSet } from "../datasource/Inclusion.ts"
import { grouped } from "../datasource/grouped.ts"
import { flatMapInSteps, type Steps } from "../steps/Steps.ts"
import { PARENT_WORDS } from "../language/Lexicon.ts"
import type { Naming } from "../language/Naming.ts"
import { type ColumnModel, isView, type TableModel } from "../schema/TableModel.ts"

/** That columns of one table refer to those of another, how surely from 0 to 1: 1 is declared. */
export interface Reference {
  readonly from: ColumnSet
  readonly to: ColumnSet
  readonly confidence: number
}

/** From here on a reference is stated as a fact; below it only seems so. */
export const SURE = 0.95

/** The name of the target's key itself, `customer_id` → customer.customer_id. */
const SAME_NAME = 0.9
/** A key word after the target's name, `customer_id` → customer.id. */
const TARGET_NAME = 0.85
/** A role before that, `shipping_address_id`. From here on a name says clearly what is referred to. */
export const ROLE_AND_TARGET = 0.7
/** A word for the parent, and a key word: the table itself. */
const PARENT = 0.6
/** The end of the target's name, where no other table's ends so: `species_id` → animal_species. */
const END_OF_TARGET = 0.5
/** The name of the target's key, which says nothing of the target: `emp_no` → staff.emp_no. */
const KEY_NAME_ONLY = 0.45
/** The target's name without a key word: `country`. */
const NO_KEY_WORD = 0.4

/** The declared foreign keys. */
export const declaredReferences = (tables: ReadonlyArray<Table>): ReadonlyArray<Reference> =>
  tables.flatMap((table) =>
    table.foreignKeys.map(({ columns, target }) => ({
      from: { schema: table.schema, table: table.table, columns },
      to: target,
      confidence: 1
    }))
  )

const same = (one: ReadonlyArray<string>, other: ReadonlyArray<string>) =>
  one.length === other.length && one.every((word, i) => word === other[i])
const endsWith = (words: ReadonlyArray<string>, end: ReadonlyArray<string>) =>
  end.length > 0 && words.length > end.length && same(words.slice(-end.length), end)

const isKeyType = (column: Column) => ["integer", "number", "text", "uuid"].includes(column.typeClass)

interface Target {
  readonly table: TableModel
  readonly key: ColumnModel
  readonly words: ReadonlyArray<string>
}

const isSingle = <A>(items: ReadonlyArray<A>): items is readonly [A] => items.length === 1

/** References that nobody declared but names suggest, each column's best, where the values do not speak against it. */
export function* guessedReferences(options: {
  readonly tables: ReadonlyArray<TableModel>
  readonly naming: Naming
  readonly keyOf: (table: TableModel) => ReadonlyArray<string>
}): Steps<ReadonlyArray<Reference>> {
  const { keyOf, naming, tables } = options
  const targets = yield* flatMapInSteps(tables, (table): ReadonlyArray<Target> => {
    const columns = keyOf(table)
    const key = table.column(columns[0] ?? "")
    if (isView(table) || !isSingle(columns) || key === undefined || !isKeyType(key)) return []
    return [{ table, key, words: naming.words(table.table) }]
  })

  const range = ({ profile: { maximum, minimum } }: ColumnModel) =>
    minimum === null || maximum === null ? undefined : { from: Number(minimum), to: Number(maximum) }
  const valuesFit = (column: ColumnModel, target: Target) => {
    if (column.typeClass !== "integer") return true
    const values = range(column)
    const keys = range(target.key)
    return values === undefined || keys === undefined || (values.to <= keys.to && values.from >= Math.min(keys.from, 0))
  }

  /** Without the number that tells one from another where a table refers to several. */
  const wordsOf = (table: Table, column: Column) => {
    const words = naming.columnWords(table.table, column.name)
    return /^\d+$/.test(words.at(-1) ?? "") ? words.slice(0, -1) : words
  }

  // Only a target that ends in the column's last word, has its key's name, or is the table itself can match.
  const byEnd = grouped(targets, ({ words }) => words.at(-1) ?? "")
  const byKey = grouped(targets, ({ key }) => key.name)
  const byTable = grouped(targets, ({ table }) => tableId(table))
  const possible = (table: TableModel, column: ColumnModel) =>
    new Set([...byEnd(wordsOf(table, column).at(-1) ?? ""), ...byKey(column.name), ...byTable(tableId(table))])

  const score = (table: TableModel, column: ColumnModel, target: Target): number => {
    const itself = target.table === table
    if (itself && target.key === column) return 0
    if (column.typeClass !== target.key.typeClass) return 0
    const words = wordsOf(table, column)
    if (words.length === 0) return 0
    const says = naming.keyWord(table.table, column.name) !== ""
    // A table's own id says which one of its rows, however many others are called alike.
    if (!itself && same(words, naming.words(table.table))) return 0
    if (itself) {
      if (says && words.some((word) => PARENT_WORDS.has(word))) return PARENT
      return says && endsWith(words, target.words) ? ROLE_AND_TARGET : 0
    }
    const sameName = column.name === target.key.name && same(words, target.words)
    if (sameName) return says ? SAME_NAME : NO_KEY_WORD
    if (same(words, target.words)) return says ? TARGET_NAME : NO_KEY_WORD
    if (!says) return 0
    if (endsWith(words, target.words)) return ROLE_AND_TARGET
    if (endsWith(target.words, words)) return END_OF_TARGET
    return column.name === target.key.name ? KEY_NAME_ONLY : 0
  }

  return yield* flatMapInSteps(tables, (table) => {
    // A view's columns are other tables' columns once more.
    if (isView(table)) return []
    const declared = new Set(table.foreignKeys.flatMap(({ columns }) => columns))
    return table.columns.flatMap((column): ReadonlyArray<Reference> => {
      // A bare key word says nothing of another table.
      if (declared.has(column.name) || !isKeyType(column) || wordsOf(table, column).length === 0) return []
      const scored = [...possible(table, column)].flatMap((target) => {
        const confidence = score(table, column, target)
        return confidence > 0 && valuesFit(column, target) ? [{ target, confidence }] : []
      })
      const best = Math.max(0, ...scored.map(({ confidence }) => confidence))
      const longest = Math.max(
        0,
        ...scored
          .filter((each) => each.confidence === best)
          .map(({ target }) => (best === ROLE_AND_TARGET ? target.words.length : 0))
      )
      const chosen = scored.filter(
        ({ confidence, target }) => confidence === best && (best !== ROLE_AND_TARGET || target.words.length === longest)
      )
      const near = chosen.filter(({ target }) => target.table.schema === table.schema)
      const found = isSingle(chosen) ? chosen[0] : isSingle(near) ? near[0] : undefined
      if (found === undefined) return []
      const { target, confidence } = found
      return [
        {
          from: { schema: table.schema, table: table.table, columns: [column.name] },
          to: { schema: target.table.schema, table: target.table.table, columns: [target.key.name] },
          confidence
        }
      ]
    })
  })
}
