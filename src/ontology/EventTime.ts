import { storedType } from "./Discovered.ts"
import type { OntologyColumn } from "./Ontology.ts"

/** Whether a column says when something happened, and not when a person was born or a row last touched. */
export const isEventTime = (column: OntologyColumn): boolean =>
  /^(?:date$|timestamp)/.test(storedType(column)) &&
  column.role === "dimension" &&
  !column.personalData &&
  !/\b(?:birth|death|hire|created|valid|expir)/.test(column.label)
