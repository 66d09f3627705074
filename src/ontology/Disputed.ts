import { mayHideRows } from "../datasource/Catalog.ts"
import { isUnread } from "../entities/EntityDiscoveryService.ts"
import { isTested, mentions, type Relationship } from "../relationships/RelationshipWorkflowService.ts"
import type { Discovery, Subject, SubjectColumn } from "./Discovered.ts"
import { oneLine } from "./Text.ts"

/**
 * Why a column does not refer to what its comment says that it refers to, in a sentence; undefined where the comment says no such thing, is
 * right, is asked about, or no rows are there to see it by.
 */
export const disputed = (discovery: Discovery, subject: Subject, column: SubjectColumn): string | undefined => {
  const { comment } = column
  if (comment === null || !column.isRead || column.profile.nulls >= subject.entity.rows) return undefined
  const named = mentions(comment).filter(({ isDenied }) => !isDenied)
  if (named.length === 0) return undefined
  const own = discovery.candidates(subject.id).filter(({ from }) => from.columns.includes(column.name))
  const found = own.find(({ status }) => status === "accepted")
  // Of several targets one is enough.
  if (named.some(({ parts }) => isOpen(own, targetOf(discovery, subject, parts)))) return undefined
  for (const { parts, text } of named) {
    const target = targetOf(discovery, subject, parts)
    // A name that leads nowhere contradicts nothing that was found.
    if (found !== undefined && target?.is === "unknown") continue
    const why = against(discovery, own, target, text, column)
    if (why !== undefined) return oneLine(`The comment says that it refers to ${parts.join(".")}, but ${why}.`, LENGTH)
  }
  return undefined
}

/** Longest sentence, in characters. */
const LENGTH = 240

/** What a comment names. */
type Named =
  | { readonly is: "known"; readonly target: Subject }
  | { readonly is: "unknown"; readonly what: string }
  | undefined

/** The table that a name means, whose last part may be a column: "shop.orders.id", "orders.id", "orders". Undefined where it may be one of several. */
const targetOf = (
  { called, skipped }: Discovery,
  { table: { schema: here } }: Subject,
  parts: ReadonlyArray<string>
): Named => {
  const is = (
    name: string | undefined,
    schema: string | undefined,
    each: { readonly schema: string; readonly table: string }
  ) => each.table.toLowerCase() === name && (schema === undefined || each.schema.toLowerCase() === schema)
  for (const columns of [1, 0]) {
    const [name, schema] = parts.slice(0, parts.length - columns).toReversed()
    if ([...skipped.values()].some((each) => is(name, schema, each))) return undefined
    const all = called(name ?? "").filter(({ table }) => is(name, schema, table))
    const target = all.find(({ table }) => table.schema === here) ?? all[0]
    if (target === undefined) continue
    if (all.length > 1 && target.table.schema !== here) return undefined
    const column = parts.at(-1) ?? ""
    return columns === 0 || target.columns.some((each) => each.name.toLowerCase() === column)
      ? { is: "known", target }
      : { is: "unknown", what: `${target.table.table} has no column of that name` }
  }
  return { is: "unknown", what: "there is none among the tables that were looked at" }
}

const isTo = ({ to }: Relationship, { table }: Subject) => to.table === table.table && to.schema === table.schema

/** Whether the column is known to refer there, or somebody is asked about it. */
const isOpen = (own: ReadonlyArray<Relationship>, named: Named): boolean =>
  named?.is === "known" && own.some((each) => each.status !== "rejected" && isTo(each, named.target))

const against = (
  { get }: Discovery,
  own: ReadonlyArray<Relationship>,
  named: Named,
  text: string,
  { typeClass }: SubjectColumn
): string | undefined => {
  // Without a dot a word of prose may look like a table's name.
  if (named === undefined || (named.is === "unknown" && !/\S\.\S|\(/.test(text))) return undefined
  if (named.is === "unknown") return named.what
  const { target } = named
  const { entity, table } = get(target.entity) ?? target
  if (isUnread(entity) || mayHideRows(table)) return undefined
  if (entity.rows === 0) return `${table.table} has no rows`
  const other = own.find(({ status }) => status === "accepted")
  if (other !== undefined) return `what was found is that it refers to ${other.to.table}.${other.to.columns.join(", ")}`
  const rejected = own.find((each) => isTo(each, target))
  if (rejected?.decidedBy === "person") return "a person has decided that it does not"
  // Columns of dates and times are no candidates for references, so their values were never compared with a key's.
  if (rejected === undefined && typeClass === "time") return undefined
  const inclusion = rejected?.evidence.inclusion
  return rejected !== undefined &&
    isTested(rejected) &&
    inclusion !== undefined &&
    inclusion !== null &&
    inclusion.orphanRows > 0
    ? `${inclusion.orphanRows} of ${inclusion.rows} rows have no counterpart there`
    : "its values do not bear that out"
}
