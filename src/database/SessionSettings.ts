/**
 * What every session sets. A client that was killed is noticed within half a second, a dead network within ten. The others undo what
 * somebody may have set on the role or the database and what would change how our statements are read, what they return, or whether
 * they run.
 */
const SESSION_SETTINGS = {
  client_connection_check_interval: "500",
  tcp_keepalives_idle: "5",
  tcp_keepalives_interval: "2",
  tcp_keepalives_count: "3",
  tcp_user_timeout: "10000",
  client_min_messages: "warning",
  idle_session_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  statement_timeout: "0",
  transaction_timeout: "0",
  lock_timeout: "0",
  default_transaction_isolation: "read committed",
  default_transaction_deferrable: "off",
  datestyle: "ISO, MDY",
  intervalstyle: "postgres",
  timezone: "UTC",
  bytea_output: "hex",
  extra_float_digits: "1",
  standard_conforming_strings: "on",
  transform_null_equals: "off",
  row_security: "on"
}

/** One statement that sets this, and some more, as far as this server's version knows it. */
export const settingAll = (settings: Record<string, string> = {}): string => {
  const values = Object.entries({ ...SESSION_SETTINGS, ...settings }).map(([name, value]) => `('${name}', '${value}')`)
  return `SELECT set_config(v.name, v.value, false) FROM (VALUES ${values.join(", ")}) v(name, value)
    WHERE EXISTS (SELECT FROM pg_catalog.pg_settings s WHERE pg_catalog.lower(s.name) = v.name)`
}
