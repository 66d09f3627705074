import { ontologyColumn } from "./ColumnTier.ts"
import { copiedTables } from "../datasource/Copies.ts"
import { notesOf } from "../datasource/Notes.ts"
import { tablesNotRead } from "../entities/EntityDiscoveryService.ts"
import type { Discovery, Subject } from "./Discovered.ts"
import type { EntityDraft, OtherTable } from "./Ontology.ts"
import { type Graph, pairing, relationSentences } from "./Relations.ts"
import { rowsInSentence } from "./RowsInWords.ts"
import { byText } from "../datasource/byText.ts"
import { mapInSteps, type Steps } from "../steps/Steps.ts"
import { oneLine } from "./Text.ts"

const kindOf = ({ entity }: Subject): EntityDraft["kind"] | undefined =>
  entity.verdict === "technical" || entity.verdict === "empty" ? undefined : entity.verdict

/** Whether a table has a place in the second tier: it holds, or is made to hold, something worth a question. */
export const hasTier = (subject: Subject): boolean => kindOf(subject) !== undefined

/** The second tier for one table, one column per step; undefined where it has no place there. */
export function* entityDraft(discovery: Discovery, graph: Graph, subject: Subject): Steps<EntityDraft | undefined> {
  const kind = kindOf(subject)
  const { entity, table } = subject
  if (kind === undefined) return undefined
  const notes = notesFor(discovery, subject)
  const pairs = pairing(graph.outgoing(subject.id), subject)
  const columns = yield* mapInSteps(subject.columns, (column) => ontologyColumn(discovery, subject, column))
  return {
    schema: table.schema,
    table: table.table,
    name: oneLine(entity.name),
    description: oneLine(rowsInSentence(discovery, graph, subject, columns), DESCRIPTION_LENGTH),
    kind,
    ...(pairs.length === 0 ? {} : { pairs: pairs.map(({ toName }) => oneLine(toName)) }),
    synonyms: [...new Set(entity.aliases.map((alias) => oneLine(alias)))]
      .filter((alias) => alias !== "" && alias.toLowerCase() !== entity.name.toLowerCase())
      .sort(byText),
    keyColumns: entity.keyColumns,
    keyDeclared: entity.keyDeclared,
    rows: entity.rows,
    sampled: entity.sampled,
    ...(notes.length > 0 ? { notes } : {}),
    relations: relationSentences(discovery, graph, subject),
    columns
  }
}

const notesFor = (discovery: Discovery, subject: Subject): ReadonlyArray<string> => {
  const skipped = discovery.skipped.get(subject.id)
  return [
    ...tablesNotRead(skipped === undefined ? [] : [skipped], [subject.entity]).map(
      ({ reason }) => `Not read: ${reason}.`
    ),
    ...notesOf(subject.table, subject.table.profile),
    ...hiddenTargets(discovery, subject)
  ].map((note) => oneLine(note, NOTE_LENGTH))
}

/** References to tables with row-level security: orphans there may be hidden rows. */
const hiddenTargets = (discovery: Discovery, { outgoing }: Subject): ReadonlyArray<string> =>
  outgoing.flatMap(({ from, to }) =>
    discovery.get(to)?.table.rowSecurity === true
      ? [`Row-level security may hide some of what ${from.columns.join(", ")} may refer to in ${to.table}.`]
      : []
  )

/** Longest description of an entity, in characters. */
const DESCRIPTION_LENGTH = 600
/** Longest note, in characters. */
const NOTE_LENGTH = 1_000

/** Tables without a place in the second tier, and why; copies have a place of their own. */
export const otherTables = (discovery: Discovery): ReadonlyArray<OtherTable> => {
  const copies = copiedTables(discovery.copies)
  return discovery.subjects
    .filter((subject) => !hasTier(subject) && !copies.has(subject.id))
    .map((subject) => ({
      schema: subject.table.schema,
      table: subject.table.table,
      reason: oneLine([subject.entity.reason, ...notesFor(discovery, subject)].join(" "), NOTE_LENGTH)
    }))
}
