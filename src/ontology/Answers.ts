import { Effect, Option } from "effect"
import type { Catalog } from "../datasource/Catalog.ts"
import { type AnswerDecision, type HeldDecision, standings } from "../discovery/Decision.ts"
import type { DecisionRepositoryService } from "../discovery/DecisionRepository.ts"
import { missingIn } from "../discovery/missingIn.ts"
import type { Knowledge } from "./Ontology.ts"

/** What the owner of a datasource answered and has not taken back, by question. */
export const heldAnswers = ({ history }: DecisionRepositoryService) =>
  Effect.fnUntraced(function* (datasourceId: string) {
    const answered = standings(yield* history(datasourceId, "question"))
    return [...answered.values()].flatMap(({ decision }): ReadonlyArray<AnswerDecision> =>
      Option.isSome(decision) && decision.value.kind === "question" && decision.value.answer !== null
        ? [decision.value]
        : []
    )
  })

/**
 * Answers with what of them is gone. One about columns stands as long as one of those is there: that the currency is the euro is true of the
 * amounts that are left.
 */
export const withMissing = (
  answers: ReadonlyArray<AnswerDecision>,
  catalog: Catalog
): ReadonlyArray<HeldDecision<AnswerDecision>> => {
  const missing = missingIn(catalog)
  return answers.map((decision) => {
    const { affects } = decision.about
    const columns = affects.filter(({ column }) => column !== null)
    const places = columns.length > 0 ? columns : affects
    const gone = missing(places)
    return { decision, missing: gone.length === places.length ? gone : [] }
  })
}

/** What is known by the answers that have an effect. */
export const knowledgeOf = (held: ReadonlyArray<HeldDecision<AnswerDecision>>): ReadonlyArray<Knowledge> =>
  held.flatMap(({ decision: { about, answer, subject }, missing }) =>
    answer === null || missing.length > 0 ? [] : [{ questionId: subject, answer, ...about }]
  )
