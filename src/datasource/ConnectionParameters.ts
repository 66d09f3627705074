/** Connection parameters as given, by libpq's names (`host`, `dbname`, `sslmode`). */
export type Parameters = ReadonlyMap<string, string>

/** Parameters that have the same effect as in libpq. */
const HONOURED: ReadonlySet<string> = new Set([
  ...["host", "hostaddr", "port", "dbname", "user", "password", "options", "application_name"],
  ...["fallback_application_name", "connect_timeout", "target_session_attrs", "channel_binding"],
  ...["sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl", "sslnegotiation"],
  ...["ssl_min_protocol_version", "ssl_max_protocol_version"]
])

/** Parameters that have no effect here, with the values that describe the actual behaviour; other values are refused. */
const FIXED: ReadonlyMap<string, ReadonlyArray<string>> = new Map([
  ["gssencmode", ["disable", "prefer"]],
  ["gssdelegation", ["0"]],
  ["client_encoding", ["utf8", "utf-8", "unicode", "auto"]],
  ["load_balance_hosts", ["disable"]],
  ["sslcertmode", ["allow", "disable"]],
  ["sslcompression", ["0"]],
  ["sslsni", ["1"]],
  ["keepalives", ["1"]],
  ["replication", ["false", "off", "no", "0"]],
  ["requiressl", ["0"]]
])

/** libpq's other parameters, which are refused unless empty. */
const REFUSED: ReadonlySet<string> = new Set([
  ...["require_auth", "requirepeer", "krbsrvname", "gsslib", "sslcrldir", "sslkeylogfile"],
  ...["keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"],
  ...["min_protocol_version", "max_protocol_version", "scram_client_key", "scram_server_key"],
  ...["oauth_issuer", "oauth_client_id", "oauth_client_secret", "oauth_scope"]
])

/** Parameters that refer to files of the user's machine: only the command line resolves them (see `ConnectionDefaults`). */
const OF_FILES: ReadonlySet<string> = new Set(["service", "servicefile", "passfile"])

/** Whether libpq has a parameter of this name. */
export const isKnown = (name: string): boolean =>
  HONOURED.has(name) || FIXED.has(name) || REFUSED.has(name) || OF_FILES.has(name)

/** Why a parameter is refused, with its name and without its value; null where it is accepted. */
export const refusal = (name: string, value: string): string | null => {
  const fixed = FIXED.get(name)
  if (HONOURED.has(name) || value === "" || fixed?.includes(value.toLowerCase()) === true) return null
  if (fixed !== undefined) return `${name} can only be ${fixed.join(" or ")} here`
  if (OF_FILES.has(name)) return `${name} is for the command line: write what it stands for`
  if (REFUSED.has(name)) return `${name} is not supported: leave it out`
  return `there is no connection parameter "${name}": leave it out`
}

/** libpq's environment variables and the parameters that they are defaults of. */
export const VARIABLES: ReadonlyMap<string, string> = new Map([
  ...["host", "hostaddr", "port", "user", "password", "passfile", "service", "servicefile", "options"].map(plain),
  ...["sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslcrldir", "sslcertmode", "sslcompression"].map(plain),
  ...["sslsni", "sslnegotiation", "gssencmode", "gssdelegation", "gsslib", "krbsrvname", "requirepeer"].map(plain),
  ...["requiressl", "connect_timeout"].map(plain),
  ["PGDATABASE", "dbname"],
  ["PGAPPNAME", "application_name"],
  ["PGCLIENTENCODING", "client_encoding"],
  ["PGREQUIREAUTH", "require_auth"],
  ["PGCHANNELBINDING", "channel_binding"],
  ["PGTARGETSESSIONATTRS", "target_session_attrs"],
  ["PGLOADBALANCEHOSTS", "load_balance_hosts"],
  ["PGSSLMINPROTOCOLVERSION", "ssl_min_protocol_version"],
  ["PGSSLMAXPROTOCOLVERSION", "ssl_max_protocol_version"],
  ["PGMINPROTOCOLVERSION", "min_protocol_version"],
  ["PGMAXPROTOCOLVERSION", "max_protocol_version"]
])

function plain(name: string): readonly [string, string] {
  return [`PG${name.toUpperCase()}`, name]
}
