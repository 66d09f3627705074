import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { make, type Output } from "../../src/cli/Screen.ts"

const recorder = (isTTY: boolean) => {
  const written: Array<string> = []
  const output: Output = { isTTY, columns: 80, rows: 24, write: (text) => written.push(text) }
  return { output, written }
}

/** What a terminal shows after all that was written: lines, of those control sequences that a screen uses. */
const shown = (written: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lines: Array<string> = [""]
  let row = 0
  for (const [part] of written.join("").matchAll(/\u001b\[\??[0-9]*[A-Za-z]|\n|\r|[^\u001b\n\r]+/g)) {
    if (part === "\n") lines[++row] ??= ""
    else if (part.endsWith("A") && part.startsWith("\u001b")) row -= Number(/\d+/.exec(part)?.[0])
    else if (part === "\u001b[J") lines.splice(row, lines.length, "")
    else if (!part.startsWith("\u001b") && part !== "\r") lines[row] = part
  }
  return lines
}

describe("The screen", () => {
  it.scoped("draws over what it drew, each frame in one write, and prints above it", () =>
    Effect.gen(function* () {
      const { output, written } = recorder(true)
      const screen = yield* make(output, output, false)
      yield* screen.print("first")
      yield* screen.draw(["one", "two", "three"])
      const before = written.length
      yield* screen.draw(["1", "2"])
      expect(written.length).toBe(before + 1)
      yield* screen.print("second")
      yield* screen.draw(["done"])
      expect(shown(written)).toEqual(["first", "second", "done", ""])
    })
  )

  it.effect("leaves nothing of what it drew, and the cursor visible, when it ends", () =>
    Effect.gen(function* () {
      const { output, written } = recorder(true)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const screen = yield* make(output, output, false)
          yield* screen.draw(["one", "two"])
          yield* screen.print("kept")
        })
      )
      expect(shown(written)).toEqual(["kept", ""])
      expect(written.at(-1)).toBe("\u001b[?25h")
    })
  )

  it.effect("writes nothing but lines where it is no terminal, or plain output is wanted", () =>
    Effect.gen(function* () {
      for (const [isTTY, wantsPlain] of [
        [false, false],
        [true, true]
      ] as const) {
        const { output, written } = recorder(isTTY)
        yield* Effect.scoped(
          Effect.gen(function* () {
            const screen = yield* make(output, output, wantsPlain)
            yield* screen.draw(["never seen"])
            yield* screen.print(screen.style.red("seen"))
          })
        )
        expect(written).toEqual(["seen\n"])
      }
    })
  )
})
