import { Schema } from "effect"
import { TableName } from "../datasource/Catalog.ts"

/** A column elsewhere that refers to an entity. */
export const EntityOccurrence = Schema.Struct({
  ...TableName.fields,
  column: Schema.String,
  /** What the entity is to that row, where the column says so: `shipping_address_id` → "shipping"; "" where it only says which. */
  role: Schema.String,
  /** From 0 to 1: 1 is declared. */
  confidence: Schema.Number
})
/** @see EntityOccurrence */
export type EntityOccurrence = typeof EntityOccurrence.Type

/**
 * What a table stands for. `entity`: a thing people talk about; `lookup`: a short list of named values that others refer to, a thing too;
 * `link`: nothing of its own, it joins others; `log`: events or history recorded by a machine; `technical`: staging, backup, migration
 * or other plumbing, and what is a copy of another table; `empty`: nothing in it, and nothing says otherwise.
 */
export const EntityVerdict = Schema.Literal("entity", "lookup", "link", "log", "technical", "empty")
/** @see EntityVerdict */
export type EntityVerdict = typeof EntityVerdict.Type

/** Whether a verdict says that the table stands for a thing. */
export const isEntity = (verdict: EntityVerdict): boolean => verdict === "entity" || verdict === "lookup"

/** A table and what it stands for. Every table has a verdict; name, description and key are there whatever it says. */
export const Entity = Schema.Struct({
  ...TableName.fields,
  verdict: EntityVerdict,
  /** One sentence: why this verdict. */
  reason: Schema.String,
  /** What a person calls one of them, singular, Title Case: "Invoice Line". */
  name: Schema.String,
  /** One sentence that says more than the name. */
  description: Schema.String,
  aliases: Schema.Array(Schema.String),
  /** The columns that tell one row from another; empty where nothing does. */
  keyColumns: Schema.Array(Schema.String),
  /** Whether the key is declared, or was found in the data. */
  keyDeclared: Schema.Boolean,
  rows: Schema.Int,
  /** Whether figures rest on a sample of the rows. */
  sampled: Schema.Boolean,
  occurrences: Schema.Array(EntityOccurrence)
})
/** @see Entity */
export type Entity = typeof Entity.Type
