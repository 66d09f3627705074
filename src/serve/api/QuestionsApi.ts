import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Schema } from "effect"
import { Affected, Question } from "../../ontology/Ontology.ts"
import { NeedsScope, OfProject } from "./Access.ts"
import { by, DecisionView, IfMatch, standing } from "./DecisionView.ts"
import { OfDatasource } from "./Paths.ts"
import { BadRequest, Conflict, IfMatchMissing, NotFound, Stale, Unprocessable } from "./Problem.ts"
import { list, Segment, text } from "./Texts.ts"

/** A question to somebody who knows the business, open or answered. */
export const QuestionView = Schema.Struct({
  id: Schema.String,
  question: Schema.String,
  affects: Schema.Array(Affected),
  /** Null where the newest build does not ask it any more. */
  category: Schema.NullOr(Question.fields.category),
  priority: Schema.NullOr(Question.fields.priority),
  why: Schema.NullOr(Schema.String),
  ...standing
}).annotations({ identifier: "Question" })
/** @see QuestionView */
export type QuestionView = typeof QuestionView.Type

/** An answer. Whether two ends belong together is answered with yes or no. */
export const NewAnswer = Schema.Struct({ answer: text(10_000), by }).annotations({ identifier: "NewAnswer" })

const OfQuestion = Schema.Struct({ ...OfDatasource.fields, question: Segment })

/** What only somebody who knows the business can answer, the weightiest first. */
export class QuestionsApi extends HttpApiGroup.make("questions")
  .add(
    HttpApiEndpoint.get("list", "/questions")
      .setPath(OfDatasource)
      .setUrlParams(
        Schema.Struct({ state: Schema.optionalWith(list(Schema.Literal("open", "answered")), { exact: true }) })
      )
      .addSuccess(Schema.Struct({ questions: Schema.Array(QuestionView) }))
      .addError(NotFound)
  )
  .add(
    HttpApiEndpoint.get("get", "/questions/:question").setPath(OfQuestion).addSuccess(QuestionView).addError(NotFound)
  )
  .add(
    HttpApiEndpoint.put("answer", "/questions/:question/answer")
      .annotate(NeedsScope, "decide")
      .setPath(OfQuestion)
      .setHeaders(IfMatch)
      .setPayload(NewAnswer)
      .addSuccess(DecisionView)
      .addError(NotFound)
      .addError(BadRequest)
      .addError(Conflict)
      .addError(Stale)
      .addError(IfMatchMissing)
      .addError(Unprocessable)
  )
  .add(
    HttpApiEndpoint.del("takeBack", "/questions/:question/answer")
      .annotate(NeedsScope, "decide")
      .setPath(OfQuestion)
      .setHeaders(IfMatch)
      .setUrlParams(Schema.Struct({ by }))
      .addSuccess(DecisionView)
      .addError(NotFound)
      .addError(BadRequest)
      .addError(Conflict)
      .addError(Stale)
      .addError(IfMatchMissing)
      .addError(Unprocessable)
  )
  .middleware(OfProject)
  .prefix("/api/v1/projects/:project/datasources/:datasource") {}
