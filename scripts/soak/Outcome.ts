import { Effect } from "effect"
import { Database } from "../../src/database/Database.ts"
import { TASKS } from "./SoakKind.ts"

/** A server's death: its id as an owner, and when, in milliseconds since 1970. */
export interface Death {
  readonly serverId: string
  readonly at: number
}

/** A time without the database, in milliseconds since 1970. */
export interface Outage {
  readonly from: number
  readonly to: number
}

interface Hand {
  readonly workflow: string
  readonly state: string
  readonly owner: string | null
  readonly at: number
}

/** What the ledger says: how many of the entries that should be there are missing, and how many are there too often. */
export const countEntries = (workflows: number) =>
  Effect.gen(function* () {
    const { work: sql } = yield* Database
    const [counted] = yield* sql<{ entries: number; distinct: number; completed: number; epochs: number }>`
      SELECT count(*)::int AS entries, count(DISTINCT (l.workflow_id, l.task))::int AS distinct,
        (SELECT count(*)::int FROM engine.workflows WHERE state = 'completed') AS completed,
        (SELECT COALESCE(sum(w.epoch), 0)::int FROM engine.workflows w) AS epochs
      FROM ledger l`
    const { completed = 0, distinct = 0, entries = 0 } = counted ?? {}
    return { completed, entries, lost: workflows * TASKS - distinct, doubled: entries - distinct }
  })

/**
 * How long each workflow of a server that died was without an owner, in milliseconds, less the time in which there was no database.
 * Workflows that had just ended are not counted, and Infinity stands for one that nobody ever took.
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
