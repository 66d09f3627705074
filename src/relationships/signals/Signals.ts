import { AGREEMENT } from "./Agreement.ts"
import { CHAINS } from "./Chains.ts"
import { COMMENTS } from "./Comments.ts"
import { COMPOSITES } from "./Composites.ts"
import { KINDS } from "./Kinds.ts"
import { NAMED_REFERENCES } from "./NamedReferences.ts"
import { PATTERNS, QUALIFIERS } from "./NamePatterns.ts"
import { NAMES } from "./Names.ts"
import { POOLS } from "./Pools.ts"
import { PRIORS } from "./Priors.ts"
import { ROUND_TRIPS } from "./RoundTrips.ts"
import type { Signal } from "./Signal.ts"
import { TOGETHER } from "./Together.ts"
import { VALUES } from "./Values.ts"

/** Every signal that speaks for or against a reference, by family. A candidate's sum is made of nothing else. */
export const SIGNALS: ReadonlyArray<Signal> = [
  PRIORS,
  PATTERNS,
  QUALIFIERS,
  NAMES,
  VALUES,
  POOLS,
  KINDS,
  TOGETHER,
  COMMENTS,
  AGREEMENT,
  CHAINS,
  ROUND_TRIPS,
  COMPOSITES,
  NAMED_REFERENCES
].flatMap((family): ReadonlyArray<Signal> => Object.values(family))
