import { columnSetId } from "../../datasource/ColumnSets.ts"
import { quoteIdentifier, quoteTable } from "../../datasource/Identifier.ts"
import type { ColumnSet } from "../../datasource/Inclusion.ts"
import type { Steps } from "../../steps/Steps.ts"
import { counted, figure, oneLine } from "../Text.ts"
import { type ExportModel, type ExportReference, type ExportTable, hasKey, why } from "./ExportModel.ts"
import { columnList, constraintNames, remark } from "./SqlText.ts"

/**
 * `foreign-keys.sql`: a foreign key for each relationship that was found and not declared, `NOT VALID`, so that it locks briefly and looks
 * at no row; the keys that they need at the tables referred to, before; and as comments, what no foreign key can say, with the reason.
 * For people to read and run; the program never does.
 */
export function* toForeignKeys(model: ExportModel): Steps<string> {
  const found = model.references.filter(({ declared }) => !declared)
  const named = constraintNames([])
  const keys = new Map<string, string>()
  const added: Array<string> = []
  const validated: Array<string> = []
  const left: Array<string> = []
  for (const reference of found) {
    const { from, source, target, to } = reference
    const name = named(`${from.table}_${from.columns.join("_")}`, "fkey")
    const statement = `ALTER TABLE ${quoteTable(source)} ADD CONSTRAINT ${quoteIdentifier(name)}
  FOREIGN KEY ${columnList(from.columns)} REFERENCES ${quoteTable(target)} ${columnList(to.columns)} NOT VALID;`
    const said = `${joined(reference)}: ${oneLine(why(reference), Number.POSITIVE_INFINITY)}`
    const reason = hindrance(reference)
    if (reason === null) {
      if (!hasKey(target, to.columns) && !keys.has(keyId(to))) {
        const key = named(`${to.table}_${to.columns.join("_")}`, "key")
        keys.set(
          keyId(to),
          `ALTER TABLE ${quoteTable(target)} ADD CONSTRAINT ${quoteIdentifier(key)} UNIQUE ${columnList(to.columns)};`
        )
      }
      added.push(`${remark(said)}\n${statement}`)
      validated.push(remark(`ALTER TABLE ${quoteTable(source)} VALIDATE CONSTRAINT ${quoteIdentifier(name)};`))
    } else {
      const possible = reference.when === undefined && reference.compared === undefined
      left.push(`${remark(`${said}. No foreign key: ${reason}.`)}${possible ? `\n${remark(statement)}` : ""}`)
    }
    yield
  }
  const sections = [
    remark(
      `Foreign keys for the database ${oneLine(model.database)}, found in its data and not declared: ${figure(added.length)}, and ${figure(left.length)} as comments.\nRead before you run it: with psql -v ON_ERROR_STOP=1 -1 -f, as the tables' owner.`
    ),
    section("Keys that the tables referred to need. Each builds an index while the table is locked.", [
      ...keys.values()
    ]),
    section("NOT VALID: new and changed rows are checked, those that are there are not.", added),
    section("Afterwards, one by one, in a quiet hour: checks the rows that are there.", lines(validated)),
    section("What no foreign key can say, or not yet.", left)
  ]
  return `${sections.filter((text) => text !== "").join("\n\n")}\n`
}

const lines = (statements: ReadonlyArray<string>) => (statements.length === 0 ? [] : [statements.join("\n")])

const section = (title: string, statements: ReadonlyArray<string>): string =>
  statements.length === 0 ? "" : [remark(title), ...statements].join("\n\n")

const keyId = (columns: ColumnSet) => columnSetId({ ...columns, columns: columns.columns.toSorted() })

const joined = ({ from, to }: ExportReference): string =>
  oneLine(`${columnSetId(from)} to ${columnSetId(to)}`, Number.POSITIVE_INFINITY)

/** Types that PostgreSQL compares in a foreign key, group by group; all others only with themselves. */
const COMPARABLE: ReadonlyArray<RegExp> = [
  /^(smallint|integer|bigint)$/,
  /^(character varying|character|text)(\(\d+\))?$/,
  /^numeric(\(|$)/,
  /^timestamp(\(\d\))? with time zone$/,
  /^timestamp(\(\d\))? without time zone$/
]

/** Why no foreign key can be made of a relationship, in words; null where one can. */
const hindrance = (reference: ExportReference): string | null => {
  const { cardinality, compared, evidence, from, source, target, to, when } = reference
  if (when !== undefined) return `${oneLine(when.column)} says row by row which table it refers to`
  if (compared === "element by element") return "each row has a list of values"
  if (compared === "by overlapping periods") return "periods overlap"
  if (compared !== undefined) return "texts are compared with numbers"
  if (cardinality === "1:N" || cardinality === "N:M") return "the values referred to repeat"
  const other = [source, target].find(({ kind }) => kind !== "table")
  if (other !== undefined) return `${oneLine(other.id)} is a ${other.kind}`
  for (const [at, column] of from.columns.entries()) {
    const [one, another] = [typeOf(source, column), typeOf(target, to.columns[at] ?? "")]
    if (one !== another && !COMPARABLE.some((types) => types.test(one) && types.test(another)))
      return `${oneLine(column)} is ${one}, and what it refers to is ${another}`
  }
  const parted = [source, target].find((table) => table.parted)
  if (parted !== undefined)
    return `${oneLine(parted.id)} has partitions or children: PostgreSQL wants it without NOT VALID before version 18, and with all columns of the partition key`
  const { orphanRows = 0, orphans = [], rows = 0, sampled = false } = evidence?.inclusion ?? {}
  if (orphanRows === 0) return null
  const examples =
    orphans.length === 0 ? "" : ` (${oneLine(orphans.join(", "))}${orphans.length < orphanRows ? ", …" : ""})`
  return `${sampled ? "in a sample " : ""}${figure(orphanRows)} of ${counted(rows, "row")} refer to nothing${examples}`
}

const typeOf = ({ columns }: ExportTable, name: string): string =>
  columns.find((column) => column.name === name)?.type ?? "unknown"
