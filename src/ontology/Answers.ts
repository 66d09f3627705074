import { Effect, Option } from "effect"
import { standings } from "../discovery/Decision.ts"
import type { DecisionRepositoryService } from "../discovery/DecisionRepository.ts"
import type { Knowledge } from "./Ontology.ts"

/** What the owner of a datasource answered and has not taken back, by question. */
export const heldAnswers = ({ history }: DecisionRepositoryService) =>
  Effect.fnUntraced(function* (datasourceId: string) {
    const answered = standings(yield* history(datasourceId, "question"))
    return [...answered.values()].flatMap(({ decision }): ReadonlyArray<Knowledge> => {
      if (Option.isNone(decision) || decision.value.kind !== "question") return []
      const { about, answer, subject } = decision.value
      return answer === null ? [] : [{ questionId: subject, answer, ...about }]
    })
  })
