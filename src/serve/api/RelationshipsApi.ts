import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Schema } from "effect"
import { ColumnSet, Condition } from "../../datasource/Inclusion.ts"
import { Relationship, RelationshipStatus } from "../../relationships/Relationship.ts"
import { ReportColumn } from "../../report/Report.ts"
import { NeedsScope, OfProject } from "./Access.ts"
import { by, IfMatch, standing } from "./DecisionView.ts"
import { OfDatasource } from "./Paths.ts"
import { BadRequest, Conflict, IfMatchMissing, NotFound, Stale, Unprocessable } from "./Problem.ts"
import { Limit, list, Segment, text } from "./Texts.ts"

/** A relationship with its evidence and signals, and what people decided about it. */
export const RelationshipView = Schema.Struct({
  /** The same in every run, as long as its ends are the same. */
  id: Schema.String,
  ...standing,
  relationship: Relationship
}).annotations({ identifier: "Relationship" })
/** @see RelationshipView */
export type RelationshipView = typeof RelationshipView.Type

/** A decision about two ends: `undo` takes back the newest one that is not taken back. */
export const RelationshipDecision = Schema.Struct({
  action: Schema.Literal("accept", "reject", "undo"),
  by
}).annotations({ identifier: "RelationshipDecision" })

/**
 * What is known of the values of both ends, column by column: the most frequent of an enumeration, the smallest and the largest and a
 * histogram of numbers and times, how many there are. Nothing but counts of personal data and secrets.
 */
export const RelationshipValues = Schema.Struct({
  from: Schema.Array(ReportColumn),
  to: Schema.Array(ReportColumn)
}).annotations({ identifier: "RelationshipValues" })
/** @see RelationshipValues */
export type RelationshipValues = typeof RelationshipValues.Type

const bounded = (set: typeof ColumnSet) =>
  Schema.Struct({
    ...set.fields,
    schema: text(100),
    table: text(100),
    columns: Schema.Array(text(100)).pipe(Schema.minItems(1), Schema.maxItems(32))
  })

/** Two ends that somebody accepts or rejects, which the rules need not have considered. */
export const NamedRelationship = Schema.Struct({
  from: bounded(ColumnSet),
  to: bounded(ColumnSet),
  when: Schema.optionalWith(Schema.Struct({ ...Condition.fields, column: text(100), value: text(1_000) }), {
    exact: true
  }),
  action: Schema.Literal("accept", "reject"),
  by
}).annotations({ identifier: "NamedRelationship" })

const OfRelationship = Schema.Struct({ ...OfDatasource.fields, relationship: Segment })

/** How the tables of a datasource hang together, and people's decisions about it. */
export class RelationshipsApi extends HttpApiGroup.make("relationships")
  .add(
    HttpApiEndpoint.get("list", "/relationships")
      .setPath(OfDatasource)
      .setUrlParams(
        Schema.Struct({
          status: Schema.optionalWith(list(RelationshipStatus), { exact: true }),
          limit: Schema.optionalWith(Limit, { exact: true }),
          cursor: Schema.optionalWith(text(200), { exact: true })
        })
      )
      .addSuccess(
        Schema.Struct({
          relationships: Schema.Array(RelationshipView),
          next: Schema.OptionFromNullOr(Schema.String),
          /** How many there are of each status, whatever was asked for. */
          counts: Schema.Struct({ accepted: Schema.Int, needs_review: Schema.Int, rejected: Schema.Int })
        })
      )
      .addError(NotFound)
      .addError(BadRequest)
  )
  .add(
    HttpApiEndpoint.post("add", "/relationships")
      .annotate(NeedsScope, "decide")
      .setPath(OfDatasource)
      .setPayload(NamedRelationship)
      .addSuccess(RelationshipView)
      .addError(NotFound)
      .addError(Unprocessable)
  )
  .add(
    HttpApiEndpoint.get("get", "/relationships/:relationship")
      .setPath(OfRelationship)
      .addSuccess(RelationshipView)
      .addError(NotFound)
  )
  .add(
    HttpApiEndpoint.get("values", "/relationships/:relationship/values")
      .setPath(OfRelationship)
      .addSuccess(RelationshipValues)
      .addError(NotFound)
  )
  .add(
    HttpApiEndpoint.patch("decide", "/relationships/:relationship")
      .annotate(NeedsScope, "decide")
      .setPath(OfRelationship)
      .setHeaders(IfMatch)
      .setPayload(RelationshipDecision)
      .addSuccess(RelationshipView)
      .addError(NotFound)
      .addError(BadRequest)
      .addError(Conflict)
      .addError(Stale)
      .addError(IfMatchMissing)
      .addError(Unprocessable)
  )
  .middleware(OfProject)
  .prefix("/api/v1/projects/:project/datasources/:datasource") {}
