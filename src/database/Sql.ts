import { type Fragment, unsafeFragment } from "@effect/sql/Statement"
import * as Pg from "pg"

/** A quoted SQL identifier for one name: `a"b.c` becomes `"a""b.c"`. */
export const quoteIdentifier = (name: string): string => Pg.escapeIdentifier(name)

/** The same as a fragment, for a statement that is written as a template. */
export const identifier = (name: string): Fragment => unsafeFragment(quoteIdentifier(name))

/** A quoted SQL literal for a text. With a backslash it is an `E'…'` string, which no `standard_conforming_strings` changes. */
export const quoteLiteral = (text: string): string => Pg.escapeLiteral(text)

/** A `DO` statement with this PL/pgSQL body, in dollar quotes that the body does not contain. */
export const block = (body: string): string => {
  let tag = "$do$"
  while (body.includes(tag)) tag = `$_${tag.slice(1)}`
  return `DO ${tag} ${body} ${tag}`
}
