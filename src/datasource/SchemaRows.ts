import { Schema } from "effect"

/** The schema of a text column: of text, or of hexadecimal bytes (see `AsText`). */
export type Text = Schema.Schema<string>

/** A relation of `pg_class`: a table, or a part of a hierarchy. */
export const relationRow = (text: Text) =>
  Schema.Struct({
    id: Schema.Number,
    schema: text,
    name: text,
    /** `pg_class.relkind`: r table, p partitioned, v view, m materialized view, f foreign table. */
    kind: Schema.Literal("r", "p", "v", "m", "f"),
    /** Oids of the partitioned table, or of the tables it inherits from; several only by inheritance. */
    parents: Schema.Array(Schema.Number),
    /** Whether it is a partition. */
    partition: Schema.Boolean,
    /** Whether its schema was asked for. */
    selected: Schema.Boolean,
    /** Whether its name matches an excluded pattern. */
    excluded: Schema.Boolean,
    /** The number of columns, dropped ones included. */
    width: Schema.Number,
    /** Whether it has columns that its parents lack. */
    ownColumns: Schema.Boolean,
    /** The planner's estimate of rows (`reltuples`); null where the relation was never analysed. */
    rows: Schema.NullOr(Schema.Number),
    /** Whether the login may read all columns; where not, it may read those that are `ColumnRow.readable`. */
    readable: Schema.Boolean,
    /** Whether the login has USAGE on the schema; without it, no grant on the table counts. */
    reachable: Schema.Boolean,
    /** Whether row-level security filters the rows for this login: it neither bypasses it nor owns a table without FORCE. */
    rowSecurity: Schema.Boolean,
    /** False for a materialized view that was never filled. */
    populated: Schema.Boolean
  })
/** @see relationRow */
export type RelationRow = Schema.Schema.Type<ReturnType<typeof relationRow>>

/** A column, whether the login may read it or not. */
export const columnRow = (text: Text) =>
  Schema.Struct({
    relation: Schema.Number,
    number: Schema.Number,
    name: text,
    type: text,
    /** `TypeRow.id` */
    typeId: Schema.Number,
    /** `atttypmod`; -1 without one. */
    modifier: Schema.Number,
    /** Whether it is NOT NULL, also in all children by inheritance. */
    required: Schema.Boolean,
    /** Whether it is an identity column, or its default calls a sequence. */
    sequence: Schema.Boolean,
    /** The columns that a generated column's expression names; null for any other. */
    computedFrom: Schema.NullOr(Schema.Array(text)),
    /** Whether a grant on this column alone lets the login read it. */
    readable: Schema.Boolean,
    /** A nondeterministic collation, quoted and schema-qualified; null for a deterministic one, whose equal texts have equal bytes. */
    collation: Schema.NullOr(text),
    comment: Schema.NullOr(text)
  })
/** @see columnRow */
export type ColumnRow = Schema.Schema.Type<ReturnType<typeof columnRow>>

/** A column's type; a domain is resolved to its base type. */
export const typeRow = (text: Text) =>
  Schema.Struct({
    id: Schema.Number,
    baseName: text,
    builtIn: Schema.Boolean,
    /** `pg_type.typtype` of the base type: b base, e enum, c composite, r range, m multirange. */
    kind: Schema.String,
    category: Schema.String,
    /** The domain's `typtypmod`; -1 without one. */
    modifier: Schema.Number,
    /** Whether a domain is NOT NULL. */
    required: Schema.Boolean,
    /** The type that a domain is made of, as `format_type` prints it; null for any other type. */
    baseType: Schema.NullOr(text),
    /** The first labels of the enum that the type is, or that an array's elements are; null for any other type. */
    labels: Schema.NullOr(Schema.Array(text)),
    /** The fields of a composite type as SQL declares them (`street text`); null for any other type. */
    fields: Schema.NullOr(Schema.Array(text)),
    /** Whether casting the type to text would run a function that neither PostgreSQL nor an extension installed. Then it is never cast. */
    ownCast: Schema.Boolean,
    /** The validated CHECKs of its domains, as `pg_node_tree`. */
    checks: Schema.Array(Schema.String)
  })
/** @see typeRow */
export type TypeRow = Schema.Schema.Type<ReturnType<typeof typeRow>>

/** An index; a null column is an expression. */
export const indexRow = (text: Text) =>
  Schema.Struct({
    relation: Schema.Number,
    name: text,
    primary: Schema.Boolean,
    /** Whether it belongs to a DEFERRABLE constraint. */
    deferrable: Schema.Boolean,
    /** Whether it is unique and valid, over plain columns, without a predicate. */
    key: Schema.Boolean,
    columns: Schema.Array(Schema.NullOr(text))
  })
/** @see indexRow */
export type IndexRow = Schema.Schema.Type<ReturnType<typeof indexRow>>

/** A declared foreign key. */
export const foreignKeyRow = (text: Text) =>
  Schema.Struct({
    relation: Schema.Number,
    target: Schema.Number,
    name: text,
    /** False where it is NOT VALID or not enforced: rows may break it. */
    validated: Schema.Boolean,
    /** Whether its last column is a period (PERIOD). */
    period: Schema.Boolean,
    columns: Schema.Array(text),
    targetColumns: Schema.Array(text)
  })
/** @see foreignKeyRow */
export type ForeignKeyRow = Schema.Schema.Type<ReturnType<typeof foreignKeyRow>>

/** A validated CHECK of a table, as `pg_node_tree`. */
export const CheckRow = Schema.Struct({ relation: Schema.Number, expression: Schema.String })
/** @see CheckRow */
export type CheckRow = typeof CheckRow.Type

/** A table's comment. */
export const commentRow = (text: Text) => Schema.Struct({ relation: Schema.Number, comment: text })

/** What runs when a view, or a table with row-level security, is read: its own code and that below it, at any depth. */
export const codeRow = (text: Text) =>
  Schema.Struct({
    relation: Schema.Number,
    /** The name of a foreign table that is read; null without one. */
    foreign: Schema.NullOr(text),
    /** The name of a volatile function that is called; null without one. */
    volatile: Schema.NullOr(text),
    /** Of a view, whether row-level security filters a table that it reads. */
    rowSecurity: Schema.Boolean,
    /** Names of the columns that a view reads, of tables at any depth. */
    reads: Schema.Array(text)
  })
/** @see codeRow */
export type CodeRow = Schema.Schema.Type<ReturnType<typeof codeRow>>
