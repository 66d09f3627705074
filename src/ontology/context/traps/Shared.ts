import type { ContextTable, Facts } from "../Facts.ts"
import type { PageLine } from "../Page.ts"
import { line, saidList, saidSql, saidTable } from "../Prose.ts"
import { literal } from "../Spelling.ts"

/** Lines of a kind at most. */
const LINES = 3

/** Tables whose key is one and the same, row by row. */
export const sharedKeys = ({ joins }: Facts): ReadonlyArray<PageLine> => {
  const groups = new Map<string, Set<ContextTable>>()
  for (const { byName, columns, from, relationship, targets, to } of joins) {
    const [column] = columns
    const [target] = targets
    if (column === undefined || target === undefined || columns.length > 1 || byName || from === to) continue
    const isShared = relationship.cardinality === "1:1" && from.key.length === 1 && from.key[0] === column
    if (!isShared || column.name !== target.name) continue
    const id = `${to.id}.${target.name}`
    groups.set(id, (groups.get(id) ?? new Set([to])).add(from))
  }
  return [...groups]
    .filter(([, tables]) => tables.size > 2)
    .slice(0, LINES)
    .map(([, tables]) => {
      const all = [...tables]
      const key = all[0]?.key[0]
      return line`${saidList(all.map(saidTable))} share the key ${key === undefined ? "" : saidSql(key.name, [], [])}, row by row: join them directly.`
    })
}

/** Columns that refer to one table or another, depending on a second column. */
export const polymorphic = ({ joins }: Facts): ReadonlyArray<PageLine> => {
  const groups = new Map<string, Array<(typeof joins)[number]>>()
  for (const join of joins) {
    if (join.relationship.when === undefined) continue
    const id = `${join.from.id}.${join.columns.map(({ name }) => name).join()}`
    groups.set(id, [...(groups.get(id) ?? []), join])
  }
  return [...groups.values()].slice(0, LINES).flatMap(([first, ...more]) => {
    if (first === undefined) return []
    const targets = [first, ...more].map((join) => {
      const { when } = join.relationship
      const target = `${join.to.name}.${join.targets[0]?.name ?? ""}`
      return saidSql(
        `${target} where ${join.from.column(when?.column ?? "")?.name ?? ""} = ${literal(when?.value ?? "")}`,
        [join.to]
      )
    })
    const column = saidSql(`${first.from.name}.${first.columns[0]?.name ?? ""}`, [first.from], first.columns)
    return [line`${column} refers to ${saidList(targets, 6)}: never join it without the condition.`]
  })
}
