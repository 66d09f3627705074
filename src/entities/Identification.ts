import { byText } from "../datasource/byText.ts"
import { type Catalog, mayHideRows, type Table, tableId, type TableName } from "../datasource/Catalog.ts"
import { grouped } from "../datasource/grouped.ts"
import { flatMapInSteps, mapInSteps, sortInSteps, type Steps } from "../steps/Steps.ts"
import type { TableProfile } from "../datasource/TableProfile.ts"
import { describeTable } from "../language/Describing.ts"
import type { Naming } from "../language/Naming.ts"
import { singular, titleCase } from "../language/Words.ts"
import { distinctNames, inItsSchema } from "./DistinctNames.ts"
import { type Entity, type EntityOccurrence, isUnread, type RowCount } from "./Entity.ts"
import { declaredKey, findKeys } from "../schema/Keys.ts"
import { type SchemaModel, schemaModel } from "../schema/SchemaModel.ts"
import { isView, type TableModel } from "../schema/TableModel.ts"
import { declaredReferences, guessedReferences, type Reference, ROLE_AND_TARGET, SURE } from "./References.ts"
import { type Evidence, schemaWords } from "./Evidence.ts"
import { judge } from "./Verdict.ts"

/** What identification reads. */
export interface IdentificationInput {
  readonly catalog: Catalog
  /** Of the tables that could be read. */
  readonly profiles: ReadonlyArray<TableProfile>
  /** Keys of several columns found in the data, by `tableId`, for tables that have none declared and none of one column. */
  readonly keys?: ReadonlyMap<string, ReadonlyArray<string>>
  /** What refers to what, where that has been decided; by default what is declared, and what names suggest. */
  readonly references?: ReadonlyArray<Reference>
}

/**
 * Identifies every table of a catalog. The result is ordered by schema and table and does not depend on the order of the input. Copied tables
 * get the verdict "technical" and a reference to their original.
 */
export function* identify(input: IdentificationInput): Steps<ReadonlyArray<Entity>> {
  const all = yield* sortInSteps(input.catalog.tables, (a, b) => byText(tableId(a), tableId(b)))
  const { catalog, keys: foundKeys, profiles: read, references } = input
  const model = yield* schemaModel({ catalog, profiles: read, ...(foundKeys === undefined ? {} : { foundKeys }) })
  const { copies } = model
  const isCopy = (table: TableName) => copies.originalOf(table) !== undefined
  const decided = references?.filter(({ from, to }) => !isCopy(from) && !isCopy(to))
  const described = new Map(
    (yield* identifyTables(
      model,
      model.everything.filter((table) => !isCopy(table)),
      decided
    )).map((entity) => [tableId(entity), entity])
  )
  const profiles = new Map(input.profiles.map((profile) => [tableId(profile), profile]))
  return yield* flatMapInSteps(all, (table): ReadonlyArray<Entity> => {
    const entity = described.get(tableId(table))
    if (entity !== undefined) return [entity]
    const original = copies.originalOf(table)
    const meant = original === undefined ? undefined : described.get(tableId(original))
    return meant === undefined ? [] : [copyOf(meant, table, profiles.get(tableId(table)))]
  })
}

/** The entity of a copied table: as its original, with its own place, key and row count. */
const copyOf = (original: Entity, table: Table, profile: TableProfile | undefined): Entity => {
  const declared = declaredKey(table)
  return {
    ...original,
    schema: table.schema,
    table: table.table,
    verdict: "technical",
    reason: `It is a copy of ${tableId(original)}, as the tables beside it are copies of those beside that one.`,
    description: `The same as ${tableId(original)}, which is described in its place.`,
    aliases: [],
    keyColumns:
      declared?.columns ?? original.keyColumns.filter((name) => table.columns.some((column) => column.name === name)),
    keyDeclared: declared !== undefined,
    ...countedRows(table, profile),
    occurrences: []
  }
}

/** The row count of a table. The planner's estimate for one that was not read is no count. */
const countedRows = (table: Table, profile: TableProfile | undefined): RowCount =>
  profile === undefined || (profile.rows === 0 && mayHideRows(table))
    ? { rows: 0, sampled: true }
    : { rows: profile.rows, sampled: profile.sampled }

/** Rows that a description may speak of; null if they are not known. */
const rowsToTell = (table: Table, profile: TableProfile | undefined): number | null => {
  const counted = countedRows(table, profile)
  return isUnread(counted) ? null : counted.rows
}

/** `decided` are the references where they have been decided. */
function* identifyTables(
  model: SchemaModel,
  tables: ReadonlyArray<TableModel>,
  decided: ReadonlyArray<Reference> | undefined
): Steps<ReadonlyArray<Entity>> {
  const naming = yield* model.naming()
  const { ownKey } = yield* findKeys(model)
  const guessed = yield* guessedReferences({ tables, naming, keyOf: (table) => ownKey(table).columns })
  const references = yield* ordered(decided ?? [...declaredReferences(tables), ...guessed])
  const byId = new Map(tables.map((table) => [table.id, table]))
  // If one of the tables is empty no values can decide, and a clear name counts.
  const isEmpty = (table: TableName) => (byId.get(tableId(table))?.profile?.rows ?? 0) === 0
  const known = new Set(yield* mapInSteps(references, ({ from }) => sourceId(from)))
  const supposed = guessed.filter(
    ({ confidence, from, to }) =>
      confidence >= ROLE_AND_TARGET && !known.has(sourceId(from)) && (isEmpty(from) || isEmpty(to))
  )
  const all = yield* ordered([...references, ...supposed])
  // What has rows refers to none of a table without any, whatever it is called.
  const outgoing = grouped(
    yield* ordered([...references, ...supposed.filter(({ from }) => isEmpty(from))]),
    ({ from }) => tableId(from)
  )
  const incoming = grouped(all, ({ to }) => tableId(to))
  const refersTo = grouped(references, ({ from }) => tableId(from))
  const referredBy = grouped(references, ({ to }) => tableId(to))

  const schema = schemaWords(tables, naming)
  const namesakes = grouped(tables, ({ table }) => naming.table(table))
  const entities = yield* mapInSteps(tables, (table): Entity => {
    const { id, profile } = table
    const key = ownKey(table)
    const evidence: Evidence = {
      table,
      keyColumns: key.columns,
      keyDeclared: key.declared,
      outgoing: outgoing(id),
      incoming: incoming(id).filter(({ from }) => tableId(from) !== id),
      outgoingOf: (other) => outgoing(tableId(other)),
      schema,
      naming
    }
    const name = naming.table(table.table)
    const occurrences = occurrencesOf(referredBy(id), naming)
    const isKey = (column: string) => key.columns.includes(column)
    const isFilled = (column: string) => (table.column(column)?.profile.nulls ?? 0) === 0
    const named = (sure: boolean) =>
      refersTo(id)
        .filter(({ confidence }) => confidence >= SURE === sure)
        .map(({ from, to }) => ({
          name: naming.table(to.table),
          role: roleOf(naming, from, to),
          key: from.columns.every(isKey),
          optional: !from.columns.every(isFilled)
        }))
    const referring = new Set(refersTo(id).flatMap(({ from }) => (from.columns.every(isKey) ? from.columns : [])))
    const judged = judge(evidence)
    return {
      schema: table.schema,
      table: table.table,
      ...judged,
      name,
      description: describeTable({
        name,
        rows: rowsToTell(table, profile),
        sampled: profile?.sampled ?? false,
        view: isView(table),
        link: judged.verdict === "link",
        has: named(true),
        apartBy: key.columns
          .filter((column) => !referring.has(column))
          .map((column) => naming.column(table.table, column)),
        apartSoFar: !key.declared,
        seemsToHave: named(false),
        referredToBy: evidence.incoming
          .filter(({ confidence }) => confidence >= SURE)
          .map(({ from }) => naming.table(from.table)),
        comment: table.comment
      }),
      aliases: aliasesOf(name, naming, table, referredBy(id), namesakes(name)),
      keyColumns: key.columns,
      keyDeclared: key.declared,
      ...countedRows(table, profile),
      occurrences
    }
  })
  return distinctNames(entities)
}

const sourceId = ({ columns, schema, table }: Reference["from"]) => JSON.stringify([schema, table, columns])
const referenceId = ({ from, to }: Reference) => `${sourceId(from)}${sourceId(to)}`

function* ordered(references: ReadonlyArray<Reference>): Steps<ReadonlyArray<Reference>> {
  const named = yield* mapInSteps(references, (reference) => ({ id: referenceId(reference), reference }))
  const sorted = yield* sortInSteps(
    named,
    (a, b) => byText(a.id, b.id) || b.reference.confidence - a.reference.confidence
  )
  return sorted.map(({ reference }) => reference)
}

const roleOf = (naming: Naming, from: Reference["from"], to: Reference["to"]) =>
  from.columns
    .map((column, i) => (column === to.columns[i] ? "" : naming.role(from.table, column, to.table)))
    .find((role) => role !== "") ?? ""

/** Every column that refers to an entity, once, by its surest reference. */
const occurrencesOf = (references: ReadonlyArray<Reference>, naming: Naming): ReadonlyArray<EntityOccurrence> => {
  const found = new Map<string, EntityOccurrence>()
  for (const { from, to, confidence } of [...references].sort((a, b) => b.confidence - a.confidence)) {
    from.columns.forEach((column, i) => {
      const id = JSON.stringify([from.schema, from.table, column])
      if (found.has(id)) return
      const role = column === to.columns[i] ? "" : naming.role(from.table, column, to.table)
      found.set(id, { schema: from.schema, table: from.table, column, role, confidence })
    })
  }
  return [...found].sort(([a], [b]) => byText(a, b)).map(([, occurrence]) => occurrence)
}

/** A comment of up to this many words may be a name; a longer one is a text. */
const LONGEST_NAME = 4

/** What the database's own comment calls it, where it is no more than a name: "Invoice Line". */
const calledByComment = (comment: string | null): ReadonlyArray<string> => {
  const words = comment?.trim().split(/\s+/) ?? []
  if (words.length === 0 || words.length > LONGEST_NAME || !words.every((word) => /^[\p{L}\p{N}]+$/u.test(word)))
    return []
  return [
    titleCase(words.map((word, i) => (i === words.length - 1 ? singular(word.toLowerCase()) : word.toLowerCase())))
  ]
}

/**
 * Other names: as the schema abbreviates it, as its comment calls it, as those do who refer to it by the end of its name, and with its
 * schema's name where another schema has a thing of the same name.
 */
const aliasesOf = (
  name: string,
  naming: Naming,
  table: Table,
  references: ReadonlyArray<Reference>,
  namesakes: ReadonlyArray<Table>
) => {
  const words = naming.words(table.table)
  const calledBy = references.flatMap(({ from }) => {
    const [column] = from.columns
    if (from.columns.length !== 1 || column === undefined) return []
    const said = naming.columnWords(from.table, column)
    const end = words.slice(words.length - said.length)
    return said.length > 0 && said.length < words.length && said.every((word, i) => word === end[i])
      ? [titleCase(said)]
      : []
  })
  const inSchema = namesakes.some(({ schema }) => schema !== table.schema) ? [inItsSchema(table, name)] : []
  const all = [...naming.aliases(table.table), ...calledByComment(table.comment), ...calledBy, ...inSchema]
  return [...new Set(all)].filter((alias) => alias !== name)
}
