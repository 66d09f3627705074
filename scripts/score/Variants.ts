import { Effect, type Redacted } from "effect"
import * as Datasets from "./Datasets.ts"
import { TRANSFORMS, UNCHANGED } from "./Transforms.ts"

/** The variants that `load` makes; the others are made of `nofk`. */
export const LOADED = ["full", "nofk", "bare"]
/** Every variant of a dataset. */
export const VARIANTS = [...LOADED, ...Object.keys(TRANSFORMS)]

/** Makes a variant's database anew: its URL, and what its tables and columns are called in the dataset. */
export const make = Effect.fn("Variants.make")(function* (server: Redacted.Redacted, name: string, variant: string) {
  const transform = TRANSFORMS[variant]
  if (transform === undefined) return { url: yield* Datasets.load(server, name, variant), originals: UNCHANGED }
  yield* Datasets.load(server, name, "nofk")
  const url = yield* Datasets.recreate(server, `${name}_${variant}`, `${name}_nofk`)
  return { url, originals: yield* transform(url, yield* Datasets.truth(name)) }
})
