import { Schema } from "effect"
import { Inclusion } from "../datasource/Inclusion.ts"
import { Histogram } from "../datasource/TableProfile.ts"
import { ColumnRole, OntologyValue, Question, SemanticType } from "../ontology/Ontology.ts"
import { EvidenceLine } from "../relationships/Relationship.ts"
import { Picture } from "./layout/Picture.ts"

/** The place of a table in `Report.tables`. */
const TableIndex = Schema.Int

/** A column, and how its values are spread. Of personal data it holds counts only. */
export const ReportColumn = Schema.Struct({
  name: Schema.String,
  /** As PostgreSQL prints it, common types by their short names: `timestamptz`. */
  type: Schema.String,
  /** The database's own comment, on one line; absent where there is none. */
  comment: Schema.optionalWith(Schema.String, { exact: true }),
  /** Allowed values or range, as declared. */
  allowed: Schema.optionalWith(Schema.String, { exact: true }),
  semanticType: SemanticType,
  role: ColumnRole,
  aggregation: Schema.optionalWith(Schema.Literal("sum", "average"), { exact: true }),
  unit: Schema.optionalWith(Schema.String, { exact: true }),
  /** Part of the primary key, or unique alone; absent otherwise. */
  key: Schema.optionalWith(Schema.Literal("primary", "unique"), { exact: true }),
  /** Why it is personal data; absent where it is none. */
  personal: Schema.optionalWith(Schema.String, { exact: true }),
  /** From 0 to 1: which part of the rows has no value. */
  empty: Schema.Number,
  /** The number of different values; absent where they were not counted. */
  distinct: Schema.optionalWith(Schema.Int, { exact: true }),
  /** Whether `distinct` is an estimate. */
  estimated: Schema.optionalWith(Schema.Boolean, { exact: true }),
  /** Every value of an enum-like column, most frequent first. */
  values: Schema.optionalWith(Schema.Array(OntologyValue), { exact: true }),
  /** The smallest and the largest value, of numbers and times. */
  range: Schema.optionalWith(Schema.Tuple(Schema.String, Schema.String), { exact: true }),
  histogram: Schema.optionalWith(Histogram, { exact: true })
})
/** @see ReportColumn */
export type ReportColumn = typeof ReportColumn.Type

/** A table that holds something, with its columns. */
export const ReportTable = Schema.Struct({
  /** Unique, and what addresses in the page are made of: the table's name, with its schema where there are several. */
  id: Schema.String,
  schema: Schema.String,
  table: Schema.String,
  /** Singular, Title Case. */
  name: Schema.String,
  kind: Schema.Literal("entity", "lookup", "link", "log"),
  /** What it pairs, in words; absent where it pairs nothing. */
  pairs: Schema.optionalWith(Schema.String, { exact: true }),
  /** The database's own comment; absent where there is none. */
  comment: Schema.optionalWith(Schema.String, { exact: true }),
  synonyms: Schema.Array(Schema.String),
  key: Schema.Array(Schema.String),
  keyDeclared: Schema.Boolean,
  /** Null where it was not read. */
  rows: Schema.NullOr(Schema.Int),
  /** Whether figures rest on a sample. */
  sampled: Schema.Boolean,
  /** What limits its figures, one sentence each. */
  notes: Schema.Array(Schema.String),
  /** The place of its domain in `Report.domains`. */
  domain: Schema.Int,
  columns: Schema.Array(ReportColumn)
})
/** @see ReportTable */
export type ReportTable = typeof ReportTable.Type

/** Tables that belong together, with their pictures. */
export const ReportDomain = Schema.Struct({
  /** Unique, for addresses. */
  id: Schema.String,
  name: Schema.String,
  tables: Schema.Array(TableIndex),
  /** Names only, small. */
  overview: Picture,
  /** With its lines' columns and with neighbours of other domains. */
  diagram: Picture
})
/** @see ReportDomain */
export type ReportDomain = typeof ReportDomain.Type

/**
 * How a relationship is known: `declared` in the schema, `inferred` from the data, in `review` by a person, supposed by its name (`named`)
 * where a table has no rows to see it by, or `rejected`.
 */
export const Standing = Schema.Literal("declared", "inferred", "review", "named", "rejected")
/** @see Standing */
export type Standing = typeof Standing.Type

/** That columns of one table refer to those of another, or do not, and why. */
export const ReportRelationship = Schema.Struct({
  /** Unique among those of `from`, for addresses. */
  id: Schema.String,
  from: TableIndex,
  columns: Schema.Array(Schema.String),
  to: TableIndex,
  toColumns: Schema.Array(Schema.String),
  /** "source_type = rental": the rows that refer, where not all do. */
  when: Schema.optionalWith(Schema.String, { exact: true }),
  /** How values are converted to be compared. */
  compared: Schema.optionalWith(Schema.String, { exact: true }),
  standing: Standing,
  /** From 0 to 1. */
  confidence: Schema.Number,
  cardinality: Schema.Literal("1:1", "N:1", "1:N", "N:M"),
  /** Whether a row may refer to nothing, and whether there are rows that nothing refers to. */
  parentOptional: Schema.Boolean,
  childOptional: Schema.Boolean,
  /** Signals with their points, in log odds; absent if it is declared. */
  lines: Schema.optionalWith(Schema.Array(EvidenceLine), { exact: true }),
  /** Whether the sum of the points decided; otherwise they only order the reasons. */
  summed: Schema.Boolean,
  /** What the test join found; absent where it was not made. */
  join: Schema.optionalWith(Inclusion, { exact: true }),
  /** Whether a person decided. */
  byPerson: Schema.optionalWith(Schema.Boolean, { exact: true })
})
/** @see ReportRelationship */
export type ReportRelationship = typeof ReportRelationship.Type

/** A table without a page of its own, and why. */
export const ReportOther = Schema.Struct({
  id: Schema.String,
  what: Schema.String,
  why: Schema.String,
  rows: Schema.NullOr(Schema.Int)
})
/** @see ReportOther */
export type ReportOther = typeof ReportOther.Type

/** All that `report.html` shows, and nothing about how: names, values and comments in it are the database's, as they are. */
export const Report = Schema.Struct({
  database: Schema.String,
  /** Of all tables together, each once: a view's are those of its tables. */
  rows: Schema.Int,
  tables: Schema.Array(ReportTable),
  domains: Schema.Array(ReportDomain),
  /** Those between `tables`, accepted or in review; rejected ones only where they came close. */
  relationships: Schema.Array(ReportRelationship),
  /** Plumbing, empty tables. */
  others: Schema.Array(ReportOther),
  /** Tables that were not read, and why: some by id, of the others of a reason how many. */
  notRead: Schema.Array(Schema.Struct({ what: Schema.String, count: Schema.Int, reason: Schema.String })),
  /** What is a copy of described tables, one sentence each. */
  copies: Schema.Array(Schema.String),
  /** The weightiest first; `asked` of them are put to the owner. */
  questions: Schema.Array(Question),
  asked: Schema.Int,
  answers: Schema.Array(Schema.Struct({ question: Schema.String, answer: Schema.String })),
  examples: Schema.Array(
    Schema.Struct({ question: Schema.String, sql: Schema.String, tables: Schema.Array(TableIndex) })
  )
})
/** @see Report */
export type Report = typeof Report.Type
