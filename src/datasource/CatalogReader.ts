import { Array } from "effect"
import type { Allowed, Catalog, Column, ForeignKey, Key, Part, SkippedTable, Table, TableName } from "./Catalog.ts"
import { mapInSteps, sortInSteps, type Steps } from "../steps/Steps.ts"
import type { Limits } from "./Checks.ts"
import { isLost, remains } from "./Encoding.ts"
import { grouped } from "./grouped.ts"
import { estimatedRows, type Hierarchy, withCode } from "./Hierarchy.ts"
import type { CatalogOptions, DatabaseSchema, DatabaseType } from "./SchemaReader.ts"
import type { ColumnRow, ForeignKeyRow, IndexRow, RelationRow } from "./SchemaRows.ts"
import { elementClass, typeClass } from "./TypeClasses.ts"

const KINDS = { r: "table", p: "table", v: "view", m: "materialized view", f: "foreign table" } as const

/** The kinds of relations whose NOT NULL and CHECK the server enforces: of a foreign table it believes them, and an outer join ignores them. */
const ENFORCING: ReadonlyArray<RelationRow["kind"]> = ["r", "p"]

/** The catalog's tables by schema and name, a hierarchy as one table; tables that cannot be read are in `skipped`, with the reason. */
export function* assemble(schema: DatabaseSchema, options: CatalogOptions): Steps<Pick<Catalog, "tables" | "skipped">> {
  const { leftOut, rootsOf, tables: wanted } = schema.hierarchies
  const columns = grouped(schema.columns, (column) => column.relation)
  const alone = new Set(wanted.map(({ relation }) => relation.id))
  const facts = yield* mapInSteps(wanted, (hierarchy) => {
    const { relation } = hierarchy
    const own = columns(relation.id)
    const readable = own.filter((column) => mayRead(relation, column))
    const reason = reasonToSkip(schema, hierarchy, own, readable, options)
    return { hierarchy, own, readable, reason, order: orderOf(relation) }
  })
  const sorted = yield* sortInSteps(facts, (a, b) => Buffer.compare(a.order, b.order))
  const notRead = [
    ...sorted.flatMap(({ hierarchy: { relation }, reason }) => (reason === null ? [] : [{ relation, reason }])),
    ...leftOut
  ].map(({ reason, relation }) => ({ skipped: { ...nameOf(relation), reason }, order: orderOf(relation) }))
  const inOrder = yield* sortInSteps(notRead, (a, b) => Buffer.compare(a.order, b.order))
  const skipped = inOrder.map((each): SkippedTable => each.skipped)
  const readable = sorted.filter(({ reason }) => reason === null)

  const ofRoots = <R extends { readonly relation: number }>(rows: ReadonlyArray<R>) =>
    grouped(
      rows.flatMap((row) => rootsOf(row.relation).map((root) => ({ root, row }))),
      ({ root }) => root
    )
  const indexes = ofRoots(schema.indexes)
  const foreignKeys = ofRoots(schema.foreignKeys)
  const targets = new Map(
    sorted.map(({ hierarchy: { relation }, readable, reason }) => [
      relation.id,
      { relation, readable: new Set(reason === null ? readable.map(({ name }) => name) : []) }
    ])
  )

  const tables = yield* mapInSteps(readable, ({ hierarchy, own, readable }): Table => {
    const { inherited, notRead, parts, relation } = hierarchy
    const names = new Set(readable.map((column) => column.name))
    const known = (key: ReadonlyArray<string>) => key.every((name) => names.has(name))
    const ownNames = new Set(own.map((column) => column.name))
    const checked = ENFORCING.includes(relation.kind) ? schema.checks.get(relation.id) : undefined
    const comment = schema.comments.get(relation.id) ?? null
    const unreadable = own.filter((column) => !isLost(column.name) && !mayRead(relation, column))
    const lost = lostOf(own, comment)
    const declared = foreignKeys(relation.id).map(({ row }) => row)
    const [shown, hidden] = Array.partition(
      distinct(
        // The table's own keys come first, so that `distinct` keeps them rather than the same keys of its parts.
        declared
          .toSorted((a, b) => Number(a.relation !== relation.id) - Number(b.relation !== relation.id))
          .flatMap((key) => {
            const target = rootsOf(key.target).flatMap((root) => targets.get(root) ?? [])[0]
            // A key of a child's own columns is none of its parent's.
            if (target === undefined || !key.columns.every((name) => ownNames.has(name))) return []
            const isHidden = !known(key.columns) || key.targetColumns.some((name) => !target.readable.has(name))
            return [{ key, target: { ...nameOf(target.relation), columns: key.targetColumns }, isHidden }]
          }),
        ({ key, target }) => [key.columns, target]
      ),
      ({ isHidden }) => isHidden
    )
    const toForeignKey = ({ key, target }: (typeof shown)[number]): ForeignKey => {
      const unvalidated = isValidated(key, hierarchy, declared) ? {} : { unvalidated: true }
      const period = key.period ? { period: true } : {}
      return { name: key.name, columns: key.columns, target, ...unvalidated, ...period }
    }
    const code = withCode(hierarchy).flatMap(({ id }) => schema.code.get(id) ?? [])
    const volatile = code.find((each) => each.volatile !== null)?.volatile ?? null
    const reads = ENFORCING.includes(relation.kind) ? [] : (schema.code.get(relation.id)?.reads ?? [])
    const hasPolicies =
      code.some(({ rowSecurity }) => rowSecurity) ||
      (hierarchy.readOneByOne ?? [relation]).some((part) => part.rowSecurity)
    return {
      ...nameOf(relation),
      kind: KINDS[relation.kind],
      comment: comment === null || isLost(comment) ? null : comment,
      estimatedRows: estimatedRows(hierarchy),
      columns: readable.map((row, index) =>
        toColumn(row, index, schema.types.get(row.typeId), checked?.get(row.number), ENFORCING.includes(relation.kind))
      ),
      ...indexed(
        relation,
        indexes(relation.id).map(({ row }) => row),
        inherited,
        known
      ),
      foreignKeys: shown.map(toForeignKey),
      ...(hidden.length > 0 ? { hiddenForeignKeys: hidden.map(toForeignKey) } : {}),
      ...(hasPolicies ? { rowSecurity: true } : {}),
      ...(unreadable.length > 0 ? { unreadable: unreadable.map(({ name }) => name) } : {}),
      ...(parts.length > 0
        ? { parts: parts.map((part) => toPart(part, alone.has(part.id) ? [] : columns(part.id))) }
        : {}),
      ...(notRead.length > 0 ? { partsNotRead: notRead.map(({ part, reason }) => ({ ...nameOf(part), reason })) } : {}),
      ...(lost.length > 0 ? { lost } : {}),
      ...(volatile === null ? {} : { volatile }),
      ...(reads.length === 0 ? {} : { reads: reads.map(remains) })
    }
  })
  return { tables, skipped }
}

const nameOf = (relation: RelationRow): TableName => ({
  schema: remains(relation.schema),
  table: remains(relation.name)
})

/** The sort key of a table: schema, then name, in byte order. */
const orderOf = (relation: RelationRow) => Buffer.from(`${relation.schema}\0${relation.name}`)

/** Whether the login may read a column, and its name can be written in a statement. */
export const mayRead = (relation: RelationRow, column: ColumnRow) =>
  (relation.readable || column.readable) && !isLost(column.name)

const reasonToSkip = (
  schema: DatabaseSchema,
  hierarchy: Hierarchy,
  columns: ReadonlyArray<ColumnRow>,
  readable: ReadonlyArray<ColumnRow>,
  options: CatalogOptions
): string | null => {
  const { notRead, readOneByOne, relation } = hierarchy
  if (isLost(relation.schema) || isLost(relation.name))
    return "its name has bytes that are no text in the database's encoding"
  if (!relation.reachable) return "permission denied: the login may not use the schema (GRANT USAGE ON SCHEMA)"
  if (columns.length === 0) return "it has no columns"
  if (readable.length === 0) return "permission denied: the login may not read the table (GRANT SELECT)"
  if (!relation.populated) return "it was never filled (REFRESH MATERIALIZED VIEW)"
  const [first] = notRead
  if (readOneByOne?.length === 0 && first !== undefined)
    return `of its parts none is read: ${nameOf(first.part).table}: ${first.reason}`
  const foreign = withCode(hierarchy).flatMap(({ id }) => schema.code.get(id)?.foreign ?? [])[0]
  if (foreign === undefined || options.foreign === true) return null
  const how = relation.kind === "v" ? "it shows" : "its row-level security asks"
  return `${how} the foreign table ${remains(foreign)} (--foreign reads it)`
}

/** Whether the server enforces a key for all rows of a hierarchy: inheritance does not pass keys on, so each part must declare it. */
const isValidated = (
  key: ForeignKeyRow,
  { inherited, parts, relation }: Hierarchy,
  declared: ReadonlyArray<ForeignKeyRow>
): boolean => {
  if (key.relation === relation.id && !inherited) return key.validated
  const same = ({ columns, target, targetColumns }: ForeignKeyRow) => JSON.stringify([target, columns, targetColumns])
  const having = new Set(
    declared.flatMap((other) => (other.validated && same(other) === same(key) ? [other.relation] : []))
  )
  return [relation, ...parts].every((part) => part.kind === "p" || having.has(part.id))
}

const toPart = (part: RelationRow, columns: ReadonlyArray<ColumnRow>): Part => ({
  ...nameOf(part),
  ...(columns.length > 0 ? { columns: columns.map(({ name }) => remains(name)) } : {})
})

const lostOf = (columns: ReadonlyArray<ColumnRow>, comment: string | null): ReadonlyArray<string> => [
  ...(comment !== null && isLost(comment) ? ["its comment"] : []),
  ...columns.flatMap(({ comment, name }) =>
    isLost(name) ? [`column ${remains(name)}`] : comment !== null && isLost(comment) ? [`the comment of ${name}`] : []
  )
]

const toColumn = (
  row: ColumnRow,
  index: number,
  type: DatabaseType | undefined,
  checked: Limits | undefined,
  enforced: boolean
): Column => {
  const comment = row.comment === null || isLost(row.comment) ? null : row.comment
  const labels = type?.labels ?? null
  const elements = type === undefined ? undefined : elementClass({ builtIn: type.builtIn, name: type.baseName })
  const inArrays = type?.category === "A" ? { inArrays: true as const } : {}
  const allowed: Allowed | undefined =
    checked !== undefined
      ? { by: "check", ...inArrays, ...checked }
      : type?.limits !== undefined
        ? { by: "domain", ...inArrays, ...type.limits }
        : labels !== null && type?.kind !== "e"
          ? { by: "elements", values: labels }
          : undefined
  return {
    name: row.name,
    position: index + 1,
    type: row.type,
    ...(type === undefined || type.baseType === null ? {} : { baseType: type.baseType }),
    typeClass: classOf(row, type),
    ...(elements === undefined ? {} : { elements }),
    nullable: !(enforced && (row.required || type?.required === true)),
    sequence: row.sequence,
    ...(row.computedFrom === null ? {} : { computedFrom: row.computedFrom.map(remains) }),
    enumLabels: type?.kind === "e" ? labels : null,
    comment,
    ...(allowed === undefined ? {} : { allowed }),
    ...(type?.ownCast === true ? { ownCast: true } : {}),
    ...(type?.fields === null || type === undefined ? {} : { fields: type.fields })
  }
}

/** The class of a column's type; "other" where the type was dropped meanwhile. */
export const classOf = (row: ColumnRow, type: DatabaseType | undefined): Column["typeClass"] =>
  type === undefined ? "other" : typeClass({ ...type, name: type.baseName, modifier: modifierOf(row, type) })

/** The domain's type modifier, or the column's where the domain has none; -1 without either. */
export const modifierOf = (row: ColumnRow, type: DatabaseType): number =>
  type.modifier === -1 ? row.modifier : type.modifier

/**
 * Splits a table's indexes into keys and others. A unique index of a part does not make the whole table's values unique, and a parent's does
 * not cover children by inheritance: both count as plain indexes.
 */
const indexed = (
  relation: RelationRow,
  rows: ReadonlyArray<IndexRow>,
  inherited: boolean,
  known: (key: ReadonlyArray<string>) => boolean
): Pick<Table, "keys" | "indexes" | "hiddenKey" | "parentKey"> => {
  const all = rows.map((row) => ({ ...row, columns: untilExpression(row.columns) }))
  const plain = all.filter((row) => known(row.columns))
  const isKey = (row: (typeof plain)[number]) => row.key && row.relation === relation.id && !inherited
  const hidden = all.find((row) => row.primary && isKey(row) && !known(row.columns))
  const keys = plain
    .filter(isKey)
    .map(({ columns, deferrable, name, primary }): Key => ({
      name,
      columns,
      primary,
      ...(deferrable ? { deferrable } : {})
    }))
    .toSorted((a, b) => Number(b.primary) - Number(a.primary))
  const keyed = new Set(keys.map((key) => JSON.stringify(key.columns)))
  const others = plain.filter((row) => !isKey(row) && row.columns.length > 0).map((row) => row.columns)
  const ofParent = inherited ? plain.find((row) => row.primary && row.relation === relation.id) : undefined
  return {
    ...(ofParent === undefined ? {} : { parentKey: ofParent.columns }),
    ...(hidden === undefined ? {} : { hiddenKey: hidden.columns.map(remains) }),
    keys: distinct(keys, (key) => [key.primary, key.columns]),
    indexes: distinct(others, (columns) => columns).filter((columns) => !keyed.has(JSON.stringify(columns)))
  }
}

const untilExpression = (columns: ReadonlyArray<string | null>): ReadonlyArray<string> => {
  const end = columns.indexOf(null)
  return columns.slice(0, end < 0 ? undefined : end).flatMap((name) => (name === null ? [] : [name]))
}

const distinct = <A>(items: ReadonlyArray<A>, key: (item: A) => unknown): ReadonlyArray<A> =>
  [...new Map(items.toReversed().map((item) => [JSON.stringify(key(item)), item])).values()].toReversed()
