import { Either } from "effect"
import { type Format, FORMATS, isBaseIri } from "../findings/Formats.ts"
import { UsageError } from "./Failure.ts"
import { clean } from "./Text.ts"

const NAMES = FORMATS.map(({ name }) => name).join(",")

/** The formats of a comma-separated list, in their order in the table, each once. Fails with one line that names all there are. */
export const parseFormats = (text: string): Either.Either<ReadonlyArray<Format>, UsageError> => {
  const words = text.split(",").map((word) => word.trim())
  const unknown = words.find((word) => !FORMATS.some(({ name }) => name === word))
  if (unknown === undefined) return Either.right(FORMATS.filter(({ name }) => words.includes(name)))
  const said = unknown === "" ? "an empty name" : `"${clean(unknown)}"`
  return Either.left(new UsageError({ message: `--format takes some of ${NAMES}, and not ${said}` }))
}

/** A base for IRIs (`isBaseIri`). */
export const parseBaseIri = (text: string): Either.Either<string, UsageError> =>
  isBaseIri(text)
    ? Either.right(text)
    : Either.left(
        new UsageError({
          message: `--base-iri takes an absolute IRI like https://example.org/shop, and not "${clean(text)}"`
        })
      )
