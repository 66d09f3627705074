import { Effect } from "effect"
import { Database } from "../../src/database/Database.ts"
import { TASKS } from "./SoakKind.ts"

/** The kill of a server. */
export interface Death {
  /** Its id as an owner of workflows. */
  readonly serverId: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** A time without the database, in milliseconds since 1970. */
export interface Outage {
  readonly from: number
  readonly to: number
}

/** A change of a workflow's state or owner; `at` is in milliseconds since 1970. */
interface Hand {
  readonly workflow: string
  readonly state: string
  readonly owner: string | null
  readonly at: number
}

/** Counts completed workflows and ledger entries: all, lost (no entry for a task), and doubled (a further entry for the same task). */
export const countEntries = (workflows: number) =>
  Effect.gen(function* () {
    const { work: sql } = yield* Database
    const [counted] = yield* sql<{ entries: number; distinct: number; completed: number }>`
      SELECT count(*)::int AS entries, count(DISTINCT (l.workflow_id, l.task))::int AS distinct,
        (SELECT count(*)::int FROM engine.workflows WHERE state = 'completed') AS completed
      FROM ledger l`
    const { completed = 0, distinct = 0, entries = 0 } = counted ?? {}
    return { completed, entries, lost: workflows * TASKS - distinct, doubled: entries - distinct }
  })

/**
 * For each workflow of a killed server, how many milliseconds it had no owner, outages of the database not counted; Infinity when it was
 * never taken over. Workflows that completed at about the time of the kill are left out.
 */
export const takeovers = (deaths: ReadonlyArray<Death>, outages: ReadonlyArray<Outage>) =>
  Effect.gen(function* () {
    const { work: sql } = yield* Database
    const hands = yield* sql<Hand>`SELECT workflow_id AS workflow, state, owner_id AS owner,
      (extract(epoch FROM at) * 1000)::float8 AS at FROM hands ORDER BY position`
    const byWorkflow = new Map<string, Array<Hand>>()
    for (const hand of hands) {
      const history = byWorkflow.get(hand.workflow)
      if (history === undefined) byWorkflow.set(hand.workflow, [hand])
      else history.push(hand)
    }
    return deaths.flatMap(({ at, serverId }) =>
      [...byWorkflow.values()].flatMap((history) => {
        const last = history.findLastIndex((hand) => hand.at <= at)
        const after = history.slice(last + 1)
        if (history[last]?.owner !== serverId || after[0]?.state === "completed") return []
        const taken = after.find(({ owner }) => owner !== null)?.at ?? Number.POSITIVE_INFINITY
        const without = outages.map(({ from, to }) => Math.max(0, Math.min(to, taken) - Math.max(from, at)))
        return [taken - at - without.reduce((sum, each) => sum + each, 0)]
      })
    )
  })
