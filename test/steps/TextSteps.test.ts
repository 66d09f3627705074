import { describe, expect, it } from "@effect/vitest"
import { Chunk, Effect, FastCheck as fc, Stream } from "effect"
import { atOnce, mapInSteps, type Steps } from "../../src/steps/Steps.ts"
import { jsonText, type TextSteps, textStream, wholeText } from "../../src/steps/TextSteps.ts"

function* ofParts(parts: ReadonlyArray<string>): TextSteps {
  for (const part of parts) {
    yield
    yield part
  }
}

const streamed = (start: () => TextSteps) => Effect.map(Stream.runCollect(textStream(start)), Chunk.toReadonlyArray)

describe("a text in steps", () => {
  it("is JSON as the language writes it, down to any depth", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.integer({ min: 0, max: 6 }), (value, depth) => {
        expect(wholeText(jsonText(value, depth))).toBe(JSON.stringify(value, null, 2))
      })
    )
    expect(wholeText(jsonText({ a: undefined, b: [] }, 3))).toBe(JSON.stringify({ b: [] }, null, 2))
  })

  it("ends with what its steps return", () => {
    function* returned(): Steps<string> {
      return (yield* mapInSteps(["a", "b"], (text) => text.toUpperCase())).join()
    }
    function* both(): TextSteps {
      yield "first "
      return "last"
    }
    expect(wholeText(returned())).toBe(atOnce(returned()))
    expect(wholeText(both())).toBe("first last")
  })

  it.effect("comes in parts of at most 250,000 characters, with no half of a character", () =>
    Effect.gen(function* () {
      for (const parts of [
        ["😀".repeat(400_000)],
        Array.from({ length: 300 }, () => `x${"😀".repeat(999)}`),
        ["a"],
        [],
        [""]
      ]) {
        const stream = yield* streamed(() => ofParts(parts))
        expect(stream.join("")).toBe(parts.join(""))
        expect(stream.every((part) => part.length <= 250_000 && !/[\uD800-\uDBFF]$/.test(part))).toBe(true)
        expect(stream.length).toBe(Math.ceil(parts.join("").length / 249_999))
      }
    })
  )

  it.effect("is made no further than it is read", () =>
    Effect.gen(function* () {
      let made = 0
      function* endless(): TextSteps {
        for (;;) {
          made++
          yield "x".repeat(1000)
        }
      }
      yield* Stream.runDrain(Stream.take(textStream(endless), 2))
      expect(made).toBe(500)
    })
  )
})
