import { PROGRAM } from "./Program.ts"
import { OWN_MEMBERSHIPS, type Rights, type SchemaState, sharesRoles } from "./SchemaState.ts"
import { quoteIdentifier as quote } from "./Sql.ts"

/** A right that is missing, and the statement by which an administrator grants it. */
interface Lack {
  readonly what: string
  /** Null where the statement cannot be told. */
  readonly remedy: string | null
}

/** The instruction for an administrator, where the login may not do it itself. */
const command = (login: string) =>
  `an administrator runs "${PROGRAM} migrate --login ${login}", or what "${PROGRAM} migrate --sql --login ${login}" prints`

/** The error message for a schema whose table "installation" names no roles. */
export const noRoles = (schema: string): string =>
  `schema ${quote(schema)} does not say which roles are its own: its table "installation" has no row; restore it whole`

/** The error message, one line, for a schema whose version the login may not read. */
export const unreadable = (schema: string, state: SchemaState): string => {
  const { alsoIn, inheritsSystemRole, login, server, systemRole } = state
  const lacks =
    systemRole === null
      ? [{ what: `the login ${quote(login)} may not use schema ${quote(schema)}`, remedy: null }]
      : inheritsSystemRole
        ? [
            state.usesSchema
              ? lacksGrant(schema, systemRole, "SELECT", state.unreadable ?? "migrations")
              : lacksUsage(schema, systemRole)
          ]
        : [lacksMembership(schema, systemRole, login, server, state.isSystemMember)]
  return said(lacks, login, alsoIn)
}

/** The error message, one line, that names every right that the login lacks and the remedy; null when nothing is missing. */
export const missingRights = (schema: string, rights: Rights, login: string, server: number): string | null => {
  const gone = [
    ...(rights.hasTenantRole ? [] : [rights.tenantRole]),
    ...(rights.hasSystemRole ? [] : [rights.systemRole])
  ]
  if (gone.length > 0)
    return `schema ${quote(schema)} was restored without its roles (${gone.join(" and ")}): restore those first (pg_dumpall --roles-only), and then it`
  const lacks = lacksOf(schema, rights, login, server)
  if (lacks.length === 0) return null
  return sharesRoles(rights)
    ? `${shared(schema, rights)}: ${command(login)}, which gives it roles of its own`
    : said(lacks, login, rights.alsoIn)
}

/** The message that another database has the same roles. */
export const shared = (schema: string, { alsoIn, isCopy }: Rights): string =>
  `schema ${quote(schema)} ${isCopy ? "is a copy and " : ""}has the same roles as database ${quote(alsoIn ?? "")} of the same server, so that whoever may use the one may use the other`

/** Joins what is missing and the remedy. Where another database has the same roles no GRANT is suggested: it would apply there too. */
const said = (lacks: ReadonlyArray<Lack>, login: string, alsoIn: string | null) => {
  const remedies = lacks.flatMap(({ remedy }) => (remedy === null ? [] : [remedy]))
  const what = `${lacks.map(({ what }) => what).join(", and ")}: ${command(login)}`
  if (alsoIn !== null) return `${what}; no plain GRANT, because database ${quote(alsoIn)} has the same roles`
  return lacks.length > 1 ? what : [what, ...remedies].join(", or: ")
}

const lacksMembership = (schema: string, role: string, login: string, server: number, isMember: boolean): Lack =>
  server < OWN_MEMBERSHIPS && isMember
    ? {
        what: `the login ${quote(login)} is a member of role ${quote(role)} of schema ${quote(schema)} and does not inherit its rights`,
        remedy: `ALTER ROLE ${quote(login)} INHERIT`
      }
    : {
        what: `the login ${quote(login)} has not the rights of role ${quote(role)} of schema ${quote(schema)}`,
        remedy: `GRANT ${quote(role)} TO ${quote(login)}${server < OWN_MEMBERSHIPS ? "" : " WITH INHERIT TRUE, SET TRUE"}`
      }

const lacksUsage = (schema: string, role: string): Lack => ({
  what: `role ${quote(role)} may not use schema ${quote(schema)}`,
  remedy: `GRANT USAGE ON SCHEMA ${quote(schema)} TO ${quote(role)}`
})

const lacksGrant = (schema: string, role: string, privilege: string, table: string): Lack => ({
  what: `role ${quote(role)} lacks ${privilege} ON ${quote(schema)}.${quote(table)}`,
  remedy: `GRANT ${privilege} ON ${quote(schema)}.${quote(table)} TO ${quote(role)}`
})

const lacksOf = (schema: string, rights: Rights, login: string, server: number): ReadonlyArray<Lack> => {
  const { systemRole, tenantRole } = rights
  const setting: Lack = {
    what: `the login ${quote(login)} may not set role ${quote(tenantRole)} of schema ${quote(schema)}`,
    remedy: `GRANT ${quote(tenantRole)} TO ${quote(login)}${server < OWN_MEMBERSHIPS ? "" : " WITH INHERIT FALSE, SET TRUE"}`
  }
  return [
    ...(rights.setsTenantRole ? [] : [setting]),
    ...(rights.inheritsSystemRole ? [] : [lacksMembership(schema, systemRole, login, server, rights.isSystemMember)]),
    ...(rights.tenantUsesSchema ? [] : [lacksUsage(schema, tenantRole)]),
    ...(rights.systemUsesSchema ? [] : [lacksUsage(schema, systemRole)]),
    ...rights.missing.map(({ column, privilege, role, table }) =>
      lacksGrant(
        schema,
        role === "tenant" ? tenantRole : systemRole,
        column === null ? privilege : `${privilege} (${quote(column)})`,
        table
      )
    )
  ]
}

/** The error message, one line, for a login that may not migrate a schema of this version; null when it may. */
export const mayNotMigrate = (schema: string, version: number, state: SchemaState): string | null => {
  const [name, user] = [quote(schema), quote(state.login)]
  const hindrances = [
    ...(version > 0 || state.createsRoles ? [] : ["create roles (CREATEROLE)"]),
    ...(state.hasSchema || state.createsSchemas
      ? []
      : [`create schemas in database ${quote(state.database)} (CREATE)`]),
    ...(!state.hasSchema || state.ownsSchema
      ? []
      : [`change schema ${name}, which belongs to ${quote(state.schemaOwner ?? "")}`]),
    ...(!state.hasMigrations || state.ownsTables || !state.ownsSchema
      ? []
      : [`change the tables of schema ${name}, which are somebody else's`])
  ]
  if (hindrances.length === 0) return null
  const need =
    version === 0 ? `schema ${name} has to be made` : `schema ${name} is at version ${version} and has to be changed`
  return `${need}, and the login ${user} may not ${hindrances.join(" and may not ")}: ${command(state.login)}, once`
}
