import { Redacted } from "effect"
import type { Cluster } from "./Cluster.ts"

/** The superuser of every cluster, as initdb is told. */
export const SUPERUSER = "postgres"
/** The database that initdb makes. */
export const DATABASE = "postgres"

/** The only address that the server listens on. */
export const HOST = "127.0.0.1"

/** Twice PostgreSQL's default. A process has at most 18 by default (pools of 10, 3 and 3, and two sessions), so this serves ten and other clients. */
const MAX_CONNECTIONS = 200

/** PostgreSQL's own default. Data beyond it are cached by the operating system. */
const SHARED_BUFFERS = "128MB"

/** A custom setting without effect on PostgreSQL. It puts the owning process, as pid/start time, on the server's command line. */
export const OWNER_SETTING = "workflow_infra.owner"

/**
 * The server's settings as command-line options, which override the configuration files and ALTER SYSTEM.
 *
 * With `synchronous_commit` off a COMMIT does not wait for the disk: a crash of the server or the machine may lose whole
 * transactions of the last 600 ms before it (three times `wal_writer_delay`). `fsync` and `full_page_writes` stay on, so the
 * data stay consistent. An orderly stop loses nothing. The engine turns it on in the transactions that must not be lost:
 * commits of tasks and starts of workflows.
 */
export const settings = (port: number, owner: string): ReadonlyArray<string> =>
  Object.entries({
    port,
    listen_addresses: HOST,
    unix_socket_directories: "",
    max_connections: MAX_CONNECTIONS,
    shared_buffers: SHARED_BUFFERS,
    synchronous_commit: "off",
    wal_writer_delay: "200ms",
    fsync: "on",
    full_page_writes: "on",
    // Room for PostgreSQL's statistics in main shared memory. Otherwise they are in a mapped file, which the kernel keeps writing to disk.
    min_dynamic_shared_memory: "16MB",
    // Not in /dev/shm, which is small in containers, and which systemd empties when a user logs out.
    ...(process.platform === "win32" ? {} : { dynamic_shared_memory_type: "mmap" }),
    lc_messages: "C",
    log_timezone: "UTC",
    timezone: "UTC",
    logging_collector: "off",
    log_destination: "stderr",
    log_line_prefix: "%m [%p] ",
    [OWNER_SETTING]: owner
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`])

/**
 * URL parameters of every connection. For a parameter that the URL lacks, drivers use the environment (PGSSLMODE, PGOPTIONS
 * and the like), which is about the user's other databases.
 */
const SESSION = { sslmode: "disable", client_encoding: "UTF8", options: "-c client_min_messages=warning" }

/** The superuser's URL for the server on `port`. */
export const urlOf = (cluster: Cluster, port: number): Redacted.Redacted => {
  const parameters = Object.entries(SESSION).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  const login = `${SUPERUSER}:${Redacted.value(cluster.password)}`
  return Redacted.make(`postgres://${login}@${HOST}:${port}/${DATABASE}?${parameters.join("&")}`)
}
