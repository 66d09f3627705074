/**
 * The confidence, from 0 to 1, from which people are asked about a relationship in review. Of those below, 13 in 1,000 are right (16 databases,
 * `score.ts --reliability`).
 */
export const WORTH_ASKING = 0.1
