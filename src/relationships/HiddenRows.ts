import type { Table } from "../datasource/Catalog.ts"
import type { Relationship } from "./Relationship.ts"

/** Why a table may have rows that were not seen: policies, or parts (partitions, children) that were not read. */
export type Hidden = "policies" | "parts"

/** @see Hidden */
export const hiddenIn = (table: Table | undefined): Hidden | undefined =>
  table?.rowSecurity === true ? "policies" : table?.partsNotRead === undefined ? undefined : "parts"

/**
 * The relationship without orphans, if the target may have rows that were not seen: what looks like an orphan may refer to one of them.
 * If the server has `validated` the foreign key, it certainly does; otherwise it is unknown.
 */
export const withoutHiddenRows = (relationship: Relationship, validated: boolean, why: Hidden): Relationship => {
  const { evidence, status, to } = relationship
  const { inclusion } = evidence
  if (inclusion === null || inclusion.orphanRows === 0 || status === "rejected") return relationship
  const { matched, orphanRows, rows } = inclusion
  const about = inclusion.sampled ? "about " : ""
  const place =
    why === "policies" ? "that row-level security hides from this login" : "in parts of it that were not read"
  const unknown =
    why === "policies"
      ? `row-level security decides which rows of ${to.table} this login sees`
      : `parts of ${to.table} were not read`
  const hidden = validated
    ? `${about}${orphanRows} of ${rows} rows refer to rows of ${to.table} ${place}`
    : `${unknown}: what has no counterpart may refer to hidden ones`
  return {
    ...relationship,
    evidence: {
      ...evidence,
      inclusion: { ...inclusion, rows: rows - orphanRows, orphanRows: 0, distinct: matched, orphans: [] },
      reasons: [...evidence.reasons, hidden]
    }
  }
}
