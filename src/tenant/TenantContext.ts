import { Context, Effect, Layer, Option } from "effect"
import { Database } from "../database/Database.ts"
import type { DatabaseError } from "../database/DatabaseError.ts"

/**
 * The project whose rows the surrounding transaction may see. Repositories require it; only `TenantContext.withProject` and a
 * workflow's `fenced` provide it, so code that forgets its tenant does not compile.
 *
 * @effect-leakable-service
 */
export class Tenant extends Context.Tag("workflow-infra/tenant/Tenant")<Tenant, { readonly projectId: string }>() {}

/** What `TenantContext` can do. */
export interface TenantContextService {
  /**
   * Runs `effect` in one transaction that sees the rows of one project (a UUID) and no others, as a role that owns nothing and
   * cannot bypass row-level security. Inside the same project it joins the transaction that is open; inside another project's it
   * is a defect. Fails with `DatabaseError` where the transaction could not be begun or committed.
   */
  readonly withProject: (
    projectId: string
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | DatabaseError, Exclude<R, Tenant>>
}

const make = (
  transaction: (
    projectId: string
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | DatabaseError, R>
): TenantContextService => ({
  withProject: (projectId) => (effect) =>
    Effect.flatMap(Effect.serviceOption(Tenant), (current) => {
      const run = Effect.provideService(effect, Tenant, { projectId })
      if (Option.isNone(current)) return transaction(projectId)(run)
      return current.value.projectId === projectId
        ? run
        : Effect.die(
            new Error(`withProject("${projectId}") inside the transaction of project "${current.value.projectId}"`)
          )
    })
})

/** Tenant isolation: work on behalf of a project sees that project's rows only. */
export class TenantContext extends Context.Tag("workflow-infra/tenant/TenantContext")<
  TenantContext,
  TenantContextService
>() {
  /** Over row-level security in PostgreSQL: role and project are set in one statement, local to the transaction. */
  static readonly layer = Layer.effect(
    TenantContext,
    // Where there is no tenant yet, a transaction that is open is not ours (another database's, say), and ours is not part of it.
    Effect.map(Database, ({ tenantTransaction }) =>
      make((projectId) => (effect) => tenantTransaction(projectId)(() => effect))
    )
  )

  /** Without a database: nothing but the rules of nesting, for tests. */
  static readonly layerMemory = Layer.succeed(
    TenantContext,
    make(() => (effect) => effect)
  )
}
