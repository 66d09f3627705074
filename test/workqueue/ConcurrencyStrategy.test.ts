import { describe, expect, it } from "@effect/vitest"
import { ConcurrencyStrategy } from "../../src/workqueue/ConcurrencyStrategy.ts"

describe("ConcurrencyStrategy", () => {
  it("serialized runs one task of each class", () => {
    expect(ConcurrencyStrategy.serialized()).toEqual({ llm: 1, data: 1 })
  })

  it("parallelLlm does not limit llm tasks", () => {
    expect(ConcurrencyStrategy.parallelLlm()).toEqual({ llm: Infinity, data: 1 })
  })

  it("throttledLlm limits llm tasks to the given number", () => {
    expect(ConcurrencyStrategy.throttledLlm(4)).toEqual({ llm: 4, data: 1 })
  })

  it("dataConcurrency lifts the one data task in every strategy", () => {
    const options = { dataConcurrency: 3 }
    const strategies = [
      ConcurrencyStrategy.serialized(options),
      ConcurrencyStrategy.parallelLlm(options),
      ConcurrencyStrategy.throttledLlm(2, options)
    ]
    expect(strategies.map((strategy) => strategy.data)).toEqual([3, 3, 3])
  })

  it.each([0, -1, 1.5, Number.NaN])("%d is no limit, and is refused by name", (number) => {
    expect(() => ConcurrencyStrategy.throttledLlm(number)).toThrow(`llm concurrency must be a whole number from 1`)
    expect(() => ConcurrencyStrategy.serialized({ dataConcurrency: number })).toThrow("dataConcurrency must be")
  })
})
