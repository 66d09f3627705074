import { Schema } from "effect"
import { SkippedTable, TableName } from "../datasource/Catalog.ts"
import { CopiedTables } from "../datasource/Copies.ts"
import { CastTo, ColumnSet, Compared, Condition } from "../datasource/Inclusion.ts"
import { Affected } from "../discovery/Decision.ts"
import { ContextPage } from "./context/Page.ts"

export { Affected } from "../discovery/Decision.ts"

/** What the values of a column are, whatever type they are stored in. `number` and `text` are what remains when nothing more can be said. */
export const SemanticType = Schema.Literal(
  "identifier",
  "name",
  "email",
  "phone",
  "url",
  "ip_address",
  "address",
  "postal_code",
  "city",
  "region",
  "country",
  "latitude",
  "longitude",
  "language",
  "currency",
  "money",
  "quantity",
  "percentage",
  "duration",
  "number",
  "ordinal",
  "date",
  "timestamp",
  "time",
  "year",
  "status",
  "category",
  "code",
  "flag",
  "text",
  "json",
  "binary",
  "other"
)
/** @see SemanticType */
export type SemanticType = typeof SemanticType.Type

/** What a column is for in a query: `identifier`s are joined on, `dimension`s grouped and filtered by, `measure`s aggregated, `attribute`s shown. */
export const ColumnRole = Schema.Literal("identifier", "dimension", "measure", "attribute")
/** @see ColumnRole */
export type ColumnRole = typeof ColumnRole.Type

/** One value of an enum-like column. */
export const OntologyValue = Schema.Struct({
  value: Schema.String,
  /** What the value means, where the database says so; null where it speaks for itself or nobody knows. */
  label: Schema.NullOr(Schema.String),
  count: Schema.Int
})
/** @see OntologyValue */
export type OntologyValue = typeof OntologyValue.Type

/** The third tier: a column, and what one must know to use it. */
export const OntologyColumn = Schema.Struct({
  name: Schema.String,
  /** The name in words: "unit price". */
  label: Schema.String,
  description: Schema.String,
  /** The comment in the database, on one line; absent without one. */
  comment: Schema.optionalWith(Schema.String, { exact: true }),
  /** A sentence: why the column does not refer to what its comment names. Absent if nothing contradicts the comment. */
  disputed: Schema.optionalWith(Schema.String, { exact: true }),
  /** Other words for it; none is a repetition of the label. */
  synonyms: Schema.Array(Schema.String),
  /** As PostgreSQL prints it. */
  type: Schema.String,
  /** Of a domain, the type that it is made of; absent for any other type. */
  baseType: Schema.optionalWith(Schema.String, { exact: true }),
  semanticType: SemanticType,
  role: ColumnRole,
  /** How a measure is summed up sensibly; null for what is none. */
  aggregation: Schema.NullOr(Schema.Literal("sum", "average")),
  /** Every value of an enum-like column, most frequent first; null for the others, and for personal data. */
  values: Schema.NullOr(Schema.Array(OntologyValue)),
  /** Whether `values` and their counts are those of a sample: there may be others. Absent where they are not. */
  estimated: Schema.optionalWith(Schema.Boolean, { exact: true }),
  /** Only where name or comment says so: "milliseconds". */
  unit: Schema.NullOr(Schema.String),
  /** Whether values say something about a person. None of them is quoted anywhere in the ontology. */
  personalData: Schema.Boolean,
  /** Why `personalData`; null where it is not. */
  personalDataReason: Schema.NullOr(Schema.String),
  primaryKey: Schema.Boolean,
  foreignKey: Schema.Boolean,
  unique: Schema.Boolean,
  /** What it refers to, alone or as part of a composite key. */
  references: Schema.NullOr(Schema.Struct({ ...TableName.fields, column: Schema.String })),
  /** From 0 to 1: which part of the rows has no value. */
  nullShare: Schema.Number,
  /** Allowed values or range by a CHECK, a domain or a composite type: "open, paid or void (by a CHECK)"; absent if none is declared. */
  allowed: Schema.optionalWith(Schema.String, { exact: true })
})
/** @see OntologyColumn */
export type OntologyColumn = typeof OntologyColumn.Type

/** Rows of a table. What `--json` writes has null where no row was read; that is 0 here, and `sampled` (see `isUnread`). */
const Rows = Schema.transform(Schema.NullOr(Schema.Int), Schema.Int, {
  strict: true,
  decode: (rows) => rows ?? 0,
  encode: (rows) => rows
})

const entityFields = {
  ...TableName.fields,
  /** Singular, Title Case: "Invoice Line". */
  name: Schema.String,
  description: Schema.String,
  /** `entity` and `lookup` are things; `link` joins things, `log` records what happened to them. */
  kind: Schema.Literal("entity", "lookup", "link", "log"),
  /** Names of the entities whose rows it pairs, any with any, once for each of its references to them. Absent where it pairs none. */
  pairs: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  synonyms: Schema.Array(Schema.String),
  keyColumns: Schema.Array(Schema.String),
  /** Whether the key is declared, or was found in the data. */
  keyDeclared: Schema.Boolean,
  rows: Rows,
  /** Whether the figures rest on a sample. */
  sampled: Schema.Boolean,
  /** What limits its counts, such as row-level security; a sentence each. */
  notes: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  /** One sentence each, both directions. */
  relations: Schema.Array(Schema.String),
  columns: Schema.Array(OntologyColumn)
}

/** An entity before it is known which business domain it belongs to. */
export const EntityDraft = Schema.Struct(entityFields)
/** @see EntityDraft */
export type EntityDraft = typeof EntityDraft.Type

/** The second tier: a table that holds something, and its columns. */
export const OntologyEntity = Schema.Struct({
  ...entityFields,
  /** The name of its business domain. */
  domain: Schema.String
})
/** @see OntologyEntity */
export type OntologyEntity = typeof OntologyEntity.Type

/** Tables that hang together. Every table of the second tier is in exactly one. */
export const BusinessDomain = Schema.Struct({
  name: Schema.String,
  description: Schema.String,
  tables: Schema.Array(TableName)
})
/** @see BusinessDomain */
export type BusinessDomain = typeof BusinessDomain.Type

/** That rows of one entity refer to those of another. */
export const OntologyRelationship = Schema.Struct({
  /** The referencing side. */
  from: ColumnSet,
  to: ColumnSet,
  /** The rows of `from` that refer to `to`; absent if all do. */
  when: Schema.optional(Condition),
  /** How values are converted to be compared; absent if they are compared as they are. */
  compared: Schema.optional(Compared),
  /** The type that texts are cast to where they are compared as whole numbers or UUIDs: one that holds the target's. */
  cast: Schema.optionalWith(CastTo, { exact: true }),
  fromName: Schema.String,
  toName: Schema.String,
  /** Rows of `from` per row of `to`. */
  cardinality: Schema.Literal("1:1", "N:1", "1:N", "N:M"),
  /** Whether only a sample of `to` shows that one of its rows at most has a value. Absent where all rows do, or a key. */
  ofSample: Schema.optionalWith(Schema.Boolean, { exact: true }),
  /** What `to` is to `from`: "customer", "reports to". */
  label: Schema.String,
  /** Whether a row of `from` can do without. */
  optional: Schema.Boolean,
  declared: Schema.Boolean,
  confidence: Schema.Number
})
/** @see OntologyRelationship */
export type OntologyRelationship = typeof OntologyRelationship.Type

/** A question that this database answers, and how. */
export const SampleQuestion = Schema.Struct({
  question: Schema.String,
  tables: Schema.Array(TableName),
  /** Valid PostgreSQL, one SELECT. */
  sql: Schema.String
})
/** @see SampleQuestion */
export type SampleQuestion = typeof SampleQuestion.Type

/** The first tier: what the database is about. */
export const Domain = Schema.Struct({
  database: Schema.String,
  summary: Schema.String,
  businessDomains: Schema.Array(BusinessDomain),
  relationships: Schema.Array(OntologyRelationship),
  sampleQuestions: Schema.Array(SampleQuestion)
})
/** @see Domain */
export type Domain = typeof Domain.Type

/** What a question is about. */
export const QuestionCategory = Schema.Literal(
  "relationship",
  "orphans",
  "values",
  "key",
  "duplicate",
  "time",
  "unit",
  "connection"
)
/** @see QuestionCategory */
export type QuestionCategory = typeof QuestionCategory.Type

/** Something that the owner of the database knows, and the data leaves open. */
export const Question = Schema.Struct({
  /** The same on every build, as long as it is about the same thing. */
  id: Schema.String,
  category: QuestionCategory,
  /** `high`: wrong figures are likely without the answer; `low`: good to know. */
  priority: Schema.Literal("high", "medium", "low"),
  question: Schema.String,
  /** What in the data made us ask. */
  why: Schema.String,
  affects: Schema.Array(Affected)
})
/** @see Question */
export type Question = typeof Question.Type

/** A question and what the owner said. */
export const Knowledge = Schema.Struct({
  questionId: Schema.String,
  question: Schema.String,
  answer: Schema.String,
  affects: Schema.Array(Affected)
})
/** @see Knowledge */
export type Knowledge = typeof Knowledge.Type

/** A table without a place in the second tier, and why. */
export const OtherTable = Schema.Struct({ ...TableName.fields, reason: Schema.String })
/** @see OtherTable */
export type OtherTable = typeof OtherTable.Type

/** What a database is about, in three tiers, with what its owner was and is asked. Names, values and comments in it are the database's: data, never instructions. */
export const Ontology = Schema.Struct({
  domain: Domain,
  entities: Schema.Array(OntologyEntity),
  otherTables: Schema.Array(OtherTable),
  /** Tables that could not be read, and why. Their rows are unknown. */
  notRead: Schema.optionalWith(Schema.Array(SkippedTable), { exact: true }),
  /** Tables that are copies of others, such as one schema per tenant. Only the originals are described. */
  copies: Schema.optionalWith(Schema.Array(CopiedTables), { default: () => [] }),
  questions: Schema.Array(Question),
  knowledge: Schema.Array(Knowledge),
  /** What a language model reads before it writes SQL, in parts; absent where the datasource was not asked for it. */
  context: Schema.optionalWith(ContextPage, { exact: true })
})
/** @see Ontology */
export type Ontology = typeof Ontology.Type
