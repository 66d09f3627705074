import { family } from "./Signal.ts"

/**
 * What is said of references of several columns. All but the last two only order the reasons: such a candidate is decided by thresholds (see
 * `inference/CompositeDecision.ts`). The last two speak against references of one column that an accepted composite one makes unlikely.
 */
export const COMPOSITES = family("composites", {
  named: [1, "the columns are named as a key of several columns: for each point of likeness, up to 3"],
  byValues: [2, "the columns hold what those of a key of several columns hold, and some are named or linked alike"],
  included: [2, "at least nine in ten rows have a counterpart"],
  notIncluded: [-4, "more than one in ten rows have none"],
  noCoincidence: [2, "that the combinations are there is no coincidence"],
  saysTable: [2, "the key is called as its own table, the columns as the key, and each row has a counterpart"],
  littleProof: [-2, "that the combinations are there proves little"],
  notItsOwn: [-2, "no part of the key is its table's own"],
  strays: [-2, "the key links other tables, and some rows have no counterpart"],
  ownKey: [-2, "the columns are their own table's whole key, and that is not named as a part of the target"],
  unsaid: [-2, "the columns have a role, and neither that nor the key says the target's table"],
  rival: [-3, "the names say another table better, or the values cover more of it"],
  implied: [-3, "it follows from a larger composite reference and one of its target"],
  taken: [-3, "the column refers to another table together with other columns"],
  follows: [-8, "it follows from what the column refers to together with other columns"]
})
