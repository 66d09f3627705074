import { Array, Context, Effect, HashMap, Layer, Option, Ref, Schema } from "effect"
import { Database } from "../database/Database.ts"
import { type DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import { decodeRows, listToJson } from "../datasource/Rows.ts"
import { Tenant } from "../tenant/TenantContext.ts"
import { Candidate, type Pair, pairId } from "./Candidate.ts"
import { Relationship } from "./Relationship.ts"
import { byText } from "../datasource/byText.ts"

/** How many relationships of a datasource there are, by what was decided. */
export const RelationshipCounts = Schema.Struct({
  accepted: Schema.Int,
  needsReview: Schema.Int,
  rejected: Schema.Int
})
/** @see RelationshipCounts */
export type RelationshipCounts = typeof RelationshipCounts.Type

/** What is stored about how a tenant's tables hang together. */
export interface RelationshipRepositoryService {
  /** Keeps what a detection found out about these pairs, in the place of what it knew of them. */
  readonly saveCandidates: (
    workflowId: string,
    candidates: ReadonlyArray<Candidate>
  ) => Effect.Effect<void, DatabaseError, Tenant>
  /** Everything a detection has found out so far, ordered by pair. */
  readonly candidates: (workflowId: string) => Effect.Effect<ReadonlyArray<Candidate>, DatabaseError, Tenant>
  /** How many pairs that is. */
  readonly countCandidates: (workflowId: string) => Effect.Effect<number, DatabaseError, Tenant>
  /**
   * Puts what `make` makes in the place of everything known about the datasource. Nobody else does so at the same time: `make` runs when
   * the others' transactions have ended, and sees what they stored.
   */
  readonly replace: <E, R>(
    datasourceId: string,
    make: Effect.Effect<ReadonlyArray<Relationship>, E, R>
  ) => Effect.Effect<ReadonlyArray<Relationship>, E | DatabaseError, R | Tenant>
  /** Everything known about the datasource, whatever was decided, ordered by pair; empty before the first detection. */
  readonly list: (datasourceId: string) => Effect.Effect<ReadonlyArray<Relationship>, DatabaseError, Tenant>
  readonly counts: (datasourceId: string) => Effect.Effect<RelationshipCounts, DatabaseError, Tenant>
}

/** Where relationships are kept, per tenant and datasource, and the candidates of a detection, per workflow. */
export class RelationshipRepository extends Context.Tag("workflow-infra/relationships/RelationshipRepository")<
  RelationshipRepository,
  RelationshipRepositoryService
>() {
  /** In PostgreSQL, on the work pool, under row-level security. */
  static readonly layer: Layer.Layer<RelationshipRepository, never, Database> = Layer.effect(
    RelationshipRepository,
    Effect.suspend(() => sqlRepository)
  )

  /** In this process, for tests. */
  static readonly layerMemory: Layer.Layer<RelationshipRepository> = Layer.effect(
    RelationshipRepository,
    Effect.suspend(() => memoryRepository)
  )
}

const decodeCandidates = decodeRows(Schema.Struct({ candidate: Candidate }))
const decodeRelationships = decodeRows(Schema.Struct({ relationship: Relationship }))
const decodeCounts = decodeRows(RelationshipCounts)
const NONE: RelationshipCounts = { accepted: 0, needsReview: 0, rejected: 0 }
const decodeNumbers = decodeRows(Schema.Struct({ count: Schema.Int }))

/** Rows to store: what has two ends, with them. Of one pair the last: PostgreSQL changes no row twice in one statement. */
function* withPairs<P extends Pair>(name: string, items: ReadonlyArray<P>) {
  const byPair = new Map<string, P>()
  for (const item of items) byPair.set(pairId(item), item)
  for (const [pair, item] of byPair) yield { pair, [name]: item }
}

/** Relationships per statement that stores them: about 3 MB of JSON, which the driver holds twice. */
const ROWS_AT_ONCE = 1_000

const sqlRepository = Effect.map(Database, ({ engine, work: sql }) => {
  const insert = (datasourceId: string, relationships: ReadonlyArray<Relationship>) =>
    Effect.forEach(
      Array.chunksOf([...withPairs("relationship", relationships)], ROWS_AT_ONCE),
      (rows) =>
        Effect.gen(function* () {
          const { projectId } = yield* Tenant
          const json = yield* listToJson(rows)
          yield* sql`INSERT INTO ${engine}.relationships
              (project_id, datasource_id, pair, status, method, decided_by, confidence, relationship)
            SELECT ${projectId}::uuid, ${datasourceId}::uuid, r.pair, r.relationship ->> 'status', r.relationship ->> 'method',
              r.relationship ->> 'decidedBy', (r.relationship ->> 'confidence')::float8, r.relationship
            FROM jsonb_to_recordset(${json}::jsonb) AS r(pair text, relationship jsonb)`
        }),
      { discard: true }
    )
  const lock = (datasourceId: string) =>
    sql`SELECT pg_advisory_xact_lock(hashtextextended(${`relationships of ${datasourceId}`}, 0))`
  const list: RelationshipRepositoryService["list"] = (datasourceId) =>
    Tenant.pipe(
      Effect.flatMap(
        ({ projectId }) => sql`SELECT relationship FROM ${engine}.relationships
            WHERE project_id = ${projectId} AND datasource_id = ${datasourceId} ORDER BY pair`
      ),
      Effect.flatMap(decodeRelationships),
      Effect.map((rows) => rows.map(({ relationship }) => relationship)),
      orDatabaseError,
      Effect.withSpan("RelationshipRepository.list")
    )
  return RelationshipRepository.of({
    saveCandidates: (workflowId, candidates) =>
      Effect.gen(function* () {
        const { projectId } = yield* Tenant
        const json = yield* listToJson(withPairs("candidate", candidates))
        yield* sql`INSERT INTO ${engine}.relationship_candidates (project_id, workflow_id, pair, candidate)
            SELECT ${projectId}::uuid, ${workflowId}::uuid, c.pair, c.candidate
            FROM jsonb_to_recordset(${json}::jsonb) AS c(pair text, candidate jsonb)
            ON CONFLICT (project_id, workflow_id, pair) DO UPDATE SET candidate = EXCLUDED.candidate`
      }).pipe(orDatabaseError, Effect.withSpan("RelationshipRepository.saveCandidates")),
    candidates: (workflowId) =>
      Tenant.pipe(
        Effect.flatMap(
          ({ projectId }) => sql`SELECT candidate FROM ${engine}.relationship_candidates
            WHERE project_id = ${projectId} AND workflow_id = ${workflowId} ORDER BY pair`
        ),
        Effect.flatMap(decodeCandidates),
        Effect.map((rows) => rows.map(({ candidate }) => candidate)),
        orDatabaseError,
        Effect.withSpan("RelationshipRepository.candidates")
      ),
    countCandidates: (workflowId) =>
      Tenant.pipe(
        Effect.flatMap(
          ({ projectId }) => sql`SELECT count(*)::int AS count FROM ${engine}.relationship_candidates
            WHERE project_id = ${projectId} AND workflow_id = ${workflowId}`
        ),
        Effect.flatMap(decodeNumbers),
        Effect.map(([row]) => row?.count ?? 0),
        orDatabaseError
      ),
    replace: (datasourceId, make) =>
      Effect.gen(function* () {
        const { projectId } = yield* Tenant
        yield* orDatabaseError(lock(datasourceId))
        const after = yield* make
        yield* Effect.zipRight(
          sql`DELETE FROM ${engine}.relationships WHERE project_id = ${projectId} AND datasource_id = ${datasourceId}`,
          insert(datasourceId, after)
        ).pipe(orDatabaseError)
        return after
      }).pipe(Effect.withSpan("RelationshipRepository.replace")),
    list,
    counts: (datasourceId) =>
      Tenant.pipe(
        Effect.flatMap(
          ({ projectId }) => sql`SELECT (count(*) FILTER (WHERE status = 'accepted'))::int AS accepted,
              (count(*) FILTER (WHERE status = 'needs_review'))::int AS "needsReview",
              (count(*) FILTER (WHERE status = 'rejected'))::int AS rejected
            FROM ${engine}.relationships WHERE project_id = ${projectId} AND datasource_id = ${datasourceId}`
        ),
        Effect.flatMap(decodeCounts),
        Effect.map(([counts]) => counts ?? NONE),
        orDatabaseError
      )
  })
})

const memoryRepository = Effect.gen(function* () {
  const stored = yield* Ref.make(HashMap.empty<string, HashMap.HashMap<string, Relationship>>())
  const running = yield* Ref.make(HashMap.empty<string, HashMap.HashMap<string, Candidate>>())
  const under = (id: string) => Effect.map(Tenant, ({ projectId }) => `${projectId} ${id}`)
  const all = <A>(ref: Ref.Ref<HashMap.HashMap<string, HashMap.HashMap<string, A>>>, id: string) =>
    Effect.flatMap(under(id), (key) =>
      Effect.map(Ref.get(ref), (held) => Option.getOrElse(HashMap.get(held, key), () => HashMap.empty<string, A>()))
    )
  const put = <A extends Pair>(
    ref: Ref.Ref<HashMap.HashMap<string, HashMap.HashMap<string, A>>>,
    id: string,
    items: ReadonlyArray<A>,
    keep: boolean
  ) =>
    Effect.flatMap(under(id), (key) =>
      Ref.update(ref, (held) => {
        const before = keep
          ? Option.getOrElse(HashMap.get(held, key), () => HashMap.empty<string, A>())
          : HashMap.empty<string, A>()
        return HashMap.set(
          held,
          key,
          items.reduce((map, item) => HashMap.set(map, pairId(item), item), before)
        )
      })
    )
  const sorted = <A extends Pair>(held: HashMap.HashMap<string, A>) =>
    HashMap.toValues(held).sort((a, b) => byText(pairId(a), pairId(b)))
  return RelationshipRepository.of({
    saveCandidates: (workflowId, candidates) => put(running, workflowId, candidates, true),
    candidates: (workflowId) => Effect.map(all(running, workflowId), sorted),
    countCandidates: (workflowId) => Effect.map(all(running, workflowId), HashMap.size),
    replace: (datasourceId, make) => Effect.tap(make, (after) => put(stored, datasourceId, after, false)),
    list: (datasourceId) => Effect.map(all(stored, datasourceId), sorted),
    counts: (datasourceId) =>
      Effect.map(all(stored, datasourceId), (held) => {
        const of = (wanted: string) => HashMap.size(HashMap.filter(held, ({ status }) => status === wanted))
        return { accepted: of("accepted"), needsReview: of("needs_review"), rejected: of("rejected") }
      })
  })
})
