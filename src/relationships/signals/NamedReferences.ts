import { family } from "./Signal.ts"

/** What is said of lists and polymorphic references. It only orders the reasons: a name alone determines their targets (`inference/NamedReference.ts`). */
export const NAMED_REFERENCES = family("named-references", {
  valuesAgree: [3, "its values are in the target"],
  valuesDiffer: [-3, "its values are not in the target"],
  kindBeside: [4, "the column beside it names the target's table"],
  list: [1, "each row holds a list of keys"]
})
