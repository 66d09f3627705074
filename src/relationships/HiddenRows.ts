import type { Relationship } from "./Relationship.ts"

/**
 * The relationship without orphans, if row-level security decides which rows of the target this login sees: what looks like an orphan may
 * refer to a hidden row. If the server has `validated` the foreign key, it certainly does; otherwise it is unknown.
 */
export const withoutHiddenRows = (relationship: Relationship, validated: boolean): Relationship => {
  const { evidence, status, to } = relationship
  const { inclusion } = evidence
  if (inclusion === null || inclusion.orphanRows === 0 || status === "rejected") return relationship
  const { matched, orphanRows, rows } = inclusion
  const about = inclusion.sampled ? "about " : ""
  const hidden = validated
    ? `${about}${orphanRows} of ${rows} rows refer to rows of ${to.table} that row-level security hides from this login`
    : `row-level security decides which rows of ${to.table} this login sees: what has no counterpart may refer to hidden ones`
  return {
    ...relationship,
    evidence: {
      inclusion: { ...inclusion, rows: rows - orphanRows, orphanRows: 0, distinct: matched, orphans: [] },
      reasons: [...evidence.reasons, hidden]
    }
  }
}
