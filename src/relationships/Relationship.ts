import { Schema } from "effect"
import { ColumnSet, Compared, Condition, Inclusion } from "../datasource/Inclusion.ts"

/** What was decided: true, for a person to decide, not true. */
export const RelationshipStatus = Schema.Literal("accepted", "needs_review", "rejected")
/** @see RelationshipStatus */
export type RelationshipStatus = typeof RelationshipStatus.Type

/** Rows of `from` per row of `to`: `N:1` is the ordinary foreign key, `1:1` one whose values do not repeat. */
export const Cardinality = Schema.Literal("1:1", "N:1", "1:N", "N:M")
/** @see Cardinality */
export type Cardinality = typeof Cardinality.Type

/** A signal that counted in a decision: which one (see `signals/`), how much, in log odds, and what it says of these columns. */
export const EvidenceLine = Schema.Struct({ signal: Schema.String, points: Schema.Number, why: Schema.String })
/** @see EvidenceLine */
export type EvidenceLine = typeof EvidenceLine.Type

/** That the columns of one table refer to those of another (or of the same), and why we say so. */
export const Relationship = Schema.Struct({
  /** The referencing side. */
  from: ColumnSet,
  to: ColumnSet,
  /** The rows of `from` that refer to `to`, if a column beside (`owner_type`) decides it; absent if all rows do. */
  when: Schema.optional(Condition),
  /** How values are converted to be compared; absent if they are compared as they are. */
  compared: Schema.optional(Compared),
  status: RelationshipStatus,
  /** From 0 to 1: how probable it is. */
  confidence: Schema.Number,
  cardinality: Cardinality,
  method: Schema.Literal("foreign_key", "inferred"),
  /** Who decided: the rules, or a person, whose word outlives re-runs. */
  decidedBy: Schema.Literal("rules", "person"),
  /** What the rules said, where a person's decision changed it; absent also of ends that only a person named. */
  ruled: Schema.optionalWith(Schema.Struct({ status: RelationshipStatus, confidence: Schema.Number }), { exact: true }),
  evidence: Schema.Struct({
    /** What the test join found; null if either table has no rows or was not read, or the join was not made. */
    inclusion: Schema.NullOr(Inclusion),
    /** In words, the weightiest first: "every one of 412 values is a customer_id", "the name says customer". */
    reasons: Schema.Array(Schema.String),
    /**
     * The sum that decided, line by line, in the order in which it was made: points are log odds, rounded to hundredths. Of lists, and of
     * references of several columns or where another column decides, it only orders the reasons. Absent if the key is declared.
     */
    lines: Schema.optional(Schema.Array(EvidenceLine))
  })
})
/** @see Relationship */
export type Relationship = typeof Relationship.Type

/**
 * The confidence, from 0 to 1, from which people are asked about a relationship in review. Of those below, 13 in 1,000 are right (16 databases,
 * `score.ts --reliability`).
 */
export const WORTH_ASKING = 0.1

/** Whether values were compared: otherwise only a declaration, names, comments or a person speak for it. */
export const isTested = ({ evidence: { inclusion } }: Pick<Relationship, "evidence">): boolean =>
  inclusion !== null && inclusion.rows > 0

/** Whether some row has a counterpart: where values are only such as stand for none, 0 or NaN, it was found by its name. */
export const isFoundInData = ({ evidence: { inclusion } }: Pick<Relationship, "evidence">): boolean =>
  inclusion !== null && inclusion.matched > 0
