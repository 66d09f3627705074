import { storedType } from "./Discovered.ts"
import type { OntologyColumn } from "./Ontology.ts"

/** Whether a column says when something happened, and not when a person was born or a row last touched. */
export const isEventTime = (column: OntologyColumn): boolean =>
  /^(?:date$|timestamp)/.test(storedType(column)) &&
  column.role === "dimension" &&
  !column.personalData &&
  !NO_EVENT.test(column.label)

/** Words of dates that are about a person's life, how long something is valid, or when a row was written. */
const NO_EVENT =
  /\b(?:birth|death|hire|valid|expir\w*|created?|creation|updated?|modified|changed?|inserted|loaded|synced|imported|voided|retired|deleted)\b/
