import type { Fragment } from "@effect/sql/Statement"
import { Config, Context } from "effect"
import type { Roles } from "./Roles.ts"
import { identifier } from "./Sql.ts"

/** The schema of our own tables, unless `WORKFLOW_SCHEMA` names another. */
export const DEFAULT_SCHEMA = "engine"

/** PostgreSQL cuts longer names off. */
const LONGEST_NAME = 63

/** Whether PostgreSQL takes a text as a schema's name as it is. */
export const isSchemaName = (name: string): boolean =>
  name !== "" && !name.includes("\0") && Buffer.byteLength(name) <= LONGEST_NAME

/** What is said of any other text. */
export const NO_SCHEMA_NAME = `the schema's name has to have 1 to ${LONGEST_NAME} bytes, none of them zero`

/** From `WORKFLOW_SCHEMA`. */
export const schemaConfig = Config.string("WORKFLOW_SCHEMA").pipe(
  Config.validate({ message: NO_SCHEMA_NAME, validation: isSchemaName }),
  Config.withDefault(DEFAULT_SCHEMA)
)

/**
 * What migrations write for: one schema of one database, with two roles of its own. Two of them, in one database or on one server,
 * have nothing in common.
 */
export class Installation extends Context.Tag("workflow-infra/database/Installation")<
  Installation,
  {
    readonly names: Roles & { readonly schema: string }
    /** The schema, quoted: `${engine}.workflows`. */
    readonly engine: Fragment
    /** The role of tenant work, quoted. */
    readonly tenant: Fragment
    /** The role of statements that cross tenants, quoted. */
    readonly system: Fragment
  }
>() {
  /** With these names. */
  static readonly make = (schema: string, roles: Roles): Context.Tag.Service<Installation> => ({
    names: { schema, ...roles },
    engine: identifier(schema),
    tenant: identifier(roles.tenantRole),
    system: identifier(roles.systemRole)
  })
}
