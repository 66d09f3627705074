import type { ContextJoin, Facts } from "../Facts.ts"
import type { FanOut } from "../FanOut.ts"
import type { PageLine } from "../Page.ts"
import { line, type Said, saidTable } from "../Prose.ts"
import { share } from "../Spelling.ts"

/** The most counts that the line gives. */
const COUNTS = 3
/** From this share of them on, from 0 to 1, rows without any are the rule: the join is of another kind. */
const MOST_WITHOUT = 0.9

/** What more joins end at, such as who wrote a row, is referred to for too many reasons: no question is about those that one lacks. */
const HUB = 10

const one = (text: TemplateStringsArray, ...inserted: ReadonlyArray<Said | string | number>): Said =>
  line(text, ...inserted)

/** Rows that a join drops: parents that nothing refers to, by how much refers to the others, and rows without a parent. */
export const unmatched = ({ into, joins }: Facts, fanOuts: ReadonlyMap<string, FanOut>): ReadonlyArray<PageLine> => {
  const parents = joins
    .flatMap((join) => {
      const { least = 1, without = 0 } = fanOuts.get(join.id) ?? {}
      const isFew = without <= MOST_WITHOUT * join.to.rows || join.from.rows > join.to.rows
      return least > 0 || without === 0 || !isFew || !isCounted(join) || into(join.to).length > HUB
        ? []
        : [{ join, without }]
    })
    .sort((a, b) => weight(b.join) - weight(a.join))
  const said = parents
    .slice(0, COUNTS)
    .map(
      ({ join, without }) =>
        one`${without} of ${join.to.rows} ${saidTable(join.to)} have no ${saidTable(join.from)}${role(join, joins)}`
    )
  const lines = said.length === 0 ? [] : [joined(said, parents.length, ": LEFT JOIN from them where zero counts.")]
  const orphans = joins.filter(({ isDead, orphans: rows }) => rows > 0 && !isDead).sort((a, b) => b.orphans - a.orphans)
  const lost = orphans
    .slice(0, COUNTS)
    .map(
      (join) =>
        one`${share(join.orphans, join.from.rows)} of ${saidTable(join.from)} have no ${saidTable(join.to)}${role(join, joins)}`
    )
  return lost.length === 0 ? lines : [...lines, joined(lost, orphans.length, ": an INNER JOIN drops them.")]
}

/** Things and what happens to them; not whether every code of a list is used. */
const isCounted = ({ from, isDead, relationship, to }: ContextJoin): boolean =>
  !isDead &&
  relationship.when === undefined &&
  from !== to &&
  to.rows > 1 &&
  to.subject.entity.verdict !== "lookup" &&
  from.subject.entity.verdict !== "technical"

const weight = ({ from, to }: ContextJoin) => Math.log(from.rows + 1) + (to.subject.entity.verdict === "entity" ? 4 : 0)

/** By which column, where several refer to one table. */
const role = (join: ContextJoin, joins: ReadonlyArray<ContextJoin>): string =>
  join.columns.some(
    ({ name }, place) => name !== join.targets[place]?.name && !name.includes(join.targets[place]?.name ?? "")
  ) || joins.some((other) => other !== join && other.from === join.from && other.to === join.to)
    ? ` (${join.columns.map(({ name }) => name).join(", ")})`
    : ""

const joined = (parts: ReadonlyArray<Said>, all: number, end: string): PageLine => ({
  text: `${parts.map(({ text }) => text).join(", ")}${all > parts.length ? `, … ${all - parts.length} more` : ""}${end}`,
  tables: [...new Set(parts.flatMap(({ tables }) => tables))],
  columns: [...new Set(parts.flatMap(({ columns }) => columns))]
})
