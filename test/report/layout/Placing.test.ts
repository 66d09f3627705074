import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { type Laid, SMALL, type Unplaced } from "../../../src/report/layout/Layout.ts"
import { Placing } from "../../../src/report/layout/Placing.ts"

const picture = (width: number): Unplaced => ({
  boxes: [{ width, height: 20, loop: false }],
  lines: [],
  spacing: SMALL
})

/** Lays nothing out, and notes what it is asked for. */
const noting = () => {
  const asked: Array<number> = []
  const layer = Layer.succeed(Placing, {
    place: ({ boxes }) =>
      Effect.sync((): Laid => {
        const [{ width } = { width: 0 }] = boxes
        asked.push(width)
        return { width, height: 20, boxes: [], lines: [] }
      })
  })
  return { asked, kept: Placing.layerKept(layer) }
}

describe("Pictures that are kept", () => {
  it.effect("are laid out once, however often they are asked for, and again where anything is another", () => {
    const { asked, kept } = noting()
    return Effect.gen(function* () {
      const { place } = yield* Placing
      for (const width of [10, 20, 10, 20, 30]) expect((yield* place(picture(width))).width).toBe(width)
      yield* place({ ...picture(10), spacing: { ...SMALL, nodesep: 99 } })
      expect(asked).toEqual([10, 20, 30, 10])
    }).pipe(Effect.provide(kept))
  })

  it.effect("are a thousand: the one that nobody has asked for longest makes room", () => {
    const { asked, kept } = noting()
    return Effect.gen(function* () {
      const { place } = yield* Placing
      for (let width = 1; width <= 1_000; width++) yield* place(picture(width))
      yield* place(picture(1))
      yield* place(picture(1_001))
      asked.length = 0
      for (const width of [1, 3, 1_001, 2]) yield* place(picture(width))
      expect(asked).toEqual([2])
    }).pipe(Effect.provide(kept))
  })
})
