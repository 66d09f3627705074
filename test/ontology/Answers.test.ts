import { describe, expect, it } from "@effect/vitest"
import type { AnswerDecision, Affected } from "../../src/discovery/Decision.ts"
import { knowledgeOf, withMissing } from "../../src/ontology/Answers.ts"
import { shop } from "./shop.ts"

const at = (table: string, column: string | null): Affected => ({ schema: "public", table, column })
const answer = (...affects: ReadonlyArray<Affected>): AnswerDecision => ({
  kind: "question",
  subject: "q",
  version: 1,
  action: "answer",
  answer: "Euro",
  about: { question: "?", affects },
  by: "ann",
  at: new Date(0)
})
const missing = (...affects: ReadonlyArray<Affected>) =>
  withMissing([answer(...affects)], shop.catalog).flatMap((each) => each.missing)

describe("An answer", () => {
  it("has no effect where the column or table that it is about is gone, and is known otherwise", () => {
    expect(missing(at("orders", "id"))).toEqual([])
    expect(missing(at("orders", null))).toEqual([])
    expect(missing(at("orders", "gone"))).toEqual(["public.orders.gone"])
    expect(missing(at("gone", "id"))).toEqual(["public.gone.id"])
    expect(missing(at("gone", null))).toEqual(["public.gone"])
    const held = withMissing([answer(at("orders", "id")), answer(at("orders", "gone"))], shop.catalog)
    expect(knowledgeOf(held)).toEqual([
      { questionId: "q", question: "?", answer: "Euro", affects: [at("orders", "id")] }
    ])
  })
  it("about several columns stands as long as one of them is there; a table beside columns does not count", () => {
    expect(missing(at("orders", "gone"), at("orders", "id"))).toEqual([])
    expect(missing(at("orders", "gone"), at("products", null))).toEqual(["public.orders.gone"])
  })
})
