import { expect, it } from "@effect/vitest"
import { fit, type Prior } from "../../../scripts/fit/Logistic.ts"
import type { Question } from "../../../scripts/fit/Questions.ts"

const PRIOR: Prior = { deviation: 1 / 3, least: 0.1 }

/** A column with one possible target, of which one signal speaks: with `points`, at today's weight. */
const asked = (points: number, verdict: "right" | "wrong", rest = 0): Question => ({
  weight: 1,
  choices: [{ verdict, points: [[0, points]], rest }]
})

it("a weight stays as it is where nothing is asked", () => {
  expect(fit([], 2, PRIOR)).toEqual([1, 1])
})

it("few answers move a weight little, many move it to where they agree", () => {
  // Three in four are right: log odds of ln 3, of which today's weight gives twice as many.
  const answers = (times: number) =>
    Array.from({ length: times }, (_, i) => asked(2 * Math.log(3), i % 4 === 0 ? "wrong" : "right"))
  const [few = 0] = fit(answers(4), 1, PRIOR)
  const [many = 0] = fit(answers(4_000), 1, PRIOR)
  expect(few).toBeLessThan(1)
  expect(few).toBeGreaterThan(0.85)
  expect(many).toBeCloseTo(0.5, 2)
})

it("no weight changes its sign, whatever the answers", () => {
  const wrong = Array.from({ length: 1_000 }, () => asked(3, "wrong"))
  expect(fit(wrong, 1, PRIOR)).toEqual([PRIOR.least])
})

it("a target that nobody can judge moves nothing, whether or not another one is right", () => {
  const unjudged = { verdict: "unjudged", points: [[0, 3]], rest: 0 } as const
  const right = { verdict: "right", points: [], rest: 5 } as const
  expect(fit([{ weight: 1, choices: [unjudged] }], 1, PRIOR)).toEqual([1])
  expect(fit([{ weight: 1, choices: [unjudged, right] }], 1, PRIOR)).toEqual([1])
})

it("of two targets the right one gains by what it has, and the wrong one does not", () => {
  const question: Question = {
    weight: 1,
    choices: [
      { verdict: "right", points: [[0, 1]], rest: 1 },
      { verdict: "wrong", points: [[1, 1]], rest: 1 }
    ]
  }
  const [first = 0, second = 0] = fit(
    Array.from({ length: 20 }, () => question),
    2,
    PRIOR
  )
  expect(first).toBeGreaterThan(1)
  expect(second).toBeLessThan(1)
})
