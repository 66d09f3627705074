import { Option, Stream } from "effect"
import { type Steps, stepwise } from "./Steps.ts"

/**
 * A long text made in short steps, which yield the parts of the text in order. A step that makes no part yields nothing. A text that is
 * returned is the last part: steps that return a text are `TextSteps` of one part.
 */
export type TextSteps = Generator<string | void, string | void, void>

/** `JSON.stringify(value, null, 2)`, a member per step down to `depth` levels. */
export function* jsonText(value: unknown, depth: number): TextSteps {
  yield* indented(value, "", depth)
}

/** `JSON.stringify(value, null, 2)` whose lines after the first begin with `indent`. */
function* indented(value: unknown, indent: string, depth: number): TextSteps {
  if (depth === 0 || typeof value !== "object" || value === null) {
    yield JSON.stringify(value, null, 2).replaceAll("\n", `\n${indent}`)
    return
  }
  const inner = `${indent}  `
  const isArray = Array.isArray(value)
  const [open, close] = isArray ? ["[", "]"] : ["{", "}"]
  yield open
  let none = true
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue
    yield `${none ? "" : ","}\n${inner}${isArray ? "" : `${JSON.stringify(name)}: `}`
    yield* indented(member, inner, depth - 1)
    none = false
  }
  yield none ? close : `\n${indent}${close}`
}

/** The whole text, made without a pause. */
export const wholeText = (steps: TextSteps): string => {
  const parts: Array<string> = []
  for (;;) {
    const { done, value } = steps.next()
    if (value !== undefined) parts.push(value)
    if (done === true) return parts.join("")
  }
}

/** Characters per element of `textStream`: so many are encoded and written in under 1 ms. */
const PART = 250_000

/**
 * The text as a stream of parts of at most 250,000 characters, none of which ends within a surrogate pair. A part is made when it is
 * pulled, in slices of about 10 ms: however long the text is, the stream holds about one part of it.
 */
export const textStream = (start: () => TextSteps): Stream.Stream<string> =>
  Stream.suspend(() => {
    const steps = start()
    return Stream.unfoldEffect("", (rest) => stepwise(() => nextPart(steps, rest)))
  })

/** The next part of `rest` and what the steps yield after it, with what is left over; none at the end. */
function* nextPart(steps: TextSteps, rest: string): Steps<Option.Option<readonly [string, string]>> {
  const parts = [rest]
  for (let length = rest.length; length < PART;) {
    const { done, value = "" } = steps.next()
    parts.push(value)
    length += value.length
    if (done === true) break
    yield
  }
  const text = parts.join("")
  const end = /[\uD800-\uDBFF]/.test(text[PART - 1] ?? "") ? PART - 1 : PART
  return text === "" ? Option.none() : Option.some([text.slice(0, end), text.slice(end)])
}
