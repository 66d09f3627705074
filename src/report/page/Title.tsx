import { address } from "./Address.ts"
import type { ComponentChildren } from "preact"
import type { Book } from "./Book.ts"
import { Top } from "./Parts.tsx"

/** What a page is drawn from. */
export interface PageOf {
  readonly book: Book
}

/** The name of a page, and a sentence that says what it shows. */
export const Title = ({
  book,
  children,
  name
}: PageOf & { readonly name: string; readonly children: ComponentChildren }) => (
  <>
    <Top path={[[book.report.database, address("overview")], [name]]} />
    <h1>{name}</h1>
    <p class="lead">{children}</p>
  </>
)
