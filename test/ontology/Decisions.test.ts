import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { DecisionRepository } from "../../src/discovery/DecisionRepository.ts"
import { Decisions } from "../../src/ontology/Decisions.ts"
import { relationshipId } from "../../src/ontology/Discovered.ts"
import type { Question } from "../../src/ontology/Ontology.ts"
import { OntologyWorkflowService } from "../../src/ontology/OntologyWorkflowService.ts"
import {
  pairId,
  type RelationshipChoice,
  RelationshipWorkflowService
} from "../../src/relationships/RelationshipWorkflowService.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import { shop } from "./shop.ts"

const [relationship] = shop.relationships
if (relationship === undefined) throw new Error("the shop has no relationship")
const { from, to, when } = relationship
const question: Question = {
  id: `relationship:${relationshipId(relationship)}`,
  category: "relationship",
  priority: "high",
  question: "Is it so?",
  why: "Nobody knows.",
  affects: []
}

/** The service over others that know the shop and one question; what is decided is stored in memory. */
const services = Effect.map(DecisionRepository, (repository) =>
  Layer.mergeAll(
    Layer.mock(RelationshipWorkflowService, {
      relationships: () => Effect.succeed(shop.relationships),
      decide: (choice: RelationshipChoice) =>
        Effect.flatMap(TenantContext, ({ withProject }) =>
          repository
            .add(
              choice.datasourceId,
              {
                kind: "relationship",
                about: { from: choice.from, to: choice.to },
                subject: pairId(choice),
                action: choice.action,
                answer: null,
                by: choice.by
              },
              choice.expected
            )
            .pipe(withProject(choice.projectId))
        ).pipe(
          Effect.provide(TenantContext.layerMemory),
          Effect.map((decision) => ({ decision, relationship: Option.none() }))
        )
    }),
    Layer.mock(OntologyWorkflowService, { questions: () => Effect.succeed([question]) })
  )
)
const decisions = Decisions.layer.pipe(
  Layer.provide(Layer.unwrapEffect(services)),
  Layer.provideMerge(Layer.merge(DecisionRepository.layerMemory, TenantContext.layerMemory))
)

const target = { projectId: "p", datasourceId: "d" }
const by = "ann"

describe("People's decisions", () => {
  it.effect("are listed with what they are about, and its version", () =>
    Effect.gen(function* () {
      const { candidates, decide } = yield* Decisions
      const versions = Effect.map(candidates(target), (all) =>
        all.filter(({ version }) => version > 0).map(({ decision, version }) => [version, Option.isSome(decision)])
      )
      expect(yield* candidates(target)).toHaveLength(shop.relationships.length)
      const rejected = yield* candidates(target, "rejected")
      expect(rejected.every((each) => each.relationship.status === "rejected")).toBe(true)
      expect(yield* versions).toEqual([])
      yield* decide({ ...target, from, to, when, action: "accept", by, expected: 0 })
      expect(yield* versions).toEqual([[1, true]])
      const late = yield* Effect.flip(decide({ ...target, from, to, when, action: "reject", by: "bob", expected: 0 }))
      expect(late).toMatchObject({ _tag: "DecisionConflict", expected: 0, actual: 1, by })
      yield* decide({ ...target, from, to, when, action: "undo", by, expected: 1 })
      expect(yield* versions).toEqual([[2, false]])
    }).pipe(Effect.provide(decisions))
  )

  it.effect("about whether two ends belong together are answers yes and no, which accept and reject them", () =>
    Effect.gen(function* () {
      const { answer, questions, takeBack } = yield* Decisions
      const asked = { ...target, questionId: question.id, by }
      expect((yield* questions(target)).map((each) => [each.question.id, each.version])).toEqual([[question.id, 0]])
      expect((yield* Effect.flip(answer({ ...asked, answer: "perhaps" })))._tag).toBe("NotYesOrNo")
      expect(yield* answer({ ...asked, answer: "Yes." })).toMatchObject({ action: "accept", version: 1 })
      expect(yield* answer({ ...asked, answer: "no" })).toMatchObject({ action: "reject", version: 2 })
      expect(yield* takeBack(asked)).toMatchObject({ action: "undo", version: 3 })
    }).pipe(Effect.provide(decisions))
  )
})
