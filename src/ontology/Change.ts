import { Schema } from "effect"

/** A difference between two versions of an ontology. */
export const Change = Schema.Struct({
  what: Schema.Literal("table", "column", "relationship", "meaning"),
  how: Schema.Literal("added", "gone", "changed"),
  /** `public.orders`, `public.orders.total`, `public.orders(customer_id) -> public.customers(id)`. */
  name: Schema.String,
  /** What it is now, or what it was and is: "integer, was text". Empty where the name says it all. */
  detail: Schema.String
})
/** @see Change */
export type Change = typeof Change.Type

/** What changed since a version. */
export const Changes = Schema.Struct({
  /** When the version before was built. */
  since: Schema.DateFromString,
  /** Tables first, then columns, relationships and meanings, each by name. Never empty. */
  changes: Schema.NonEmptyArray(Change)
})
/** @see Changes */
export type Changes = typeof Changes.Type
