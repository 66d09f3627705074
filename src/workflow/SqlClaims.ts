import * as SqlSchema from "@effect/sql/SqlSchema"
import { Duration, Effect, Schema } from "effect"
import { Database } from "../database/Database.ts"
import { isUuid } from "../database/Uuid.ts"
import { BUCKETS, RESERVED_FOR } from "./Placement.ts"
import { hasCompletedNone, nextAttempt, toWorkflows, workflowColumns } from "./SqlRows.ts"
import { transition } from "./SqlTransition.ts"
import type { Claimable, Placed, WorkflowRepositoryService } from "./WorkflowRepository.ts"
import { MAX_ATTEMPTS, type Runnable, type RunningLimit } from "./WorkflowState.ts"

/** Maximum number of workflows that one sweep revokes: bounds the row locks that its statement holds. */
const REVOKED_AT_ONCE = 1_000
/**
 * Number of pending workflows that a claim reads beyond its limit, because concurrent claims of other
 * servers may have locked the oldest ones: twice the maximum of one claim (`Takeover.CLAIMED_AT_ONCE`).
 */
const READ_AHEAD = 100

const Share = Schema.Struct({
  share: Schema.Int,
  due: Schema.Array(Schema.Struct({ kind: Schema.String, version: Schema.Int, servers: Schema.Array(Schema.String) }))
})
/** Decodes the row of a share. */
const toShare = ([row]: ReadonlyArray<unknown>) => Schema.decodeUnknown(Share)(row)

/** A workflow whose owner has no row, as it was read. */
const Orphan = Schema.Struct({ id: Schema.String, ownerId: Schema.String, epoch: Schema.Int })

/** The bucket of the workflow `c` (`Placement.bucketOf`). */
const BUCKET_OF = `('x' || right(c.id::text, 3))::bit(12)::int`

/** How workflows lose their owner when it has died, and get the next one. */
export const make = Effect.gen(function* () {
  const { control, engine } = yield* Database
  const columns = workflowColumns(control, engine)

  const kindsOf = (runs: ReadonlyArray<Runnable>) => control`
    unnest(${runs.map(({ kind }) => kind)}::text[], ${runs.map(({ version }) => version)}::int[]) AS r (kind, version)`

  /** The parts of a claim for kinds that other servers can run, too; nothing if there are none. */
  const placement = (placed: ReadonlyArray<Placed>) => {
    if (placed.length === 0) return { bits: control``, join: control``, isHere: control`` }
    const bitsOf = ({ isMine }: Placed) =>
      Array.from({ length: BUCKETS }, (_, bucket) => (isMine(bucket) ? "1" : "0")).join("")
    return {
      bits: control`, p.bits`,
      join: control`LEFT JOIN unnest(${placed.map(({ kind }) => kind)}::text[],
          ${placed.map(({ version }) => version)}::int[], ${placed.map(bitsOf)}::varbit[]) AS p (kind, version, bits)
        ON p.kind = l.kind AND p.version = l.version`,
      isHere: control`AND (r.bits IS NULL OR get_bit(r.bits, ${control.literal(BUCKET_OF)}) = 1
        OR greatest(c.start_at, c.freed_at) < now() - make_interval(secs => ${Duration.toSeconds(RESERVED_FOR)}))`
    }
  }

  /**
   * The CTEs of the kinds and versions with a workflow whose time has come, and of these with each priority of their pending workflows:
   * index probes, so that workflows that wait for a later time are not read.
   */
  const levels = (runs: ReadonlyArray<Runnable>) => control`
    due AS MATERIALIZED (SELECT r.kind, r.version FROM ${kindsOf(runs)} CROSS JOIN LATERAL (
      SELECT w.start_at FROM ${engine}.workflows w
      WHERE w.state = 'pending' AND w.kind = r.kind AND w.version = r.version ORDER BY w.start_at LIMIT 1) first
      WHERE first.start_at <= now()),
    levels AS (
      SELECT d.kind, d.version, n.priority FROM due d CROSS JOIN LATERAL (
        SELECT w.priority FROM ${engine}.workflows w
        WHERE w.state = 'pending' AND w.kind = d.kind AND w.version = d.version ORDER BY w.priority DESC LIMIT 1) n
      UNION ALL
      SELECT l.kind, l.version, n.priority FROM levels l CROSS JOIN LATERAL (
        SELECT w.priority FROM ${engine}.workflows w
        WHERE w.state = 'pending' AND w.kind = l.kind AND w.version = l.version AND w.priority < l.priority
        ORDER BY w.priority DESC LIMIT 1) n)`

  /** The condition that a server may claim the workflow `c` of the kind and version `r`. */
  const claimable = ({ except = [], only }: Claimable = {}) => control`
    c.kind = r.kind AND c.version = r.version AND c.state = 'pending' AND c.start_at <= now()
    ${except.length === 0 ? control`` : control`AND c.id <> ALL (${except}::uuid[])`}
    ${
      only === undefined
        ? control``
        : control`AND (c.id = ANY (${only.workflowIds.filter(isUuid)}::uuid[])
            OR c.project_id = ANY (${only.projectIds.filter(isUuid)}::uuid[]))`
    }`

  const completedNone = hasCompletedNone(control, engine)
  /** A literal, because PostgreSQL uses the partial index of migration 9 only if the value is known when it plans. */
  const lastAttempt = control.literal(`${MAX_ATTEMPTS - 1}`)

  const orphans = SqlSchema.findAll({
    Request: Schema.Void,
    Result: Orphan,
    execute: () => control`
      SELECT w.id, w.owner_id AS "ownerId", w.epoch
      FROM ${engine}.workflows w
      WHERE w.owner_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM ${engine}.server_instances s WHERE s.id = w.owner_id)
      LIMIT ${REVOKED_AT_ONCE}`
  })
  const revoke = SqlSchema.findAll({
    Request: Schema.Array(Orphan),
    Result: Schema.Struct({ id: Schema.String }),
    execute: (orphans) => control`
      WITH revoked AS (UPDATE ${engine}.workflows w
      SET owner_id = NULL, state = 'pending', epoch = w.epoch + 1, freed_at = now(), attempt = ${nextAttempt(control, engine)}
      FROM unnest(${orphans.map(({ id }) => id)}::uuid[], ${orphans.map(({ ownerId }) => ownerId)}::uuid[],
        ${orphans.map(({ epoch }) => epoch)}::int[]) AS o (id, owner_id, epoch)
      WHERE w.id = o.id AND w.owner_id = o.owner_id AND w.epoch = o.epoch
      RETURNING w.project_id, w.id, o.epoch, o.owner_id, w.freed_at),
      kept AS (INSERT INTO ${engine}.workflow_lost_owners (project_id, workflow_id, epoch, owner_id, lost_at)
        SELECT project_id, id, epoch, owner_id, freed_at FROM revoked)
      SELECT id FROM revoked`
  })
  // Two statements: the UPDATE matches the owner and epoch that were read, so a workflow claimed in between is not revoked.
  const revokeOrphans: WorkflowRepositoryService["revokeOrphans"] = Effect.gen(function* () {
    const found = yield* orphans()
    return found.length === 0 ? 0 : (yield* revoke(found)).length
  }).pipe(transition)

  const share: WorkflowRepositoryService["share"] = (runs, most, which) =>
    control`
      WITH RECURSIVE ${levels(runs)},
        living AS MATERIALIZED (SELECT id, runs FROM ${engine}.server_instances WHERE expires_at > now()),
        number AS (SELECT greatest(count(*), 1) AS n FROM living),
        waiting AS (SELECT r.kind, r.version, count(*) AS n FROM levels r CROSS JOIN LATERAL (
          SELECT FROM ${engine}.workflows c WHERE ${claimable(which)} AND c.priority = r.priority
          LIMIT ${most} * (SELECT n FROM number)) w GROUP BY r.kind, r.version)
      SELECT least(${most}::int, ceil(coalesce(sum(w.n), 0)::float8 / (SELECT n FROM number))::int) AS share,
        coalesce(json_agg(json_build_object('kind', w.kind, 'version', w.version, 'servers', ARRAY(
          SELECT l.id FROM living l WHERE w.kind || ' ' || w.version = ANY (l.runs)))), '[]') AS due
      FROM waiting w`.pipe(Effect.flatMap(toShare), transition)

  /** What a claim needs for kinds with limits; nothing if there are none. */
  const limits = (limited: ReadonlyArray<Runnable>, most: number, { except = [], only }: Claimable = {}) => {
    if (limited.length === 0)
      return { candidates: control``, lastAttempts: control``, others: control``, marks: control`` }
    const numbers = (name: keyof RunningLimit) => limited.map(({ limit }) => limit?.[name] ?? null)
    const ids = (texts: ReadonlyArray<string> | undefined) => texts?.filter(isUuid) ?? null
    const kinds = limited.map(({ kind }) => kind)
    return {
      candidates: control`limited AS MATERIALIZED (SELECT * FROM ${engine}.within_limits(${kinds}::text[],
        ${limited.map(({ version }) => version)}::int[], ${numbers("running")}::int[], ${numbers("perProject")}::int[],
        ${most}::int, ${except}::uuid[], ${ids(only?.workflowIds)}::uuid[], ${ids(only?.projectIds)}::uuid[])),`,
      lastAttempts: control`UNION ALL SELECT id, priority, start_at FROM limited WHERE attempt = ${lastAttempt}`,
      others: control`UNION ALL SELECT id, place, priority, start_at FROM limited WHERE attempt <> ${lastAttempt}`,
      marks: control`, limited = (w.kind = ANY (${kinds}::text[]))`
    }
  }

  const claim: WorkflowRepositoryService["claim"] = (serverId, runs, limit, which) => {
    const unlimited = runs.filter((run) => run.limit === undefined)
    const limited = limits(
      runs.filter((run) => run.limit !== undefined),
      limit,
      which
    )
    const here = placement(which?.placed ?? [])
    return control`WITH RECURSIVE ${levels(unlimited)},
        ${limited.candidates}
        last_attempts AS (
          SELECT l.id, l.priority, l.start_at FROM (
            SELECT o.* FROM ${kindsOf(unlimited)} CROSS JOIN LATERAL (
              SELECT c.id, c.priority, c.start_at FROM ${engine}.workflows c
              WHERE ${claimable(which)} AND c.attempt = ${lastAttempt} ORDER BY c.start_at LIMIT ${READ_AHEAD}) o
            ${limited.lastAttempts}) l
          WHERE NOT EXISTS (SELECT FROM ${engine}.workflows w WHERE w.owner_id = ${serverId}
            AND w.attempt = ${lastAttempt} AND ${completedNone})),
        last_one AS (SELECT c.id FROM ${engine}.workflows c JOIN last_attempts l ON c.id = l.id
          WHERE c.state = 'pending' AND c.attempt = ${lastAttempt}
          ORDER BY l.priority DESC, l.start_at, c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED),
        -- The levels in order, so that those after enough workflows are not read.
        waiting AS ((SELECT o.id, 1 AS place, r.priority, o.start_at
          FROM (SELECT l.* ${here.bits} FROM levels l ${here.join} ORDER BY l.priority DESC) r CROSS JOIN LATERAL (
            SELECT c.id, c.start_at FROM ${engine}.workflows c
            WHERE ${claimable(which)} AND c.priority = r.priority AND c.attempt <> ${lastAttempt} ${here.isHere}
            ORDER BY c.start_at LIMIT ${limit + READ_AHEAD}) o
          ORDER BY r.priority DESC, o.start_at LIMIT ${limit + READ_AHEAD}) ${limited.others}),
        others AS (SELECT c.id FROM ${engine}.workflows c JOIN waiting o ON c.id = o.id
          WHERE c.state = 'pending' AND c.attempt <> ${lastAttempt}
          ORDER BY o.place, o.priority DESC, o.start_at, c.id LIMIT ${limit} FOR UPDATE OF c SKIP LOCKED),
        picked AS (SELECT id FROM last_one UNION ALL SELECT id FROM others LIMIT ${limit})
      UPDATE ${engine}.workflows w SET state = 'running', owner_id = ${serverId}, epoch = w.epoch + 1,
        started_at = COALESCE(w.started_at, now()), claimed_at = now() ${limited.marks}
      FROM picked WHERE w.id = picked.id
        AND EXISTS (SELECT FROM ${engine}.server_instances s WHERE s.id = ${serverId} AND s.expires_at > now())
      RETURNING ${columns}`.pipe(Effect.flatMap(toWorkflows), transition)
  }

  // A loose index scan: one index probe per kind and version, whatever their number of workflows.
  const unrunnable = SqlSchema.findAll({
    Request: Schema.Void,
    Result: Schema.Struct({ kind: Schema.String, version: Schema.Int }),
    execute: () => control`
      WITH RECURSIVE kinds AS (
        (SELECT kind, version FROM ${engine}.workflows WHERE state = 'pending' ORDER BY kind, version LIMIT 1)
        UNION ALL
        SELECT n.kind, n.version
        FROM kinds k
        CROSS JOIN LATERAL (
          SELECT w.kind, w.version
          FROM ${engine}.workflows w
          WHERE w.state = 'pending' AND (w.kind, w.version) > (k.kind, k.version)
          ORDER BY w.kind, w.version
          LIMIT 1) n)
      SELECT kind, version
      FROM kinds
      WHERE NOT EXISTS (
        SELECT
        FROM ${engine}.server_instances s
        WHERE s.expires_at > now() AND kinds.kind || ' ' || kinds.version = ANY (s.runs))`
  })

  return { claim, revokeOrphans, share, unrunnable: transition(unrunnable()) }
})
