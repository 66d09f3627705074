import { Clock, Context, Effect, HashMap, Layer, Option, Ref } from "effect"
import { Database } from "../database/Database.ts"
import { type DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import { byText } from "../datasource/byText.ts"
import { decoder, decodeRows, toJson } from "../datasource/Rows.ts"
import { Tenant } from "../tenant/TenantContext.ts"
import { Decision, DecisionConflict, type NewDecision, NothingToUndo, standing, subjectText } from "./Decision.ts"

/** Where people's decisions are kept, per tenant and datasource. */
export interface DecisionRepositoryService {
  /** All decisions of a kind, by subject and version. */
  readonly history: (
    datasourceId: string,
    kind: Decision["kind"]
  ) => Effect.Effect<ReadonlyArray<Decision>, DatabaseError, Tenant>
  /**
   * Stores a decision as the subject's next version. `expected` is the version that whoever decides has seen; by default any. Fails with
   * `DecisionConflict` where there is another, and with `NothingToUndo` where an `undo` has nothing to take back.
   */
  readonly add: (
    datasourceId: string,
    decision: NewDecision,
    expected?: number
  ) => Effect.Effect<Decision, DecisionConflict | NothingToUndo | DatabaseError, Tenant>
}

const decode = decodeRows(Decision)
const decodeOne = decoder(Decision)

/** The decision as the next one after `before`, those of its subject in order. */
const next = (before: ReadonlyArray<Decision>, decision: NewDecision, expected: number | undefined) =>
  Effect.gen(function* () {
    const { subject } = decision
    const what = subjectText(decision)
    const newest = before.at(-1)
    const actual = newest?.version ?? 0
    if (expected !== undefined && expected !== actual)
      return yield* new DecisionConflict({ subject, what, expected, actual, by: newest?.by ?? "nobody" })
    if (decision.action === "undo" && Option.isNone(standing(before).decision))
      return yield* new NothingToUndo({ subject, what })
    return actual + 1
  })

const sqlRepository = Effect.map(Database, ({ engine, work: sql }) => {
  const columns = sql.literal("kind, subject, version, action, answer, about, decided_by AS by, decided_at AS at")
  return DecisionRepository.of({
    history: (datasourceId, kind) =>
      Tenant.pipe(
        Effect.flatMap(
          ({ projectId }) => sql`SELECT ${columns} FROM ${engine}.decisions
            WHERE project_id = ${projectId} AND datasource_id = ${datasourceId} AND kind = ${kind} ORDER BY subject, version`
        ),
        Effect.flatMap(decode),
        orDatabaseError,
        Effect.withSpan("DecisionRepository.history")
      ),
    add: Effect.fn("DecisionRepository.add")(function* (datasourceId, decision, expected) {
      const { projectId } = yield* Tenant
      const { about, action, answer, by, kind, subject } = decision
      // Of two that decide at once the second waits, and then sees the first one's version.
      yield* orDatabaseError(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`decisions of ${datasourceId}`}, 0))`)
      const before = yield* sql`SELECT ${columns} FROM ${engine}.decisions WHERE project_id = ${projectId}
        AND datasource_id = ${datasourceId} AND kind = ${kind} AND subject = ${subject} ORDER BY version`.pipe(
        Effect.flatMap(decode),
        orDatabaseError
      )
      const version = yield* next(before, decision, expected)
      const [stored] = yield* sql`INSERT INTO ${engine}.decisions
          (project_id, datasource_id, kind, subject, version, action, answer, about, decided_by)
        VALUES (${projectId}, ${datasourceId}, ${kind}, ${subject}, ${version}, ${action}, ${answer}, ${toJson(about)}::json, ${by})
        RETURNING ${columns}`.pipe(Effect.flatMap(decode), orDatabaseError)
      return stored ?? (yield* Effect.dieMessage("an INSERT returned no row"))
    })
  })
})

const memoryRepository = Effect.gen(function* () {
  const kept = yield* Ref.make(HashMap.empty<string, ReadonlyArray<Decision>>())
  const keyOf = (datasourceId: string) => Effect.map(Tenant, ({ projectId }) => `${projectId} ${datasourceId}`)
  const all = (datasourceId: string) =>
    Effect.gen(function* () {
      const held = HashMap.get(yield* Ref.get(kept), yield* keyOf(datasourceId))
      return Option.getOrElse(held, (): ReadonlyArray<Decision> => [])
    })
  return DecisionRepository.of({
    history: (datasourceId, kind) =>
      Effect.map(all(datasourceId), (decisions) =>
        decisions
          .filter((each) => each.kind === kind)
          .sort((a, b) => byText(a.subject, b.subject) || a.version - b.version)
      ),
    add: Effect.fn("DecisionRepository.add")(function* (datasourceId, decision, expected) {
      const before = yield* all(datasourceId)
      const own = before.filter(({ kind, subject }) => kind === decision.kind && subject === decision.subject)
      const version = yield* next(own, decision, expected)
      const stored = decodeOne({ ...decision, version, at: new Date(yield* Clock.currentTimeMillis) })
      const key = yield* keyOf(datasourceId)
      yield* Ref.update(kept, (held) => HashMap.set(held, key, [...before, stored]))
      return stored
    })
  })
})

/** @see DecisionRepositoryService */
export class DecisionRepository extends Context.Tag("workflow-infra/discovery/DecisionRepository")<
  DecisionRepository,
  DecisionRepositoryService
>() {
  /** In PostgreSQL, on the work pool, under row-level security. */
  static readonly layer: Layer.Layer<DecisionRepository, never, Database> = Layer.effect(
    DecisionRepository,
    sqlRepository
  )
  /** In this process, for tests. */
  static readonly layerMemory: Layer.Layer<DecisionRepository> = Layer.effect(DecisionRepository, memoryRepository)
}
