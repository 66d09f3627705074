import { Schema } from "effect"

/** How a text arrives: as it is, or as bytes. */
export type Text = Schema.Schema<string>

/** A relation as `pg_class` has it, parts of others included. */
export const relationRow = (text: Text) =>
  Schema.Struct({
    id: Schema.Number,
    schema: text,
    name: text,
    /** `pg_class.relkind`: r table, p partitioned, v view, m materialized view, f foreign table. */
    kind: Schema.Literal("r", "p", "v", "m", "f"),
    /** What it is a partition of, or inherits from: several at most by inheritance. */
    parents: Schema.Array(Schema.Number),
    /** Whether it is a partition, and not a child by inheritance. */
    partition: Schema.Boolean,
    /** Of a schema that was asked for, and of no excluded name. */
    selected: Schema.Boolean,
    excluded: Schema.Boolean,
    /** Columns, dropped ones included. */
    width: Schema.Number,
    /** The planner's estimate; null where it was never analysed. */
    rows: Schema.NullOr(Schema.Number),
    /** May the login read all columns; where not, columns have rights of their own. */
    readable: Schema.Boolean,
    /** May the login use the schema; only then do grants on the table count. */
    reachable: Schema.Boolean,
    /** Whether policies decide which rows this login sees: it neither bypasses them nor owns the table without FORCE. */
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
    modifier: Schema.Number,
    required: Schema.Boolean,
    /** Filled by a sequence or an identity. */
    sequence: Schema.Boolean,
    readable: Schema.Boolean,
    /** A collation that counts different texts as equal, qualified and quoted; null where equal texts are the same bytes. */
    collation: Schema.NullOr(text),
    comment: Schema.NullOr(text)
  })
/** @see columnRow */
export type ColumnRow = Schema.Schema.Type<ReturnType<typeof columnRow>>

/** A type that columns have, domains resolved to what they are made of. */
export const typeRow = (text: Text) =>
  Schema.Struct({
    id: Schema.Number,
    baseName: text,
    builtIn: Schema.Boolean,
    /** `pg_type.typtype` of the base type: b base, e enum, c composite, r range, m multirange. */
    kind: Schema.String,
    category: Schema.String,
    /** Of the domain; -1 without one. */
    modifier: Schema.Number,
    /** Whether a domain forbids null. */
    required: Schema.Boolean,
    /** The first labels of the enum that the type is, or that an array's elements are; null for any other type. */
    labels: Schema.NullOr(Schema.Array(text)),
    /** Of a composite type, as SQL declares them: `street text`. */
    fields: Schema.NullOr(Schema.Array(text)),
    /** Whether `::text` would run a function that somebody wrote for this type, and no extension brought. */
    ownCast: Schema.Boolean,
    /** The CHECKs of its domains, as `pg_node_tree`. */
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
    /** Unique over plain columns, without a predicate. */
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

/** What a view reaches, at any depth. */
export const viewRow = (text: Text) =>
  Schema.Struct({
    relation: Schema.Number,
    /** A foreign table below it, for people. */
    foreign: Schema.NullOr(text),
    /** A volatile function that it calls, itself or below. */
    volatile: Schema.NullOr(text),
    /** Whether policies decide which rows of a table below it are shown. */
    rowSecurity: Schema.Boolean
  })
/** @see viewRow */
export type ViewRow = Schema.Schema.Type<ReturnType<typeof viewRow>>
