import { Schema } from "effect"

/** A table's box: `[left, top, width, height]` in the picture's units, which are CSS pixels at full size. */
export const PictureBox = Schema.Struct({
  /** The place of the table in `Report.tables`; for a collapsed box, of the domain in `Report.domains`. */
  of: Schema.Int,
  kind: Schema.Literal("own", "near", "domain"),
  at: Schema.Tuple(Schema.Number, Schema.Number, Schema.Number, Schema.Number),
  /** For a collapsed box: how many tables it stands for. */
  count: Schema.optionalWith(Schema.Int, { exact: true })
})
/** @see PictureBox */
export type PictureBox = typeof PictureBox.Type

/** A line from a table that is referred to, to one that refers. */
export const PictureLine = Schema.Struct({
  /** The places of its relationships in `Report.relationships`; several where lines between the same boxes are drawn as one. */
  of: Schema.Array(Schema.Int),
  /** The place of the link table in `Report.tables` whose two references are drawn as this one line. */
  link: Schema.optionalWith(Schema.Int, { exact: true }),
  /** The places of its ends in `Picture.boxes`: referred to, referring. */
  ends: Schema.Tuple(Schema.Int, Schema.Int),
  /** Points as `x, y, x, y, …`, from the referred-to end to the referring. */
  points: Schema.Array(Schema.Number),
  /** Where its label stands: `[left, top, width, height]`; absent where there is no room for labels. */
  label: Schema.optionalWith(Schema.Tuple(Schema.Number, Schema.Number, Schema.Number, Schema.Number), { exact: true })
})
/** @see PictureLine */
export type PictureLine = typeof PictureLine.Type

/** A diagram, laid out. */
export const Picture = Schema.Struct({
  width: Schema.Number,
  height: Schema.Number,
  boxes: Schema.Array(PictureBox),
  lines: Schema.Array(PictureLine)
})
/** @see Picture */
export type Picture = typeof Picture.Type
