import { grouped } from "./grouped.ts"
import { mapInSteps, type Steps } from "../steps/Steps.ts"
import type { RelationRow } from "./SchemaRows.ts"

/** A relation that nothing wanted is above of, with what is below. */
export interface Hierarchy {
  readonly relation: RelationRow
  /** Its partitions and children at any depth; those that hold no rows of their own, because others are below, are left out. */
  readonly parts: ReadonlyArray<RelationRow>
  /** Whether some of them are children by inheritance: the parent's keys say nothing about their rows. */
  readonly inherited: boolean
  /** Parts whose rows are not read, and why. */
  readonly notRead: ReadonlyArray<{ readonly part: RelationRow; readonly reason: string }>
  /** Where some are not read: what is read instead of the whole, one by one. */
  readonly readOneByOne: ReadonlyArray<RelationRow> | null
}

/** What is looked at, and where every part belongs. */
export interface Hierarchies {
  readonly tables: ReadonlyArray<Hierarchy>
  /** The wanted relations that a relation's rows are in; a child of several parents is in several. */
  readonly rootsOf: (relation: number) => ReadonlyArray<number>
}

/** Parts that one statement reads one by one: more take long to plan, and a lock each. */
const MOST_PARTS = 200
const TOO_MANY = "there are too many parts to read them one by one without those that are left out"
const DENIED = "permission denied: the login may read it through its parent only (GRANT SELECT)"

/**
 * Puts parts below what they are a part of. One whose parents are all in schemas that nobody asked for stands by itself; of a hierarchy
 * whose top was excluded nothing is left.
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
    const roots = above.length > 0 || !relation.selected ? above : [relation.id]
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
  /** Whether it is excluded, or something between it and that root. */
  const isExcluded = (relation: RelationRow, root: RelationRow): boolean =>
    relation.excluded ||
    parentsOf(relation).some(
      (parent) => parent !== root && rootsOf(parent).includes(root.id) && isExcluded(parent, root)
    )
  const tops = relations.filter(
    (relation, at) =>
      roots[at]?.[0] === relation.id && relation.selected && !relation.excluded && (foreign || relation.kind !== "f")
  )
  const wanted = new Set(tops.map(({ id }) => id))
  const tables = yield* mapInSteps(tops, (relation): Hierarchy => {
    const all = below(relation.id).map((each) => each.relation)
    const parts = all.filter(({ kind }) => kind !== "p")
    const left = parts.flatMap((part) => {
      const reason = isExcluded(part, relation)
        ? "it was excluded"
        : part.kind === "f" && !foreign
          ? "it is a foreign table (--foreign reads it)"
          : undefined
      return reason === undefined ? [] : [{ part, reason }]
    })
    if (left.length === 0) return { ...shape(relation, all, parts), notRead: [], readOneByOne: null }
    const out = new Set(left.map(({ part }) => part))
    const others = [relation, ...parts].filter((part) => part.kind !== "p" && !out.has(part))
    // Whoever may read the whole may not always read a part by itself.
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
  return { tables, rootsOf: (id) => (known.get(id) ?? []).filter((root) => wanted.has(root)) }
}

const shape = (relation: RelationRow, all: ReadonlyArray<RelationRow>, parts: ReadonlyArray<RelationRow>) => ({
  relation,
  parts,
  inherited: all.some(({ partition }) => !partition)
})
