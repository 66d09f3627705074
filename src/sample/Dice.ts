import { Utils } from "effect"

/** Choices that come out the same on every machine: everything random about the sample data is one of these. */
export interface Dice {
  /** A whole number, both ends included. */
  readonly int: (minimum: number, maximum: number) => number
  /** True with this probability, from 0 to 1. */
  readonly chance: (probability: number) => boolean
  readonly pick: <A>(items: ReadonlyArray<A>) => A
  /** One of the items, earlier ones more often: what a few customers or parts are to a business. */
  readonly favourite: <A>(items: ReadonlyArray<A>) => A
  /** One of the keys, as often as its weight says. */
  readonly weighted: <K extends string>(weights: Readonly<Record<K, number>>) => K
  /** Bell-shaped, from three uniform numbers. */
  readonly about: (mean: number, deviation: number) => number
}

/** Three uniform numbers have a standard deviation of one half around their mean. */
const UNIFORMS = 3

/** Dice with a seed: a PCG generator, the same numbers everywhere. */
export const make = (seed: number): Dice => {
  const random = new Utils.PCGRandom(seed)
  const at = <A>(items: ReadonlyArray<A>, index: number): A => {
    const item = items[index]
    if (item === undefined) throw new RangeError("nothing to choose from")
    return item
  }
  const weighted = <K extends string>(weights: Readonly<Record<K, number>>): K => {
    const keys = Object.keys(weights).filter((key): key is K => key in weights)
    let left = random.number() * keys.reduce((sum, key) => sum + weights[key], 0)
    return at(
      keys,
      Math.max(
        0,
        keys.findIndex((key) => (left -= weights[key]) < 0)
      )
    )
  }
  return {
    int: (minimum, maximum) => minimum + Math.floor(random.number() * (maximum - minimum + 1)),
    chance: (probability) => random.number() < probability,
    pick: (items) => at(items, Math.floor(random.number() * items.length)),
    favourite: (items) => at(items, Math.floor(random.number() ** 2 * items.length)),
    weighted,
    about: (mean, deviation) => {
      let sum = -UNIFORMS / 2
      for (let n = 0; n < UNIFORMS; n++) sum += random.number()
      return mean + 2 * deviation * sum
    }
  }
}
