import { Effect } from "effect"
import type { Discovered } from "../../../src/ontology/Discovered.ts"
import { context } from "../../../src/ontology/context/Context.ts"
import { pageOf } from "./pageOf.ts"

/** The text of the context page of made-up tables, which answer no statement. */
export const textOf = (discovered: Discovered) =>
  pageOf(discovered, { select: () => Effect.succeed([]) }).pipe(
    Effect.flatMap((page) => context({ context: page })),
    Effect.map((all) => all?.text ?? "")
  )
