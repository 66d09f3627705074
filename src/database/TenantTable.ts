import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "./Installation.ts"

/** The rights on a table under row-level security. */
export interface TenantTableOptions {
  /** Privileges of the tenant role, as GRANT takes them (`SELECT, UPDATE (requested)`). Default `SELECT, INSERT, UPDATE, DELETE`. */
  readonly tenant?: string
  /** Privileges of the system role, whose policy covers all projects' rows. Default: none, and no such policy. */
  readonly system?: string
}

/** The names of the policies of our own tables. */
const POLICIES = { tenant: "tenant", system: "system" }

/**
 * Puts a table under forced row-level security by its column `project_id`: a tenant transaction reads and writes the rows of its own
 * project only. Without a policy of its own every other role sees no rows, the table's owner included. Superusers bypass row-level security,
 * but not after they have set the tenant role. For use in a migration of ours, after CREATE TABLE; a program's own tables have
 * `Database.tenantTable`.
 *
 * @example
 * ```ts
 * const migration = Effect.gen(function* () {
 *   yield* sql`CREATE TABLE engine.invoices (project_id uuid NOT NULL, number int, PRIMARY KEY (project_id, number))`
 *   yield* tenantTable("invoices", { tenant: "SELECT, INSERT" })
 * })
 * ```
 */
export const tenantTable = (table: string, options: TenantTableOptions = {}) => protect(table, options, POLICIES)

/** `tenantTable` with other names for the policies, of which a table has one each. */
export const protect = (table: string, options: TenantTableOptions, policies: typeof POLICIES) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { engine, system, tenant } = yield* Installation
    const name = sql`${engine}.${sql(table)}`
    const own = sql.literal("project_id = NULLIF(current_setting('app.current_project_id', true), '')::uuid")
    yield* sql`ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`
    yield* sql`ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`
    yield* sql`CREATE POLICY ${sql(policies.tenant)} ON ${name} TO ${tenant} USING (${own}) WITH CHECK (${own})`
    yield* sql`GRANT ${sql.literal(options.tenant ?? "SELECT, INSERT, UPDATE, DELETE")} ON ${name} TO ${tenant}`
    if (options.system !== undefined) {
      yield* sql`CREATE POLICY ${sql(policies.system)} ON ${name} TO ${system} USING (true) WITH CHECK (true)`
      yield* sql`GRANT ${sql.literal(options.system)} ON ${name} TO ${system}`
    }
  })
