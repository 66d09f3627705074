/** The names of the two roles that each schema of ours has. Roles belong to the whole server, not to a database. */
export interface Roles {
  /** Runs tenant transactions: owns nothing, sees the rows of one project, and may not write a workflow's owner. */
  readonly tenantRole: string
  /** Its rights serve statements that cross tenants (heartbeat, start, takeover): all rows of the workflow tables, none of other tables. */
  readonly systemRole: string
}

/** The roles of schemas made before version 8, in all databases of the server. Such schemas keep them. */
export const LEGACY_ROLES: Roles = { tenantRole: "workflow_infra_tenant", systemRole: "workflow_infra_system" }

/** The role names of a new schema. `suffix` distinguishes them from those of the server's other schemas and databases. */
export const rolesOf = (suffix: string): Roles => ({
  tenantRole: `${LEGACY_ROLES.tenantRole}_${suffix}`,
  systemRole: `${LEGACY_ROLES.systemRole}_${suffix}`
})
