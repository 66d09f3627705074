import { Schema } from "effect"
import { tableId } from "../../datasource/Catalog.ts"
import { quoteIdentifier } from "../../datasource/Identifier.ts"
import type { OntologyEntity } from "../../ontology/Ontology.ts"

/** A node of a plan, as `EXPLAIN (VERBOSE, FORMAT JSON)` prints it; what is not looked at is left out. */
export interface PlanNode {
  readonly "Node Type": string
  readonly Schema?: string | undefined
  readonly "Relation Name"?: string | undefined
  readonly Alias?: string | undefined
  readonly "Subplan Name"?: string | undefined
  readonly "Function Call"?: string | undefined
  readonly "Table Function Call"?: string | undefined
  readonly Output?: ReadonlyArray<string> | undefined
  readonly Plans?: ReadonlyArray<PlanNode> | undefined
}

/** @see PlanNode */
export const PlanNode: Schema.Schema<PlanNode> = Schema.Struct({
  "Node Type": Schema.String,
  Schema: Schema.optional(Schema.String),
  "Relation Name": Schema.optional(Schema.String),
  Alias: Schema.optional(Schema.String),
  "Subplan Name": Schema.optional(Schema.String),
  "Function Call": Schema.optional(Schema.String),
  "Table Function Call": Schema.optional(Schema.String),
  Output: Schema.optional(Schema.Array(Schema.String)),
  Plans: Schema.optional(Schema.Array(Schema.suspend(() => PlanNode)))
})

/** An expression that counts rows and shows none of their values. */
const COUNT = /^count\([^()]*\)(?: FILTER \(.*\))?$/

/**
 * Matches each text and each name as `EXPLAIN` prints them, and the parenthesis after a function's. All of them, so that an expression is
 * gone through once: a query decides how long its texts are.
 */
const CALLED = /'(?:[^']|'')*'|("(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)(\()?/gu

/** The names, without schema, of the functions that a plan calls, and of some keywords. */
export const calledBy = (plan: PlanNode): ReadonlySet<string> => {
  const own = [...(plan.Output ?? []), plan["Function Call"] ?? "", plan["Table Function Call"] ?? ""]
  const names = own.flatMap((expression) =>
    [...expression.matchAll(CALLED)].flatMap(([, name, call]) =>
      name === undefined || call === undefined ? [] : [name]
    )
  )
  const unquoted = names.map((name) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name))
  return new Set([...unquoted, ...(plan.Plans ?? []).flatMap((each) => [...calledBy(each)])])
}

/** The names, without schema, of the tables that a plan reads. */
export const tablesOf = ({ Plans: plans = [], "Relation Name": name }: PlanNode): ReadonlySet<string> =>
  new Set([...(name === undefined ? [] : [name]), ...plans.flatMap((each) => [...tablesOf(each)])])

/** A function that is not PostgreSQL's own, and may read rows of its own accord: it is not IMMUTABLE. */
export interface ReadingFunction {
  readonly schema: string
  readonly name: string
  /** Whether PostgreSQL has one of this name, too: then it is printed with its schema. */
  readonly isOurs: boolean
}

/**
 * Whether the result column at a place (from 0) may show personal data or secrets, by the plan of a query: if its expression reads such a
 * column, a whole row with one in it, anything of a subquery, CTE, VALUES or function scan that reads one, the result of one of `functions`, or
 * that of a subplan where any subplan does. Names of tables in expressions are aliases, which a plan never uses twice. A table that the
 * ontology does not describe counts as personal: nobody has looked at it. What an operator or an aggregate of the database's owner reads is in
 * no plan, and not seen.
 */
export const personalOutput = (
  plan: PlanNode,
  entities: ReadonlyArray<OntologyEntity>,
  functions: ReadonlyArray<ReadingFunction> = []
): ((place: number) => boolean) => {
  const calls = functions.flatMap(({ isOurs, name, schema }) => [
    `${quoteWhereNeeded(schema)}.${quoteWhereNeeded(name)}(`,
    ...(isOurs ? [] : [`${quoteWhereNeeded(name)}(`])
  ])
  const tainted = taintedNames(plan, new Map(entities.map((entity) => [tableId(entity), entity])), calls)
  const shows = (expression: string) => !COUNT.test(expression) && isTainted(expression, tainted)
  const showsAt = ({ Output: output, Plans: plans = [] }: PlanNode, place: number): boolean => {
    const expression = output?.[place]
    if (expression !== undefined) return shows(expression)
    // A union prints no output of its own: its parts' are in the same places.
    const parts = plans.filter((part) => part["Subplan Name"] === undefined)
    return output !== undefined || parts.length === 0 || parts.some((part) => showsAt(part, place))
  }
  return (place) => showsAt(plan, place)
}

/** What an expression may not mention: `alias.column`, `alias.` for anything of it, or `function(`. */
const taintedNames = (
  plan: PlanNode,
  byTable: ReadonlyMap<string, OntologyEntity>,
  calls: ReadonlyArray<string>
): ReadonlySet<string> => {
  const names = new Set(calls)
  const atFirst = names.size
  const visit = (node: PlanNode): boolean => {
    const isRead = visitNode(node)
    if (isRead && node["Subplan Name"] !== undefined) names.add(SUBPLAN)
    return isRead
  }
  const visitNode = (node: PlanNode): boolean => {
    // Children first: what reads them is tainted where they are. All are visited.
    const below = (node.Plans ?? []).map(visit).includes(true)
    const { Alias: alias, "Relation Name": relation, Schema: schema } = node
    if (alias === undefined) return below || reads(node, names)
    const quoted = quoteWhereNeeded(alias)
    if (relation === undefined || schema === undefined) {
      // A subquery, CTE, function or VALUES: its columns have names of their own. What is in VALUES is not printed: it may be of any table
      // that was read before.
      const type = node["Node Type"]
      const made = [node["Function Call"] ?? "", node["Table Function Call"] ?? ""]
      const isRead =
        below ||
        type === "CTE Scan" ||
        (type === "Values Scan" && names.size > atFirst) ||
        made.some((call) => isTainted(call, names))
      if (isRead) names.add(`${quoted}.`)
      return isRead
    }
    const entity = byTable.get(tableId({ schema, table: relation }))
    if (entity === undefined) {
      if (!SYSTEM.includes(schema) || HOLDS_VALUES.includes(relation)) names.add(`${quoted}.`)
    } else {
      const personal = entity.columns.filter(({ personalData }) => personalData)
      for (const { name } of personal) names.add(`${quoted}.${quoteWhereNeeded(name)}`)
      if (personal.length > 0) names.add(`${quoted}.*`)
      const known = new Set(entity.columns.map(({ name }) => `${quoted}.${quoteWhereNeeded(name)}`))
      // Columns that the query has renamed: `customers AS c (a, b)`.
      const isRenamed = (node.Output ?? []).some(
        (each) => plain(each).startsWith(`${quoted}.`) && !known.has(plain(each))
      )
      if (personal.length > 0 && isRenamed) names.add(`${quoted}.`)
    }
    return reads(node, names)
  }
  visit(plan)
  return names
}

/** Schemas of the server itself. */
const SYSTEM = ["pg_catalog", "information_schema"]
/** Tables of `pg_catalog` with values of users' tables in them: statistics (behind `pg_stats`), and large objects. */
const HOLDS_VALUES = ["pg_statistic", "pg_statistic_ext_data", "pg_largeobject"]
/** Calls of functions of `pg_catalog` that read what their arguments name, which no plan shows. */
const READS_BY_NAME =
  /\b(?:(?:query|table|schema|database|cursor)_to_xml\w*|ts_stat|ts_rewrite|lo_get|loread|pg_stat_get_activity|pg_stat_get_backend_activity|pg_logical_slot_\w+)\(/

/** An expression with quotes only around names that need them. */
const plain = (expression: string): string => expression.replaceAll(/"([a-z_][a-z0-9_$]*)"/g, "$1")

const reads = ({ Output: output = [] }: PlanNode, names: ReadonlySet<string>): boolean =>
  output.some((expression) => isTainted(expression, names))

/** Stands among the names for the result of any subplan. */
const SUBPLAN = "a subplan"
/** How an expression mentions the result of a subplan: by number since PostgreSQL 17, and as a parameter before. */
const OF_SUBPLAN = /\$\d+|\b(?:SubPlan|InitPlan) \d+/

const isTainted = (expression: string, names: ReadonlySet<string>): boolean =>
  READS_BY_NAME.test(expression) ||
  [...names].some((name) => (name === SUBPLAN ? OF_SUBPLAN.test(expression) : mentions(expression, name)))

/** Whether a name stands in an expression, and not as the end or beginning of a longer one. */
const mentions = (printed: string, name: string): boolean => {
  const expression = plain(printed)
  const isPart = (letter: string | undefined) => letter !== undefined && /[\p{L}\p{N}_$"]/u.test(letter)
  for (let at = expression.indexOf(name); at >= 0; at = expression.indexOf(name, at + 1)) {
    const after = /[.*(]$/.test(name) ? undefined : expression[at + name.length]
    if (!isPart(expression[at - 1]) && !isPart(after)) return true
  }
  return false
}

/** A name in quotes only where it needs them, but for keywords, which PostgreSQL prints in quotes: `plain` takes those away. */
const quoteWhereNeeded = (name: string): string => (/^[a-z_][a-z0-9_$]*$/.test(name) ? name : quoteIdentifier(name))
