import { Array } from "effect"
import { grouped } from "./grouped.ts"
import { mapInSteps, type Steps } from "../steps/Steps.ts"
import type { RelationRow } from "./SchemaRows.ts"

/**
 * A table at the root of a partition or inheritance hierarchy, or alone, with its parts. A child by inheritance that has columns of its own
 * is another kind of thing: it is a table by itself as well as a part.
 */
export interface Hierarchy {
  readonly relation: RelationRow
  /** Its partitions and children at any depth, without partitioned tables, which hold no rows of their own. */
  readonly parts: ReadonlyArray<RelationRow>
  /** Whether some parts are children by inheritance, whose rows the root's keys do not cover. */
  readonly inherited: boolean
  /** Parts whose rows are not read, with the reason. */
  readonly notRead: ReadonlyArray<{ readonly part: RelationRow; readonly reason: string }>
  /** The relations to read one by one instead of the root, where some parts are not read; null where all are. */
  readonly readOneByOne: ReadonlyArray<RelationRow> | null
}

/** The relations whose reading runs code of the database's: views, and tables with policies that apply to the login. */
export const withCode = ({ readOneByOne, relation }: Hierarchy): ReadonlyArray<RelationRow> =>
  (readOneByOne ?? [relation]).filter(({ kind, rowSecurity }) => kind === "v" || rowSecurity)

/** The tables to read, those that are left out, and the tables that each relation's rows belong to. */
export interface Hierarchies {
  readonly tables: ReadonlyArray<Hierarchy>
  /** Tables that are not read, and why: foreign tables that nobody asked for, and those that are too many. */
  readonly leftOut: ReadonlyArray<{ readonly relation: RelationRow; readonly reason: string }>
  /** The oids of the tables that contain a relation's rows: several for a child of several parents, none where it was not selected. */
  readonly rootsOf: (relation: number) => ReadonlyArray<number>
}

/** The most parts that one statement reads one by one: planning time and locks grow with their number. */
const MOST_PARTS = 200
/** Why a foreign table is not read where nobody asked for foreign tables. */
const FOREIGN = "it is a foreign table (--foreign reads it)"
const TOO_MANY = "there are too many parts to read them one by one without those that are left out"
const DENIED = "permission denied: the login may read it through its parent only (GRANT SELECT)"

/**
 * Assigns every part to the roots of its hierarchies. A part is a root itself if its parents are all in schemas that were not selected, or
 * if it inherits and has columns of its own. A hierarchy whose root is excluded is left out as a whole. `foreign`: whether foreign tables are
 * read.
 */
export function* hierarchies(
  relations: ReadonlyArray<RelationRow>,
  { foreign }: { readonly foreign: boolean }
): Steps<Hierarchies> {
  const byId = new Map(relations.map((relation) => [relation.id, relation]))
  const parentsOf = (relation: RelationRow) => relation.parents.flatMap((id) => byId.get(id) ?? [])
  const known = new Map<number, ReadonlyArray<number>>()
  const rootsOf = (relation: RelationRow): ReadonlyArray<number> => {
    const before = known.get(relation.id)
    if (before !== undefined) return before
    const above = [...new Set(parentsOf(relation).flatMap(rootsOf))]
    const isRoot = relation.selected && (above.length === 0 || isKind(relation))
    const roots = isRoot ? [relation.id, ...above] : above
    known.set(relation.id, roots)
    return roots
  }
  const roots = yield* mapInSteps(relations, rootsOf)
  const below = grouped(
    relations.flatMap((relation, at) =>
      (roots[at] ?? []).flatMap((root) => (root === relation.id ? [] : [{ root, relation }]))
    ),
    ({ root }) => root
  )
  /** Whether a relation, or one on a path from it to the root, is excluded. */
  const isExcluded = (relation: RelationRow, root: RelationRow): boolean =>
    relation.excluded ||
    parentsOf(relation).some(
      (parent) => parent !== root && rootsOf(parent).includes(root.id) && isExcluded(parent, root)
    )
  const all = relations.filter(
    (relation, at) => roots[at]?.[0] === relation.id && relation.selected && !relation.excluded
  )
  const [tops, foreignTables] = Array.partition(all, ({ kind }) => kind === "f" && !foreign)
  const wanted = new Set(tops.map(({ id }) => id))
  const tables = yield* mapInSteps(tops, (relation): Hierarchy => {
    const all = below(relation.id).map((each) => each.relation)
    const parts = all.filter(({ kind }) => kind !== "p")
    const left = parts.flatMap((part) => {
      const reason = isExcluded(part, relation)
        ? "it was excluded"
        : part.kind === "f" && !foreign
          ? FOREIGN
          : undefined
      return reason === undefined ? [] : [{ part, reason }]
    })
    if (left.length === 0) return { ...shape(relation, all, parts), notRead: [], readOneByOne: null }
    const out = new Set(left.map(({ part }) => part))
    const others = [relation, ...parts].filter((part) => part.kind !== "p" && !out.has(part))
    // SELECT on the root allows to read the parts through it, but not by themselves.
    const denied = others.flatMap((part) => {
      const reason =
        others.length > MOST_PARTS
          ? TOO_MANY
          : part !== relation && !(part.readable && part.reachable)
            ? DENIED
            : undefined
      return reason === undefined ? [] : [{ part, reason }]
    })
    const closed = new Set(denied.map(({ part }) => part))
    return {
      ...shape(relation, all, parts),
      notRead: [...left, ...denied],
      readOneByOne: others.filter((part) => !closed.has(part))
    }
  })
  return {
    tables,
    leftOut: foreignTables.map((relation) => ({ relation, reason: FOREIGN })),
    rootsOf: (id) => (known.get(id) ?? []).filter((root) => wanted.has(root))
  }
}

/** The planner's estimate of a hierarchy's rows, as far as they are read; null where none of its relations was analysed. */
export const estimatedRows = ({ parts, readOneByOne, relation }: Hierarchy): number | null => {
  const known = (readOneByOne ?? [relation, ...parts]).flatMap(({ rows }) => (rows === null ? [] : [rows]))
  return known.length === 0 ? null : known.reduce((sum, rows) => sum + rows, 0)
}

/** Whether a table that inherits from another has columns of its own: then it is read as a table, and otherwise as a part of its parent. */
const isKind = ({ kind, ownColumns, partition }: RelationRow): boolean => kind === "r" && !partition && ownColumns

const shape = (relation: RelationRow, all: ReadonlyArray<RelationRow>, parts: ReadonlyArray<RelationRow>) => ({
  relation,
  parts,
  inherited: all.some(({ partition }) => !partition)
})
