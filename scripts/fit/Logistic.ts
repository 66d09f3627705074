import type { Choice, Question } from "./Questions.ts"

/** How a fit is held back. */
export interface Prior {
  /** The standard deviation of a weight around today's, as a share of it. */
  readonly deviation: number
  /** No weight may become less than this share of today's: none changes its sign. */
  readonly least: number
}

/** Newton's steps: it has settled after five or six. */
const STEPS = 12
/** A step that gains less ends the fit. */
const SETTLED = 1e-6

/**
 * The factors of the weights that make the right answers likeliest: a logistic regression over each question's choices and "nothing", with a
 * normal prior around 1 (L2), by Newton's method with the bound held.
 */
export const fit = (questions: ReadonlyArray<Question>, count: number, prior: Prior): ReadonlyArray<number> => {
  let factors = Array.from({ length: count }, () => 1)
  let at = slopes(questions, factors, prior)
  for (let step = 0; step < STEPS; step++) {
    const held = factors.map((factor, i) => factor <= prior.least && (at.gradient[i] ?? 0) > 0)
    const direction = solve(at.curvature, at.gradient, held)
    let taken = false
    for (let length = 1; length > 1e-3 && !taken; length /= 2) {
      const tried = factors.map((factor, i) => Math.max(prior.least, factor - length * (direction[i] ?? 0)))
      const there = slopes(questions, tried, prior)
      if (there.loss >= at.loss - SETTLED) continue
      factors = tried
      at = there
      taken = true
    }
    if (!taken) break
  }
  return factors
}

/** The loss with its first and second derivatives by each factor. */
interface Slopes {
  readonly loss: number
  readonly gradient: Float64Array
  readonly curvature: ReadonlyArray<Float64Array>
}

const slopes = (questions: ReadonlyArray<Question>, factors: ReadonlyArray<number>, prior: Prior): Slopes => {
  const strength = 1 / prior.deviation ** 2
  const gradient = Float64Array.from(factors, (factor) => strength * (factor - 1))
  const curvature = factors.map((_, i) => {
    const row = new Float64Array(factors.length)
    row[i] = strength
    return row
  })
  let loss = factors.reduce((sum, factor) => sum + (strength / 2) * (factor - 1) ** 2, 0)
  for (const { choices, weight } of questions) {
    const odds = choices.map((choice) => Math.exp(Math.min(50, sumOf(choice, factors))))
    const hasRight = choices.some(({ verdict }) => verdict === "right")
    // What is right: the right choice, or nothing. What nobody can judge is left out, or as good as nothing.
    const isRight = ({ verdict }: Choice) => verdict === (hasRight ? "right" : "unjudged")
    const counts = ({ verdict }: Choice) => !hasRight || verdict !== "unjudged"
    let right = hasRight ? 0 : 1
    let all = 1
    choices.forEach((choice, i) => {
      if (counts(choice)) all += odds[i] ?? 0
      if (isRight(choice)) right += odds[i] ?? 0
    })
    loss += weight * Math.log(all / right)
    const mean = new Map<number, number>()
    choices.forEach((choice, i) => {
      const chance = counts(choice) ? (odds[i] ?? 0) / all : 0
      const pull = chance - (isRight(choice) ? (odds[i] ?? 0) / right : 0)
      if (chance < 1e-9 && Math.abs(pull) < 1e-9) return
      for (const [a, x] of choice.points) {
        gradient[a] = (gradient[a] ?? 0) + weight * pull * x
        mean.set(a, (mean.get(a) ?? 0) + chance * x)
        const row = curvature[a]
        if (row !== undefined) for (const [b, y] of choice.points) row[b] = (row[b] ?? 0) + weight * chance * x * y
      }
    })
    for (const [a, x] of mean) {
      const row = curvature[a]
      if (row !== undefined) for (const [b, y] of mean) row[b] = (row[b] ?? 0) - weight * x * y
    }
  }
  return { loss, gradient, curvature }
}

const sumOf = ({ points, rest }: Choice, factors: ReadonlyArray<number>): number =>
  points.reduce((sum, [signal, each]) => sum + each * (factors[signal] ?? 1), rest)

/** The solution of `matrix · x = vector`, for a symmetric positive matrix, by Cholesky; 0 for what is `held`. */
const solve = (
  matrix: ReadonlyArray<Float64Array>,
  vector: Float64Array,
  held: ReadonlyArray<boolean>
): ReadonlyArray<number> => {
  const free = held.flatMap((isHeld, i) => (isHeld ? [] : [i]))
  const lower = free.map(() => new Float64Array(free.length))
  const entry = (i: number, j: number) => lower[i]?.[j] ?? 0
  const y = new Float64Array(free.length)
  free.forEach((at, i) => {
    const row = lower[i] ?? new Float64Array()
    for (let j = 0; j <= i; j++) {
      let sum = matrix[at]?.[free[j] ?? 0] ?? 0
      for (let k = 0; k < j; k++) sum -= entry(i, k) * entry(j, k)
      row[j] = i === j ? Math.sqrt(Math.max(1e-9, sum)) : sum / entry(j, j)
    }
    let sum = vector[at] ?? 0
    for (let k = 0; k < i; k++) sum -= entry(i, k) * (y[k] ?? 0)
    y[i] = sum / entry(i, i)
  })
  const x = new Float64Array(free.length)
  for (let i = free.length - 1; i >= 0; i--) {
    let sum = y[i] ?? 0
    for (let k = i + 1; k < free.length; k++) sum -= entry(k, i) * (x[k] ?? 0)
    x[i] = sum / entry(i, i)
  }
  const solution = held.map(() => 0)
  free.forEach((at, i) => (solution[at] = x[i] ?? 0))
  return solution
}
