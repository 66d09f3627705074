/**
 * The role of tenant work: owns nothing, sees one project's rows, and may not write who owns a workflow. Roles belong to the
 * server, not to a database, so the name says whose it is.
 */
export const TENANT_ROLE = "workflow_infra_tenant"

/** The role of statements that cross tenants (heartbeat, start, takeover): every row of the workflow tables, none of the domain's. */
export const SYSTEM_ROLE = "workflow_infra_system"
