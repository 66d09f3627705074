/**
 * Settings of every session. With the first five PostgreSQL ends a session whose client is gone: within 500 ms when the client process
 * was killed, within about 10 s when the network failed. The others replace values that an administrator may have set on the role or the
 * database, and that would change the meaning of our statements, the format of their results, or how long they may run.
 */
const SESSION_SETTINGS = {
  // Milliseconds between two checks of the socket while a statement runs.
  client_connection_check_interval: "500",
  // Seconds: 5 without traffic, then 3 probes at intervals of 2, so 11 until an idle connection counts as dead.
  tcp_keepalives_idle: "5",
  tcp_keepalives_interval: "2",
  tcp_keepalives_count: "3",
  // Milliseconds for which sent data may stay unacknowledged.
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

/** One statement that sets `SESSION_SETTINGS` and then `settings`. Settings that the server's version does not know are left out. */
export const settingAll = (settings: Record<string, string> = {}): string => {
  const values = Object.entries({ ...SESSION_SETTINGS, ...settings }).map(([name, value]) => `('${name}', '${value}')`)
  return `SELECT set_config(v.name, v.value, false) FROM (VALUES ${values.join(", ")}) v(name, value)
    WHERE EXISTS (SELECT FROM pg_catalog.pg_settings s WHERE pg_catalog.lower(s.name) = v.name)`
}
