import type { ColumnModel } from "../../schema/TableModel.ts"
import { family, type Line, line, TRIAL } from "./Signal.ts"

/** What is true before anything is known of the two columns: it depends on the schema, and on what it declares. */
export const PRIORS = family("priors", {
  nothingSaid: [-5.5, "most columns refer to nothing", TRIAL],
  namesAreSilent: [-2.2, "the same in a schema whose names say no target: there values have to suffice"],
  unnamed: [-1, "nothing in the column's name says the target, in a schema whose names do"],
  undeclaredAgreed: [-1, "the schema declares other references; name and values agree"],
  undeclaredNamed: [-2, "the schema declares other references; only the name says this one"],
  undeclaredUnnamed: [-4, "the schema declares other references; the name does not say this one"],
  undeclaredByTableAgreed: [-1.5, "the column's table declares other references; name and values agree"],
  undeclaredByTableNamed: [-3, "the column's table declares other references; only the name says this one"],
  undeclaredByTableUnnamed: [-6, "the column's table declares other references; the name does not say this one"]
})

/** Whether name and values of a candidate agree, only the name says it, or the name says nothing. */
export type Said = "Agreed" | "Named" | "Unnamed"

/** What speaks against an undeclared reference where others are declared: by its table, or by another of the schema (`declares`). */
export const undeclared = (from: ColumnModel, declares: boolean, said: Said): ReadonlyArray<Line> => {
  if (from.table.foreignKeys.length > 0) {
    return [line(PRIORS[`undeclaredByTable${said}`], "its table declares foreign keys, and this is none of them")]
  }
  return declares
    ? [line(PRIORS[`undeclared${said}`], "the schema declares foreign keys, and this is none of them")]
    : []
}
