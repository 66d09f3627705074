/** A schema of ours has two roles of its own. Roles belong to the server, not to a database. */
export interface Roles {
  /** The role of tenant work: owns nothing, sees one project's rows, and may not write who owns a workflow. */
  readonly tenantRole: string
  /** The role of statements that cross tenants (heartbeat, start, takeover): every row of the workflow tables, none of the domain's. */
  readonly systemRole: string
}

/** The roles of every schema that was made before version 8, whatever its database. Such a schema keeps them. */
export const LEGACY_ROLES: Roles = { tenantRole: "workflow_infra_tenant", systemRole: "workflow_infra_system" }

/** The names of a new schema's roles; `suffix` tells them from those of other schemas and databases of the server. */
export const rolesOf = (suffix: string): Roles => ({
  tenantRole: `${LEGACY_ROLES.tenantRole}_${suffix}`,
  systemRole: `${LEGACY_ROLES.systemRole}_${suffix}`
})
