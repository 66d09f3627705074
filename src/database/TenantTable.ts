import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "./Installation.ts"

/** What a tenant may do with the rows of a table of its own. */
export interface TenantTableOptions {
  /** Grants to the tenant role; by default all four statements. Column grants are spelled out: `UPDATE (requested)`. */
  readonly tenant?: string
  /** Grants to the system role, whose policy shows every tenant's rows; by default none. */
  readonly system?: string
}

/**
 * Puts a table under forced row-level security by its `project_id`: a tenant transaction sees and writes its own project's rows;
 * everybody else, the owner and a superuser in the tenant role included, sees none. For migrations, right after CREATE TABLE.
 */
export const tenantTable = (table: string, options: TenantTableOptions = {}) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { engine, system, tenant } = yield* Installation
    const name = sql`${engine}.${sql(table)}`
    const own = sql.literal("project_id = NULLIF(current_setting('app.current_project_id', true), '')::uuid")
    yield* sql`ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`
    yield* sql`ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`
    yield* sql`CREATE POLICY tenant ON ${name} TO ${tenant} USING (${own}) WITH CHECK (${own})`
    yield* sql`GRANT ${sql.literal(options.tenant ?? "SELECT, INSERT, UPDATE, DELETE")} ON ${name} TO ${tenant}`
    if (options.system !== undefined) {
      yield* sql`CREATE POLICY system ON ${name} TO ${system} USING (true) WITH CHECK (true)`
      yield* sql`GRANT ${sql.literal(options.system)} ON ${name} TO ${system}`
    }
  })
