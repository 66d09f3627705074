import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect, Option } from "effect"
import { Datasources } from "../../datasource/Datasources.ts"
import type { DiscoveryTarget } from "../../discovery/DiscoveryWorkflow.ts"
import { type AskedQuestion, Decisions } from "../../ontology/Decisions.ts"
import type { QuestionNotFound } from "../../ontology/OntologyWorkflowService.ts"
import type { QuestionView } from "../api/QuestionsApi.ts"
import { Api } from "../Api.ts"
import { notFound, orUnavailable, unprocessable } from "../http/Problems.ts"
import { Rebuilds } from "../Rebuilds.ts"
import { decisionErrors, withEtag } from "./Relationships.ts"
import { deciderOf, decisionView, expectedOf, standingView, targetOf } from "./Target.ts"

const viewOf = ({ question, ...standing }: AskedQuestion): QuestionView => ({
  id: question.id,
  question: question.question,
  affects: question.affects,
  category: question.category ?? null,
  priority: question.priority ?? null,
  why: question.why ?? null,
  ...standingView(standing)
})

const missing = ({ message }: QuestionNotFound) => Effect.fail(notFound(message))

export const QuestionsLive = HttpApiBuilder.group(Api, "questions", (handlers) =>
  Effect.gen(function* () {
    const decisions = yield* Decisions
    const rebuilds = yield* Rebuilds
    const target = targetOf(yield* Datasources)
    const all = (of: DiscoveryTarget) =>
      Effect.map(orUnavailable(decisions.questions(of)), (asked) => asked.map(viewOf))

    return handlers
      .handle("list", ({ path, urlParams: { state } }) =>
        Effect.gen(function* () {
          const questions = yield* all(yield* target(path.datasource))
          const stateOf = ({ decision }: QuestionView) => (Option.isSome(decision) ? "answered" : "open")
          return {
            questions: state === undefined ? questions : questions.filter((each) => state.includes(stateOf(each)))
          }
        })
      )
      .handle("get", ({ path }) =>
        Effect.gen(function* () {
          const found = (yield* all(yield* target(path.datasource))).find(({ id }) => id === path.question)
          if (found === undefined) return yield* Effect.fail(notFound(`there is no question ${path.question}`))
          return yield* withEtag(found)
        })
      )
      .handle("answer", ({ headers, path, payload: { answer, by } }) =>
        Effect.gen(function* () {
          const { caller, ...of } = yield* target(path.datasource)
          const expected = yield* expectedOf(headers["if-match"])
          const decision = yield* decisions
            .answer({ ...of, questionId: path.question, answer, by: deciderOf(caller, by), expected })
            .pipe(
              Effect.catchTags({
                ...decisionErrors,
                QuestionNotFound: missing,
                NotYesOrNo: (error) => Effect.fail(unprocessable(error)),
                BlankAnswer: (error) => Effect.fail(unprocessable(error))
              }),
              orUnavailable
            )
          yield* rebuilds.after(of)
          return yield* withEtag(decisionView(decision))
        })
      )
      .handle("takeBack", ({ headers, path, urlParams: { by } }) =>
        Effect.gen(function* () {
          const { caller, ...of } = yield* target(path.datasource)
          const expected = yield* expectedOf(headers["if-match"])
          const decision = yield* decisions
            .takeBack({ ...of, questionId: path.question, by: deciderOf(caller, by), expected })
            .pipe(Effect.catchTags({ ...decisionErrors, QuestionNotFound: missing }), orUnavailable)
          yield* rebuilds.after(of)
          return yield* withEtag(decisionView(decision))
        })
      )
  })
)
