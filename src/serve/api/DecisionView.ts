import { Schema } from "effect"
import { text } from "./Texts.ts"

/** What somebody decided, and when. */
export const DecisionView = Schema.Struct({
  action: Schema.Literal("accept", "reject", "answer", "undo"),
  answer: Schema.NullOr(Schema.String),
  by: Schema.String,
  at: Schema.Date,
  version: Schema.Int
}).annotations({ identifier: "Decision" })
/** @see DecisionView */
export type DecisionView = typeof DecisionView.Type

/** What holds about a subject: `version` counts the decisions about it, 0 before any; it is the ETag that a decision names in `If-Match`. */
export const standing = { version: Schema.Int, decision: Schema.OptionFromNullOr(DecisionView) }

/** The version that whoever decides has seen, as its ETag: `"3"`; `*` for any. */
export const IfMatch = Schema.Struct({
  "if-match": Schema.optionalWith(Schema.String.pipe(Schema.maxLength(100)), { exact: true })
})

/** Who decides, where a token or a machine is used by several people. Default: the token's name. */
export const by = Schema.optionalWith(text(100), { exact: true })
