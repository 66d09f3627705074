import { type Fragment, unsafeFragment } from "@effect/sql/Statement"
import * as Pg from "pg"

/** A name as SQL takes it, whatever is in it: quotes doubled, dots not special. */
export const quote = (name: string): string => Pg.escapeIdentifier(name)

/** The same for a statement that is written as a template. */
export const identifier = (name: string): Fragment => unsafeFragment(quote(name))

/** A text as SQL takes it. */
export const literal = (text: string): string => Pg.escapeLiteral(text)

/** A `DO` statement of PL/pgSQL, whatever is in it. */
export const block = (body: string): string => {
  let tag = "$do$"
  while (body.includes(tag)) tag = `$_${tag.slice(1)}`
  return `DO ${tag} ${body} ${tag}`
}
