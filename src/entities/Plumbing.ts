import type { Reference } from "./References.ts"
import { tableId } from "../datasource/Catalog.ts"
import { listedFew } from "../language/Describing.ts"
import { realReferences, type Rule, spelled } from "./Evidence.ts"
import { wordSet } from "../language/wordSet.ts"
import { isView } from "../schema/TableModel.ts"

/** A copy shares this share of its columns with the table it is named after. */
const COPY_SHARE = 0.8
/** Tables with fewer columns look alike by chance. */
const COPY_COLUMNS = 2

const STAGING_WORDS = wordSet("tmp temp staging stg bak bkp backup scratch trash")
const COPY_WORDS = wordSet(
  `old new copy orig original archive archived bak backup bkp tmp temp staging stg dup save saved
  alt kopie sicherung archiv antiguo copia viejo ancien ancienne copie sauvegarde vecchio antigo cópia`
)
/** The bookkeeping of tools that migrate, queue or lock, which nobody's database is about. */
const TOOLS =
  /^(.*schema_?(version|migrations?|history)s?|migrations?|.*_migrations?(_lock)?|databasechangelog(lock)?|alembic_version|sysdiagrams|__efmigrationshistory|ar_internal_metadata|flyway_.*|spatial_ref_sys)$/i
/** The same of frameworks, by names that nobody else gives; their tables refer to each other. */
const FRAMEWORKS =
  /^(django_(celery_.*|content_type|migrations|session|site)|qrtz_.*|act_(ge|hi|id|re|ru)_.*|spring_session(_.*)?|hibernate_sequences?|celery_.*|hangfire_.*)$/i
/** What a program keeps for itself while it runs. */
const MACHINERY = wordSet("session job queue cache token lock outbox")
/** What it keeps of that; none of it is about a thing. */
const MACHINE_TRAITS = wordSet(`
  payload data value serialized exception attempt retry token handler worker
  expire expires expired expiry expiration reserved locked ip agent browser
`)
/** Fewest of these that tell such a table from one about things people do (a training session, a print job). Set by hand. */
const FEWEST_TRAITS = 2

const SETTINGS = wordSet("setting config configuration parameter option preference variable metadata meta")
/** Whose settings they are, where they are nobody's in particular. */
const EVERYBODY = wordSet("system app application global general site server database program data")
const CALLED = wordSet("name key code setting option parameter variable")

/** Shows what other tables hold. */
export const view: Rule = ({ table }) =>
  isView(table) ? { verdict: "technical", reason: "It is a view: it shows rows that other tables hold." } : undefined

/** Belongs to a tool, or to somebody who is about to load something. */
export const plumbing: Rule = ({ table, incoming }) => {
  if (FRAMEWORKS.test(table.table)) {
    return { verdict: "technical", reason: "Its name is that of a table that a framework keeps for itself." }
  }
  if (incoming.length > 0) return undefined
  if (TOOLS.test(table.table)) {
    return { verdict: "technical", reason: "It is the bookkeeping of a tool that changes the schema." }
  }
  const said = spelled(table.table)
  const word = [said[0], said.at(-1)].find((each) => each !== undefined && STAGING_WORDS.has(each))
  return word === undefined || said.length < 2
    ? undefined
    : { verdict: "technical", reason: `Its name says "${word}", and nothing refers to it.` }
}

const saysCopy = (word: string) => COPY_WORDS.has(word) || /^\d+$/.test(word)

/** Most words of a name that say that it is a copy; a name with more is looked up without the first ones. Each doubles the names looked up. */
const MOST_COPY_WORDS = 4

/** The words without one or several of those that say that it is a copy: what the original may be called, the most alike first. */
const withoutCopyWords = (said: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> => {
  const places = said.flatMap((word, place) => (saysCopy(word) ? [place] : [])).slice(0, MOST_COPY_WORDS)
  let left: ReadonlyArray<ReadonlyArray<number>> = [[]]
  for (const place of places) left = left.concat(left.map((before) => [...before, place]))
  return left
    .filter((each) => each.length > 0 && each.length < said.length)
    .sort((a, b) => a.length - b.length)
    .map((each) => said.filter((_, place) => !each.includes(place)))
}

/** Whether a column refers to another table than the other table's column of that name: what holds other values is no copy. */
const isElsewhere = (outgoing: ReadonlyArray<Reference>, others: ReadonlyArray<Reference>): boolean => {
  const targets = new Map(others.map(({ from, to }) => [from.columns.join("\0"), tableId(to)]))
  return outgoing.some(({ from, to }) => {
    const other = targets.get(from.columns.join("\0"))
    return other !== undefined && other !== tableId(to)
  })
}

/** Another table once more. */
export const copy: Rule = ({ incoming, outgoing, outgoingOf, schema, table }) => {
  if (incoming.length > 0 || table.columns.length < COPY_COLUMNS) return undefined
  const said = spelled(table.table)
  if (!said.some(saysCopy)) return undefined
  const original = withoutCopyWords(said)
    .flatMap(schema.spelledSo)
    .find((other) => {
      const columns = new Set(other.columns.map(({ name }) => name))
      return (
        table.columns.filter(({ name }) => columns.has(name)).length >= COPY_SHARE * table.columns.length &&
        !isElsewhere(outgoing, outgoingOf(other))
      )
    })
  return original === undefined
    ? undefined
    : {
        verdict: "technical",
        reason: `It has the columns of ${tableId(original)}, and its name says that it is a copy.`
      }
}

/** What a program needs while it runs: who is logged in, what it has yet to do, what it need not compute again. */
export const machinery: Rule = ({ table, incoming, naming }) => {
  const words = naming.words(table.table)
  const said = words.at(-1) ?? ""
  if (incoming.length > 0 || !MACHINERY.has(said)) return undefined
  const about = table.columns.flatMap(({ name }) => naming.columnWords(table.table, name))
  const traits = new Set(about.filter((word) => MACHINE_TRAITS.has(word) && !words.includes(word)))
  return traits.size < FEWEST_TRAITS
    ? undefined
    : {
        verdict: "technical",
        reason: `Its name says "${said}", its columns what a program keeps while it runs (${listedFew([...traits], "word")}), and nothing refers to it.`
      }
}

/** What a program keeps about itself, a name and a value each. */
export const settings: Rule = ({ table, incoming, naming }) => {
  const said = naming.words(table.table)
  const own = new Set(said)
  // Also where columns repeat the table's name: `config_value`.
  const about = table.columns.map(({ name }) => naming.columnWords(table.table, name).filter((word) => !own.has(word)))
  if (incoming.length > 0 || !said.some((word) => SETTINGS.has(word))) return undefined
  if (!said.every((word) => SETTINGS.has(word) || EVERYBODY.has(word))) return undefined
  const called = about.some((words) => CALLED.has(words.at(-1) ?? "") || words.length === 0)
  return called && about.some(([word]) => word === "value")
    ? { verdict: "technical", reason: "Its rows are settings, a name and a value each, and nothing refers to it." }
    : undefined
}

/** One row that says which version of something all the others are. */
export const aboutItself: Rule = (evidence) => {
  const { table, incoming, naming } = evidence
  const { profile } = table
  const isVersion = (column: string) => naming.columnWords(table.table, column).includes("version")
  if (incoming.length > 0 || profile === undefined || profile.sampled || profile.rows !== 1) return undefined
  if (!realReferences(evidence).every(({ from }) => from.columns.every(isVersion))) return undefined
  const version = table.columns.find(({ name }) => isVersion(name))
  return version === undefined
    ? undefined
    : {
        verdict: "technical",
        reason: `Its one row says a version (${version.name}), and nothing refers to it: it is about the database itself.`
      }
}
