import type { Fragment } from "@effect/sql/Statement"
import { Config, Context } from "effect"
import type { Roles } from "./Roles.ts"
import { identifier } from "./Sql.ts"

/** The default name of the schema of our own tables. `WORKFLOW_SCHEMA` names another one. */
export const DEFAULT_SCHEMA = "engine"

/** The longest identifier, in bytes (`NAMEDATALEN - 1`). PostgreSQL truncates longer ones. */
const LONGEST_NAME = 63

/** Whether PostgreSQL accepts a text as a schema's name without changing it. */
export const isSchemaName = (name: string): boolean =>
  name !== "" && !name.includes("\0") && Buffer.byteLength(name) <= LONGEST_NAME

/** The error message for a text that is not a schema's name. */
export const NO_SCHEMA_NAME = `the schema's name has to have 1 to ${LONGEST_NAME} bytes, none of them zero`

/** `WORKFLOW_SCHEMA`: the schema of our own tables, default "engine". Fails with `ConfigError` when it is no schema's name. */
export const schemaConfig = Config.string("WORKFLOW_SCHEMA").pipe(
  Config.validate({ message: NO_SCHEMA_NAME, validation: isSchemaName }),
  Config.withDefault(DEFAULT_SCHEMA)
)

/**
 * What a migration works on: one schema of one database, with two roles of its own. Two installations share nothing, even in one
 * database or on one server.
 *
 * @example
 * ```ts
 * const { installation } = yield* Database
 * yield* Effect.log(`tables in ${installation.names.schema}, tenants as ${installation.names.tenantRole}`)
 * ```
 */
export class Installation extends Context.Tag("workflow-infra/database/Installation")<
  Installation,
  {
    readonly names: Roles & { readonly schema: string }
    /** The schema, quoted: `${engine}.workflows`. */
    readonly engine: Fragment
    /** The tenant role, quoted. */
    readonly tenant: Fragment
    /** The system role, quoted. */
    readonly system: Fragment
  }
>() {
  /** An installation with these names. */
  static readonly make = (schema: string, roles: Roles): Context.Tag.Service<Installation> => ({
    names: { schema, ...roles },
    engine: identifier(schema),
    tenant: identifier(roles.tenantRole),
    system: identifier(roles.systemRole)
  })
}
