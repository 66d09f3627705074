import { Either } from "effect"
import type { Ontology } from "../Ontology.ts"
import { type Written, withinBudget } from "./Budget.ts"
import { selected, type UnknownTable } from "./Selection.ts"

export { UnknownTable } from "./Selection.ts"

/** What a context is wanted for. */
export interface ContextOptions {
  /** The most tokens (characters / 4). Default: none, the whole page. */
  readonly budget?: number
  /** Names of the tables that it is about, and what joins them. Default: all. */
  readonly tables?: ReadonlyArray<string>
}

/**
 * `context.md`: one page for a language model that writes SQL, with what a right query needs and nothing else. The same ontology gives the
 * same bytes. A budget drops what is least useful, and never warnings, tables or joins: `tokens` may be more than it. Fails with
 * `UnknownTable`; null for an ontology that was built before there was such a page.
 */
export const context = (
  { context: page }: Pick<Ontology, "context">,
  { budget, tables = [] }: ContextOptions = {}
): Either.Either<Written | null, UnknownTable> =>
  page === undefined
    ? Either.right(null)
    : Either.map(tables.length === 0 ? Either.right(page) : selected(page, tables), (part) =>
        withinBudget(part, budget)
      )
