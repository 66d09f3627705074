import { Schema } from "effect"
import { unstorable } from "../../workqueue/Task.ts"

/** A text that PostgreSQL can hold: without NUL and halves of characters. */
const Storable = Schema.String.pipe(
  Schema.filter((text) => unstorable(text, Number.POSITIVE_INFINITY) === undefined, {
    message: () => "a text without NUL and halves of characters"
  })
)

/** A text of at most so many characters, one at least. */
export const text = (longest: number) => Storable.pipe(Schema.minLength(1), Schema.maxLength(longest))

/** A name or another short text. */
export const Name = text(200)

/**
 * A segment of a path: escaped by whoever sends it, because it may hold slashes and blanks; the router has unescaped it when it is decoded.
 */
export const Segment = Schema.transform(text(2_000), Schema.String, {
  strict: true,
  decode: (segment) => segment,
  encode: (segment) => encodeURIComponent(segment)
})

const Words = Schema.transform(text(10_000), Schema.Array(Schema.String), {
  strict: true,
  decode: (words) => words.split(",").map((word) => word.trim()),
  encode: (words) => words.join()
})

/** Words with commas between them: `running,failed`. */
export const list = <A extends string>(item: Schema.Schema<A>) =>
  Schema.compose(Words, Schema.Array(item), { strict: false })

/** How many items a page has at most. */
export const Limit = Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 1_000))
