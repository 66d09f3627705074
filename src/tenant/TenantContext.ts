import type { SqlError } from "@effect/sql/SqlError"
import { Context, Effect, Layer, Option } from "effect"
import { Database, MemoryTransaction } from "../database/Database.ts"
import { type DatabaseError, orProgramsError } from "../database/DatabaseError.ts"

/**
 * The project (tenant) whose rows the surrounding transaction can access. Repositories require it; only
 * `TenantContext.withProject` and a workflow's `fenced` provide it, so code without a tenant does not compile.
 *
 * @effect-leakable-service
 *
 * @example
 * ```ts
 * const count = Effect.gen(function* () {
 *   const { projectId } = yield* Tenant
 *   const tenant = yield* Tenant.sql
 *   return yield* tenant`SELECT count(*) FROM invoices WHERE project_id = ${projectId}`
 * })
 * // Requires a tenant no more.
 * const counted = yield* Effect.flatMap(TenantContext, ({ withProject }) => withProject(projectId)(count))
 * ```
 */
export class Tenant extends Context.Tag("workflow-infra/tenant/Tenant")<Tenant, { readonly projectId: string }>() {
  /**
   * The SQL client for statements of a tenant: inside of `withProject`, `fenced` or a task's `commit` it runs in their transaction, and
   * elsewhere it does not compile.
   */
  static readonly sql = Effect.zipRight(
    Tenant,
    Effect.map(Database, ({ work }) => work)
  )
}

/** What `TenantContext` can do. */
export interface TenantContextService {
  /**
   * Runs `effect` in one transaction that can access the rows of one project (a UUID) only, as a role that owns no tables and
   * cannot bypass row-level security. Inside a transaction of the same project it joins that transaction; inside one of another
   * project it dies. Fails with `DatabaseError` if the id is not a UUID, a statement fails, or the transaction cannot be begun or
   * committed; a right that is missing is not `retryable` then, because a GRANT was forgotten.
   */
  readonly withProject: (
    projectId: string
  ) => <A, E, R>(
    effect: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, Exclude<E, SqlError> | DatabaseError, Exclude<R, Tenant>>
}

const make = (
  transaction: (
    projectId: string
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | DatabaseError, R>
): TenantContextService => ({
  withProject: (projectId) => (effect) =>
    Effect.flatMap(Effect.serviceOption(Tenant), (current) => {
      const run = Effect.provideService(orProgramsError(effect), Tenant, { projectId })
      if (Option.isNone(current)) return transaction(projectId)(run)
      return current.value.projectId === projectId
        ? run
        : Effect.die(
            new Error(`withProject("${projectId}") inside the transaction of project "${current.value.projectId}"`)
          )
    })
})

/**
 * Tenant isolation: work for a project can access that project's rows only.
 *
 * @example
 * ```ts
 * const { withProject } = yield* TenantContext
 * const count = Effect.gen(function* () {
 *   const tenant = yield* Tenant.sql
 *   const [row] = yield* tenant<{ count: number }>`SELECT count(*)::int AS count FROM engine.workflows`
 *   return row?.count ?? 0
 * })
 * yield* Effect.log(`${yield* withProject(projectId)(count)} workflows of this project`)
 * ```
 */
export class TenantContext extends Context.Tag("workflow-infra/tenant/TenantContext")<
  TenantContext,
  TenantContextService
>() {
  /** With row-level security of PostgreSQL: role and project are set when the transaction begins, and only for it. */
  static readonly layer = Layer.effect(
    TenantContext,
    // Without a tenant in the context, an open transaction belongs to another client, so this one does not join it.
    Effect.map(Database, ({ tenantTransaction }) =>
      make((projectId) => (effect) => tenantTransaction(projectId)(() => effect))
    )
  )

  /** Without a database or isolation, with the rules of nesting only, for tests. */
  static readonly layerMemory = Layer.succeed(
    TenantContext,
    make(() => (effect) => Effect.provideService(effect, MemoryTransaction, true))
  )
}
